//! Where a command belongs in a trace: it is a child of the newest event that was sampled; its result is a child of its feedback.

use domain::intervention::Command;
use domain::time::LONG_WINDOW;
use streams::processor::{Context, ProcessError};

use super::Decide;
use super::rows::command_key;
use crate::event::SessionId;
use crate::rows::key;
use crate::rows::trace::{EventTrace, TRACE};
use crate::stores::{load, save};
use crate::trace::TraceContext;

impl Decide {
    /// A new command's place: that of the newest sampled event, if the decision has seen it in its windows.
    pub(super) fn begin_trace(
        &mut self,
        session: &str,
        command: Command,
        context: &mut Context<'_>,
    ) -> Result<Option<TraceContext>, ProcessError> {
        key::session_part(session, TRACE, &mut self.scratch.key);
        let seen: Option<EventTrace> = load(context, self.stores.sessions, &self.scratch.key)?;
        let Some(seen) = seen.filter(|seen| seen.at > command.tick.saturating_sub(LONG_WINDOW)) else {
            return Ok(None);
        };
        self.keep_trace(session, command, seen.context, context)?;
        Ok(Some(seen.context))
    }

    /// A command's place.
    pub(super) fn trace(
        &mut self,
        session: &str,
        command: Command,
        context: &mut Context<'_>,
    ) -> Result<Option<TraceContext>, ProcessError> {
        trace_key(session, command, &mut self.scratch.key);
        Ok(load(context, self.interventions, &self.scratch.key)?)
    }

    /// What comes next is a child of the feedback that is processed, if that is traced and its command known.
    pub(super) fn follow_trace(
        &mut self,
        session: &SessionId,
        id: &str,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let headers = context.record_metadata().map(|metadata| metadata.headers);
        let Some(trace) = headers.and_then(TraceContext::of) else { return Ok(()) };
        match self.named_command(session, id, context)? {
            Some(row) => self.keep_trace(session, row.intervention.command, trace, context),
            None => Ok(()),
        }
    }

    fn keep_trace(
        &mut self,
        session: &str,
        command: Command,
        trace: TraceContext,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        trace_key(session, command, &mut self.scratch.key);
        Ok(save(context, self.interventions, &self.scratch.key, &trace, &mut self.scratch.value)?)
    }
}

/// The command's own key, and the kind of row.
fn trace_key(session: &str, command: Command, key: &mut Vec<u8>) {
    command_key(session, command, key);
    key.extend_from_slice(TRACE.as_bytes());
}
