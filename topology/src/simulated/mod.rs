//! The simulated audience on the wire: each [`Happening`] as the record that a real event platform would have sent.
//!
//! Whoever steps a [`domain::audience::Audience`] passes on what it emits, with the session as the key and the happening's time
//! as the timestamp. Whoever lets it answer interventions keeps a [`Commands`] table per session: the audience counts commands,
//! the wire names them.
//!
//! Ids are ordinals with a letter (`u-7` a user, `m-12` a message, `p-0` a poll), unique within the session. Messages carry their
//! length and no text, as from a platform that keeps texts to itself; questions need a text, and take one from a small stock.
//!
//! What this is NOT: a producer, and not the way back (a command of the wire as an action of the audience is its caller's).

pub mod blank;
mod commands;
mod input;
mod texts;

pub use commands::{COMMANDS_MAX, Commands};
pub use input::Input;

use compact_str::{CompactString, format_compact};
use domain::audience::{CommandRef, Happening, PLATFORM, SessionPlan, What};
use domain::time::Millis;

use blank::session;

use crate::wire::{
    Chat, ChatKind, PlannedPhase, Poll, PollKind, Presence, PresenceKind, Reaction, Session, SessionKind, SessionType,
};

/// The user whom the platform's own posts come from; it never joins.
pub const PLATFORM_USER: &str = "platform";

/// What a happening of this plan's session is on the wire. The command is left out when `commands` no longer knows its name.
#[must_use]
pub fn input(plan: &SessionPlan, happening: &Happening, commands: &Commands) -> Input {
    let name = |command: Option<CommandRef>| command.and_then(|command| commands.id(command)).map(CompactString::from);
    match happening.what {
        What::Started { session_type, capacity, ends_at_ms } => {
            Input::Session(started(plan, session_type, capacity, ends_at_ms))
        }
        What::Phase { phase } => Input::Session(Session { phase: Some(phase), ..session(SessionKind::Phase) }),
        What::Ended => Input::Session(session(SessionKind::Ended)),
        What::Slide { index } => Input::Session(Session { index: Some(count(index)), ..session(SessionKind::Slide) }),
        What::Speech { words, span_ms } => Input::Session(Session {
            words: Some(count(words)),
            span_ms: Some(span_ms),
            ..session(SessionKind::Speech)
        }),
        What::Joined { user, first_time } => Input::Presence(Presence {
            first_time: Some(first_time),
            ..blank::presence(PresenceKind::Joined, user_id(user))
        }),
        What::Left { user } => Input::Presence(blank::presence(PresenceKind::Left, user_id(user))),
        What::Heartbeat { user, focused } => Input::Presence(Presence {
            focused: Some(focused),
            ..blank::presence(PresenceKind::Heartbeat, user_id(user))
        }),
        What::Message { user, chars, message, in_reply_to, question, command } => {
            let written = Chat {
                message: Some(message_id(message)),
                command: name(command),
                ..blank::chat(ChatKind::Message, user_id(user))
            };
            Input::Chat(match (question, in_reply_to) {
                (true, _) => Chat { kind: ChatKind::Question, text: Some(texts::question(message)), ..written },
                (false, Some(answered)) => Chat {
                    kind: ChatKind::Reply,
                    in_reply_to: Some(message_id(answered)),
                    chars: Some(count(chars)),
                    ..written
                },
                (false, None) => Chat { chars: Some(count(chars)), ..written },
            })
        }
        What::Upvote { user, message, command } => Input::Chat(Chat {
            kind: ChatKind::Upvote,
            message: Some(message_id(message)),
            command: name(command),
            ..blank::chat(ChatKind::Message, user_id(user))
        }),
        What::Reaction { user, emoji, command } => {
            Input::Reaction(Reaction { command: name(command), ..blank::reaction(user_id(user), texts::emoji(emoji)) })
        }
        What::PollOpened { poll, eligible, command } => Input::Poll(Poll {
            question: Some(texts::poll(poll)),
            options: Some(texts::options()),
            eligible: Some(i64::from(eligible)),
            command: name(command),
            ..blank::poll(PollKind::Opened, poll_id(poll))
        }),
        What::Voted { poll, user, option, command } => Input::Poll(Poll {
            user: Some(user_id(user)),
            option: Some(count(option)),
            command: name(command),
            ..blank::poll(PollKind::Voted, poll_id(poll))
        }),
        What::PollClosed { poll } => Input::Poll(blank::poll(PollKind::Closed, poll_id(poll))),
    }
}

/// The id of a user on the wire.
#[must_use]
pub fn user_id(user: u32) -> CompactString {
    if user == PLATFORM { CompactString::const_new(PLATFORM_USER) } else { format_compact!("u-{user}") }
}

/// The user of an id on the wire; none for any that [`user_id`] did not make.
#[must_use]
pub fn user_of(id: &str) -> Option<u32> {
    let user: u32 = id.strip_prefix("u-")?.parse().ok()?;
    (user_id(user) == id).then_some(user)
}

fn started(plan: &SessionPlan, session_type: SessionType, capacity: u32, ends_at_ms: Millis) -> Session {
    let planned = plan.schedule.iter();
    let schedule = planned.map(|planned| PlannedPhase { phase: planned.phase, at_ms: planned.at_ms });
    Session {
        title: Some(texts::title(plan.place)),
        session_type: Some(session_type),
        capacity: Some(i64::from(capacity)),
        schedule: Some(schedule.collect()),
        ends_at_ms: Some(ends_at_ms),
        ..session(SessionKind::Started)
    }
}

fn poll_id(poll: u64) -> CompactString {
    format_compact!("p-{poll}")
}

fn message_id(message: u64) -> CompactString {
    format_compact!("m-{message}")
}

fn count(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests;
