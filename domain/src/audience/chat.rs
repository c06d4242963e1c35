//! What people write: messages in proportion to attention, and the echo that each message draws (a Hawkes process).

use std::collections::VecDeque;

use super::attention::relative;
use super::person::People;
use super::pull::Pull;
use super::{CommandRef, Happening, PLATFORM, STEP, What};
use crate::context::Phase;
use crate::math;
use crate::random::Generator;
use crate::time::{Millis, minutes};

/// Messages per person-minute that nobody drew, at usual attention.
const CHAT_PER_MINUTE: f64 = 0.085;
/// How chat follows attention.
const CHAT_EXPONENT: f64 = 1.5;
/// How many messages a message draws. In all, chat is .085 / (1 - .4) = .14 per person-minute: the score's baseline.
const BRANCHING: f64 = 0.4;
/// How long a message echoes.
const ECHO_SECONDS: f64 = 20.0;
/// The share of the echo that is marked as an answer to one message (an assumption, like the rest below).
const REPLY_SHARE: f64 = 0.4;
/// The share of messages that are questions, and in the phase for questions.
const QUESTION_SHARE: f64 = 0.08;
const QUESTION_SHARE_QA: f64 = 0.3;
/// The share of the people present who vote a question up.
const UPVOTE_SHARE: f64 = 0.02;
/// The logarithm of a message's length: mean and sd.
const LENGTH: (f64, f64) = (3.5, 0.8);
/// How long the platform's own posts are.
const POST_CHARS: u32 = 80;
/// Answers go to one of the last few messages.
const RECENT: usize = 8;

/// What a step needs to know of its time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// The step is the second that begins here.
    pub(super) from: Millis,
    /// Whether a tick begins here.
    pub(super) ticks: bool,
    /// The session's attention logit.
    pub(super) logit: f64,
    /// The session's phase.
    pub(super) phase: Phase,
}

/// How long a message is.
pub(super) fn message_length(generator: &mut Generator) -> u32 {
    math::exp(generator.normal(LENGTH.0, LENGTH.1)).clamp(1.0, 2_000.0) as u32
}

/// The chat of one session.
#[derive(Debug, Clone)]
pub(super) struct Chat {
    generator: Generator,
    /// How many messages the earlier ones are expected to draw in this step.
    echo: f64,
    recent: VecDeque<u64>,
    next_message: u64,
}

/// A message about to be written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draft {
    pub(super) user: u32,
    pub(super) in_reply_to: Option<u64>,
    pub(super) question: bool,
    pub(super) command: Option<CommandRef>,
    pub(super) chars: u32,
}

impl Chat {
    pub(super) fn new(generator: Generator) -> Self {
        Self { generator, echo: 0.0, recent: VecDeque::with_capacity(RECENT), next_message: 0 }
    }

    /// One second of chat; returns what its questions pull.
    pub(super) fn step(&mut self, moment: Moment, people: &People, out: &mut Vec<Happening>) -> Vec<Pull> {
        let per_minute = CHAT_PER_MINUTE * relative(moment.logit, CHAT_EXPONENT);
        let own = people.count() as f64 * per_minute * minutes(STEP);
        let count = self.generator.poisson(own + self.echo);
        let echoed = self.echo / (own + self.echo);
        let mut pulls = Vec::new();
        let mut written = Vec::new();
        for _ in 0..count {
            let Some(speaker) = people.speaker(&mut self.generator) else { break };
            let is_echo = self.generator.chance(echoed);
            let in_reply_to = if is_echo { self.answered() } else { None };
            let share = if moment.phase == Phase::Qa { QUESTION_SHARE_QA } else { QUESTION_SHARE };
            let question = in_reply_to.is_none() && self.generator.chance(share);
            let chars = message_length(&mut self.generator);
            let draft = Draft { user: speaker.user, in_reply_to, question, command: None, chars };
            let at_ms = moment.from + self.generator.below(STEP as u64) as Millis;
            let message = self.write(at_ms, draft, out);
            written.push(message);
            if question {
                pulls.push(Pull::upvotes(at_ms, message, None, UPVOTE_SHARE * people.count() as f64));
            }
        }
        for message in written {
            self.remember(message);
        }
        // The echo of a step's messages begins with the next step; its sum over all steps is the branching ratio exactly.
        let keep = math::exp(-(STEP as f64 / 1_000.0) / ECHO_SECONDS);
        self.echo = self.echo * keep + BRANCHING * (1.0 - keep) * count as f64;
        pulls
    }

    /// Writes one message and returns its number. Draws nothing: what an action causes must not shift the audience's own draws.
    pub(super) fn write(&mut self, at_ms: Millis, draft: Draft, out: &mut Vec<Happening>) -> u64 {
        let message = self.next_message;
        self.next_message = self.next_message.wrapping_add(1);
        let Draft { user, in_reply_to, question, command, chars } = draft;
        out.push(Happening { at_ms, what: What::Message { user, chars, message, in_reply_to, question, command } });
        message
    }

    /// The platform's own post.
    pub(super) fn post(&mut self, at_ms: Millis, question: bool, command: CommandRef, out: &mut Vec<Happening>) -> u64 {
        let draft = Draft { user: PLATFORM, in_reply_to: None, question, command: Some(command), chars: POST_CHARS };
        self.write(at_ms, draft, out)
    }

    /// Which message an echo answers, if it is marked as an answer. Only the audience's own messages are answered here: what
    /// answers an intervention's is a [`Pull`], and carries its command.
    fn answered(&mut self) -> Option<u64> {
        if !self.generator.chance(REPLY_SHARE) {
            return None;
        }
        let drawn = self.generator.below(self.recent.len() as u64) as usize;
        self.recent.get(drawn).copied()
    }

    fn remember(&mut self, message: u64) {
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(message);
    }
}
