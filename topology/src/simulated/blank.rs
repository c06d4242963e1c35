//! Values with nothing in them but what every value of their kind has: to be filled by whoever makes records.

use compact_str::CompactString;

use crate::wire::{
    Chat, ChatKind, Poll, PollKind, Presence, PresenceKind, Reaction, ReactionKind, Session, SessionKind,
};

/// Something that `user` did in the chat.
#[must_use]
pub const fn chat(kind: ChatKind, user: CompactString) -> Chat {
    Chat { kind, id: None, user, message: None, in_reply_to: None, text: None, chars: None, command: None }
}

/// Something about a poll.
#[must_use]
pub const fn poll(kind: PollKind, poll: CompactString) -> Poll {
    Poll {
        kind,
        id: None,
        poll,
        user: None,
        option: None,
        question: None,
        options: None,
        eligible: None,
        command: None,
    }
}

/// A sign of `user`'s presence.
#[must_use]
pub const fn presence(kind: PresenceKind, user: CompactString) -> Presence {
    Presence { kind, id: None, user, first_time: None, focused: None }
}

/// An emoji of `user`.
#[must_use]
pub const fn reaction(user: CompactString, emoji: CompactString) -> Reaction {
    Reaction { kind: ReactionKind::Emoji, id: None, user, emoji: Some(emoji), command: None }
}

/// Something about the session itself.
#[must_use]
pub const fn session(kind: SessionKind) -> Session {
    Session {
        kind,
        id: None,
        title: None,
        description: None,
        speaker: None,
        session_type: None,
        capacity: None,
        schedule: None,
        ends_at_ms: None,
        phase: None,
        index: None,
        words: None,
        span_ms: None,
        mode: None,
        command: None,
        decision: None,
        actor: None,
        content: None,
        reason: None,
    }
}
