//! What was written in a session: kept, cut and bounded, for the content of interventions; and which trace its newest event belongs to.

use domain::time::Millis;
use streams::processor::{Context, ProcessError};

use super::Perceive;
use crate::event::Event;
use crate::rows::key;
use crate::rows::perceived::{self, Text, Texts};
use crate::rows::trace::{EventTrace, TRACE};
use crate::stores::{load, save};
use crate::trace::TraceContext;
use crate::wire::{Chat, ChatKind, SessionKind, cut};

/// The last messages that are kept.
const MESSAGES_MAX: usize = 5;
/// The last questions that are kept.
const QUESTIONS_MAX: usize = 16;

impl Perceive {
    /// Takes down a text or a title, if the event has one.
    pub(super) fn write_down(
        &mut self,
        session: &str,
        event: &Event,
        at: Millis,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let worth = match event {
            Event::Chat(chat) => chat.text.is_some() && chat.kind != ChatKind::Upvote,
            Event::Session(told) => told.kind == SessionKind::Started,
            _ => false,
        };
        if !worth {
            return Ok(());
        }
        let buffers = &mut self.buffers;
        key::session_part(session, perceived::TEXTS, &mut buffers.session_key);
        let mut texts: Texts = load(context, self.stores.sessions, &buffers.session_key)?.unwrap_or_default();
        match event {
            Event::Chat(chat) => texts.hear(chat, at),
            Event::Session(told) => {
                texts.title = told.title.as_deref().map(|title| cut(title).to_owned());
                texts.topic = told.description.as_deref().map(|topic| cut(topic).to_owned());
            }
            _ => {}
        }
        Ok(save(context, self.stores.sessions, &buffers.session_key, &texts, &mut buffers.scratch.value)?)
    }
}

impl Perceive {
    /// Keeps where the event belongs in a trace, if it was sampled: of a session only the newest, for an intervention has many events
    /// behind it and can be the child of one.
    pub(super) fn note_trace(
        &mut self,
        session: &str,
        at: Millis,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let headers = context.record_metadata().map(|metadata| metadata.headers);
        let Some(trace) = headers.and_then(TraceContext::of).filter(|trace| trace.sampled) else { return Ok(()) };
        let buffers = &mut self.buffers;
        key::session_part(session, TRACE, &mut buffers.session_key);
        let row = EventTrace { at, context: trace };
        Ok(save(context, self.stores.sessions, &buffers.session_key, &row, &mut buffers.scratch.value)?)
    }
}

impl Texts {
    fn hear(&mut self, chat: &Chat, at: Millis) {
        let Some(text) = chat.text.as_deref() else { return };
        let text = Text {
            at,
            user: chat.user.as_str().to_owned(),
            id: chat.message.as_deref().filter(|id| id.len() <= key::ID_BYTES_MAX).unwrap_or_default().to_owned(),
            text: cut(text).to_owned(),
        };
        if chat.kind == ChatKind::Question {
            push(&mut self.questions, text.clone(), QUESTIONS_MAX);
        }
        push(&mut self.messages, text, MESSAGES_MAX);
    }
}

fn push(texts: &mut Vec<Text>, text: Text, most: usize) {
    if texts.len() >= most {
        texts.remove(0);
    }
    texts.push(text);
}
