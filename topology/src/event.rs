//! From records to events: keys and times are checked, values decoded, and the domain's words found for them.

use compact_str::CompactString;
use domain::activity::Activity;
use domain::context::{Phase, SessionType};
use domain::random::seed_of;
use domain::time::Millis;
use streams::record::{BoxError, ConsumerRecord, Decoded, RecordTime};

use crate::codec::{self, Coded};
use crate::rows::key::ID_BYTES_MAX;
use crate::wire::{self, ChatKind, PollKind, PresenceKind, SessionKind};

/// A session's id: the key of every record.
pub(crate) type SessionId = CompactString;
/// A user's id.
pub(crate) type UserId = CompactString;

/// The year 1 and the year 10000: what lies outside is no time, and would overflow sums of times.
const TIMES: core::ops::Range<Millis> = -62_135_596_800_000..253_402_300_800_000;

/// A record of the watching half's inputs.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// Topic `chat`.
    Chat(wire::Chat),
    /// Topic `poll`.
    Poll(wire::Poll),
    /// Topic `presence`.
    Presence(wire::Presence),
    /// Topic `reaction`.
    Reaction(wire::Reaction),
    /// Topic `session`.
    Session(Box<wire::Session>),
}

/// Why a record that decodes can not be processed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("the key is no session id: it is empty, no UTF-8, or longer than {ID_BYTES_MAX} bytes")]
    Key,
    #[error("the user id is longer than {ID_BYTES_MAX} bytes")]
    User,
    #[error("the record has no value")]
    Value,
    #[error("the timestamp {0} lies outside the years 1 to 9999")]
    Time(Millis),
    #[error("the poll {0} never opened, or was forgotten long since")]
    UnknownPoll(CompactString),
}

impl From<wire::Chat> for Event {
    fn from(value: wire::Chat) -> Self {
        Self::Chat(value)
    }
}

impl From<wire::Poll> for Event {
    fn from(value: wire::Poll) -> Self {
        Self::Poll(value)
    }
}

impl From<wire::Presence> for Event {
    fn from(value: wire::Presence) -> Self {
        Self::Presence(value)
    }
}

impl From<wire::Reaction> for Event {
    fn from(value: wire::Reaction) -> Self {
        Self::Reaction(value)
    }
}

impl From<wire::Session> for Event {
    fn from(value: wire::Session) -> Self {
        Self::Session(Box::new(value))
    }
}

/// Decodes a record of one of the watching half's inputs.
pub(crate) fn decode<T>(record: &ConsumerRecord) -> Result<Decoded<SessionId, Event>, BoxError>
where
    T: Coded + Into<Event>,
{
    let (key, value) = key_and_value::<T>(record)?;
    let event: Event = value.into();
    if event.user().is_some_and(|user| user.len() > ID_BYTES_MAX) {
        return Err(Unusable::User.into());
    }
    let at = record.timestamp_ms;
    let time = if event.is_control() { RecordTime::Control(at) } else { RecordTime::Event(at) };
    Ok(Decoded { key, value: event, time })
}

/// The session and the decoded value of a record.
pub(crate) fn key_and_value<T: Coded>(record: &ConsumerRecord) -> Result<(SessionId, T), BoxError> {
    if !TIMES.contains(&record.timestamp_ms) {
        return Err(Unusable::Time(record.timestamp_ms).into());
    }
    let key = record.key.as_deref().filter(|key| (1..=ID_BYTES_MAX).contains(&key.len())).ok_or(Unusable::Key)?;
    let key = CompactString::from_utf8(key).map_err(|_| Unusable::Key)?;
    let value = codec::decode(record.value.as_deref().ok_or(Unusable::Value)?)?;
    Ok((key, value))
}

impl Event {
    /// Control records come from people's own clocks and change only what is decided.
    pub(crate) fn is_control(&self) -> bool {
        matches!(self, Self::Session(session) if session.kind.is_control())
    }

