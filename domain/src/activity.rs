//! One event, in the domain's words: what a user or the session did. Who did it is the caller's to look up.

use crate::context::{Phase, SessionType};
use crate::time::Millis;

/// What happened. Ids are 64-bit hashes of the producer's ids: only equality matters here.
///
/// `by_command` says that the event itself names the intervention that caused it. A vote, an upvote and a reply name
/// none: they inherit it from the poll or the message that they belong to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activity<'a> {
    /// A chat message, or a question.
    Message {
        /// Its length in characters.
        chars: u32,
        /// True for a question.
        question: bool,
        /// Its id, where the producer gives one.
        message: Option<u64>,
        /// It answers an intervention.
        by_command: bool,
    },
    /// A vote for a question.
    Upvote {
        /// The question's id.
        message: u64,
    },
    /// An answer to a message; a chat message of its own, too.
    Reply {
        /// The id of the message that it answers.
        in_reply_to: u64,
        /// Its own id.
        message: Option<u64>,
        /// It answers an intervention.
        by_command: bool,
    },
    /// An emoji.
    Reaction {
        /// It answers an intervention.
        by_command: bool,
    },
    /// A poll was opened.
    PollOpened {
        /// The poll's id.
        poll: u64,
        /// How many may vote; absent: those present.
        eligible: Option<u32>,
        /// An intervention opened it.
        by_command: bool,
    },
    /// A user voted.
    Voted {
        /// The poll's id.
        poll: u64,
    },
    /// A poll was closed.
    PollClosed {
        /// The poll's id.
        poll: u64,
    },
    /// A user came.
    Joined {
        /// It is this user's first session.
        first_time: bool,
    },
    /// A user went.
    Left,
    /// A user's client is alive.
    Heartbeat {
        /// The session's tab has the focus, where the client knows.
        focused: Option<bool>,
    },
    /// The session began, or its description changed.
    Started {
        /// What kind of session it is.
        session_type: SessionType,
        /// How many it has room for.
        capacity: Option<u32>,
        /// The planned phases and their beginnings.
        schedule: &'a [(Phase, Millis)],
        /// The planned end.
        ends_at: Option<Millis>,
    },
    /// A phase began.
    PhaseBegan {
        /// Which one.
        phase: Phase,
    },
    /// The speaker moved to another slide.
    Slide,
    /// The speaker spoke.
    Speech {
        /// How many words.
        words: u32,
        /// In how many milliseconds.
        span_ms: u32,
    },
    /// The session is over.
    Ended,
}

impl Activity<'_> {
    /// Whether a user did it: such events need the user's row.
    #[must_use]
    pub const fn is_of_a_user(&self) -> bool {
        self.is_interaction() || matches!(self, Self::Joined { .. } | Self::Left | Self::Heartbeat { .. })
    }

    /// Whether it is an interaction: more than being there.
    #[must_use]
    pub const fn is_interaction(&self) -> bool {
        matches!(
            self,
            Self::Message { .. }
                | Self::Upvote { .. }
                | Self::Reply { .. }
                | Self::Reaction { .. }
                | Self::Voted { .. }
        )
    }
}
