//! The simulated audience: what a live session's people do, second by second, and how they answer an intervention. It feeds
//! the demo, the calibration of the detector and the closed-loop tests.
//!
//! What is measured and what is assumed: the leave hazard, the join ramp, the burstiness of the chat and the share that takes
//! part are measured on real logs. The effects are assumptions: how deep an anomaly cuts, the table [`theta`] of what helps
//! against what, how long help lasts, how many answer a prompt. So a run here shows that the conductor learns what is there
//! to be learned; it says nothing about how much real people would be moved.
//!
//! How it is built: time advances in steps of one second ([`STEP`]), because the shortest time scales in it (a message's echo
//! of 20 s, a poll's votes at 28 % per 5 s, a mass exit of 90 s) then span many steps, while a step costs one draw per kind
//! of event for the whole session and one pick of who per event. No work is done per person and second: heartbeats visit a
//! thirtieth of the seats, leaves are thinned, speakers come out of a tree of weights. Attention moves once per
//! tick (5 s). Everything is seeded: one plan gives the same happenings on any machine. Attention, presence, chat and polls
//! draw from generators of their own, and what actions cause from others again: with no effect a session with
//! actions is the session without them, plus what carries a command.

mod plan;
mod world;

mod anomaly;
mod attention;
mod response;

mod person;
mod presence;
mod weights;

mod chat;
mod polls;
mod program;
mod pull;
mod reaction;

#[cfg(test)]
mod tests;

pub use anomaly::PlannedAnomaly;
pub use plan::{LONGEST, MOST_PEOPLE, ScheduledPhase, SessionPlan};
pub use response::{Acted, Action, World, theta};
pub use world::Audience;

use crate::context::{Phase, SessionType};
use crate::time::{Millis, SECOND};

/// The step by which an audience advances.
pub const STEP: Millis = SECOND;

/// The user that posts for the platform (a prompt, a promoted question). It never joins and is no part of the audience.
pub const PLATFORM: u32 = u32::MAX;

/// How many options every poll has.
pub const POLL_OPTIONS: u32 = 4;

/// How many emojis there are to react with.
pub const EMOJIS: u32 = 6;

/// The caller's number for an intervention's command: it comes back on every event that the action causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandRef(pub u64);

/// Something that happened in the session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Happening {
    /// When.
    pub at_ms: Millis,
    /// What.
    pub what: What,
}

/// What happened. Users, polls and messages are ordinals within the session, each counted from 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum What {
    /// The session started; its schedule is in the plan.
    Started {
        /// What kind of session it is.
        session_type: SessionType,
        /// How many people were expected.
        capacity: u32,
        /// The planned end.
        ends_at_ms: Millis,
    },
    /// A phase began.
    Phase {
        /// Which.
        phase: Phase,
    },
    /// The session is over and everyone has left: always the last happening.
    Ended,
    /// A person came.
    Joined {
        /// Who.
        user: u32,
        /// Whether it is this person's first session.
        first_time: bool,
    },
    /// A person went, for good.
    Left {
        /// Who.
        user: u32,
    },
    /// A person's client is alive.
    Heartbeat {
        /// Who.
        user: u32,
        /// Whether the session's tab is in front.
        focused: bool,
    },
    /// Something was written in the chat.
    Message {
        /// Who, or [`PLATFORM`].
        user: u32,
        /// How long it is.
        chars: u32,
        /// Its number.
        message: u64,
        /// The message that it answers.
        in_reply_to: Option<u64>,
        /// Whether it is a question to the speaker.
        question: bool,
        /// The intervention that caused it.
        command: Option<CommandRef>,
    },
    /// A question was voted up.
    Upvote {
        /// Who.
        user: u32,
        /// The question.
        message: u64,
        /// The intervention that caused it.
        command: Option<CommandRef>,
    },
    /// A person reacted with an emoji.
    Reaction {
        /// Who.
        user: u32,
        /// Which, below [`EMOJIS`].
        emoji: u32,
        /// The intervention that caused it.
        command: Option<CommandRef>,
    },
    /// A poll with [`POLL_OPTIONS`] options was opened.
    PollOpened {
        /// Its number.
        poll: u64,
        /// How many were present, and so may vote.
        eligible: u32,
        /// The intervention that opened it; none: the session's own program.
        command: Option<CommandRef>,
    },
    /// A vote.
    Voted {
        /// The poll.
        poll: u64,
        /// Who.
        user: u32,
        /// Which option, below [`POLL_OPTIONS`].
        option: u32,
        /// The intervention that opened the poll.
        command: Option<CommandRef>,
    },
    /// A poll was closed.
    PollClosed {
        /// The poll.
        poll: u64,
    },
    /// The next slide.
    Slide {
        /// Its index.
        index: u32,
    },
    /// The speaker spoke.
    Speech {
        /// How many words.
        words: u32,
        /// In what time, up to this happening.
        span_ms: Millis,
    },
}

impl What {
    /// The person who did it; none for the session's own events and the platform's.
    #[must_use]
    pub fn user(&self) -> Option<u32> {
        match *self {
            Self::Joined { user, .. }
            | Self::Left { user }
            | Self::Heartbeat { user, .. }
            | Self::Message { user, .. }
            | Self::Upvote { user, .. }
            | Self::Reaction { user, .. }
            | Self::Voted { user, .. } => (user != PLATFORM).then_some(user),
            _ => None,
        }
    }

    /// The intervention that caused it.
    #[must_use]
    pub fn command(&self) -> Option<CommandRef> {
        match *self {
            Self::Message { command, .. }
            | Self::Upvote { command, .. }
            | Self::Reaction { command, .. }
            | Self::PollOpened { command, .. }
            | Self::Voted { command, .. } => command,
            _ => None,
        }
    }
}
