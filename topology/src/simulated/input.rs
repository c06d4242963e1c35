//! A value of any of the topics that an event platform feeds.

use crate::codec::{EncodeError, Format, encode};
use crate::wire::{Chat, Poll, Presence, Reaction, Session, topics};

/// One input of the application, whichever its topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Something written.
    Chat(Chat),
    /// Something about a poll.
    Poll(Poll),
    /// A sign of presence.
    Presence(Presence),
    /// A reaction.
    Reaction(Reaction),
    /// Something about the session itself.
    Session(Session),
}

impl Input {
    /// The topic that carries it.
    #[must_use]
    pub fn topic(&self) -> &'static str {
        match self {
            Self::Chat(_) => topics::CHAT,
            Self::Poll(_) => topics::POLL,
            Self::Presence(_) => topics::PRESENCE,
            Self::Reaction(_) => topics::REACTION,
            Self::Session(_) => topics::SESSION,
        }
    }

    /// Appends the value to `out`. On an error `out` is as before.
    ///
    /// # Errors
    /// The value breaks a rule of its record.
    pub fn encode(&self, format: Format, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Chat(value) => encode(value, format, out),
            Self::Poll(value) => encode(value, format, out),
            Self::Presence(value) => encode(value, format, out),
            Self::Reaction(value) => encode(value, format, out),
            Self::Session(value) => encode(value, format, out),
        }
    }
}