    /// Who did it. A poll is opened and closed by nobody in the audience, whoever the record names.
    pub(crate) fn user(&self) -> Option<&CompactString> {
        match self {
            Self::Chat(chat) => Some(&chat.user),
            Self::Poll(poll) => poll.user.as_ref().filter(|_| poll.kind == PollKind::Voted),
            Self::Presence(presence) => Some(&presence.user),
            Self::Reaction(reaction) => Some(&reaction.user),
            Self::Session(_) => None,
        }
    }

    /// The same in the domain's words; nothing for control records. `schedule` is lent to hold a session's plan.
    pub(crate) fn activity<'a>(&self, schedule: &'a mut Vec<(Phase, Millis)>) -> Option<Activity<'a>> {
        Some(match self {
            Self::Chat(chat) => chat_activity(chat),
            Self::Poll(poll) => poll_activity(poll),
            Self::Presence(presence) => match presence.kind {
                PresenceKind::Joined => Activity::Joined { first_time: presence.first_time.unwrap_or(false) },
                PresenceKind::Left => Activity::Left,
                PresenceKind::Heartbeat => Activity::Heartbeat { focused: presence.focused },
            },
            Self::Reaction(reaction) => Activity::Reaction { by_command: reaction.command.is_some() },
            Self::Session(session) => return session_activity(session, schedule),
        })
    }
}

/// Only equality of ids matters to the domain.
pub(crate) fn hash(id: &str) -> u64 {
    seed_of(&[id.as_bytes()])
}

fn chat_activity(chat: &wire::Chat) -> Activity<'static> {
    let by_command = chat.command.is_some();
    let message = chat.message.as_deref().map(hash);
    let chars = match (chat.chars, &chat.text) {
        (Some(chars), _) => u32::try_from(chars).unwrap_or(0),
        (None, Some(text)) => u32::try_from(text.chars().count()).unwrap_or(u32::MAX),
        (None, None) => 0,
    };
    match chat.kind {
        ChatKind::Message => Activity::Message { chars, question: false, message, by_command },
        ChatKind::Question => Activity::Message { chars, question: true, message, by_command },
        ChatKind::Upvote => Activity::Upvote { message: message.unwrap_or_default() },
        ChatKind::Reply => {
            let in_reply_to = chat.in_reply_to.as_deref().map(hash).unwrap_or_default();
            Activity::Reply { in_reply_to, message, by_command }
        }
    }
}

fn poll_activity(poll: &wire::Poll) -> Activity<'static> {
    let id = hash(&poll.poll);
    match poll.kind {
        PollKind::Opened => Activity::PollOpened {
            poll: id,
            eligible: poll.eligible.and_then(|eligible| u32::try_from(eligible).ok()),
            by_command: poll.command.is_some(),
        },
        PollKind::Voted => Activity::Voted { poll: id },
        PollKind::Closed => Activity::PollClosed { poll: id },
    }
}

fn session_activity<'a>(session: &wire::Session, schedule: &'a mut Vec<(Phase, Millis)>) -> Option<Activity<'a>> {
    Some(match session.kind {
        SessionKind::Started => {
            schedule.clear();
            schedule.extend(session.schedule.iter().flatten().map(|planned| (planned.phase, planned.at_ms)));
            Activity::Started {
                session_type: session.session_type.unwrap_or(SessionType::Workshop),
                capacity: session.capacity.and_then(|capacity| u32::try_from(capacity).ok()),
                schedule,
                ends_at: session.ends_at_ms,
            }
        }
        SessionKind::Phase => Activity::PhaseBegan { phase: session.phase.unwrap_or(Phase::Middle) },
        SessionKind::Slide => Activity::Slide,
        SessionKind::Speech => Activity::Speech {
            words: session.words.and_then(|words| u32::try_from(words).ok()).unwrap_or(0),
            span_ms: session.span_ms.and_then(|span| u32::try_from(span).ok()).unwrap_or(0),
        },
        SessionKind::Ended => Activity::Ended,
        SessionKind::Mode | SessionKind::Decision | SessionKind::Paused | SessionKind::Resumed => return None,
    })
}
