//! One meeting as records.
//!
//! Who was present joins at the start. Only who is in the room can speak: whoever does so without a known join joins right
//! before. Joins of those who are there and leaves of those who are not are left out and counted: so at any time the room holds exactly
//! those who joined and have not left. A user keeps the first name of the meeting through all changes of nick. A vote (`+1`) is a
//! message. The events of a minute are spread over it, in their order.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::{CompactString, format_compact};
use domain::random::Generator;
use domain::time::MINUTE;
use topology::simulated::{Input, blank};
use topology::wire::{Chat, ChatKind, PresenceKind, Session, SessionKind, SessionType};

use super::read::{Event, Meeting, What};
use crate::import::spread::spread;

/// What the log does not hold, and what it holds that the source does not.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) before: u64,
    pub(super) after: u64,
    pub(super) bots: u64,
    pub(super) joins: u64,
    pub(super) leaves: u64,
    pub(super) added: u64,
}

impl LeftOut {
    pub(super) fn notes(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("left out, before a start", self.before),
            ("left out, after an end", self.after),
            ("left out, of bots", self.bots),
            ("left out, joins of users who were there", self.joins),
            ("left out, leaves of users who were not", self.leaves),
            ("added, joins of users who spoke", self.added),
        ]
    }
}

/// Emits the records of one meeting, in order of time.
pub(super) fn records(
    meeting: &Meeting,
    present: &[CompactString],
    events: &[Event],
    bots: &BTreeSet<CompactString>,
    generator: &mut Generator,
    left_out: &mut LeftOut,
    emit: &mut dyn FnMut(i64, Input),
) {
    emit(meeting.start_ms, Input::Session(started(meeting)));
    let mut room = Room { present: BTreeSet::new(), nicks: BTreeMap::new(), left_out, emit: &mut *emit };
    for user in present.iter().filter(|user| !bots.contains(*user)) {
        room.join(meeting.start_ms, user.clone());
    }
    for minute in events.chunk_by(|one, next| one.minute_ms == next.minute_ms) {
        let minute_ms = minute.first().map_or(0, |event| event.minute_ms);
        let times = spread(generator, minute.len(), minute_ms, MINUTE);
        for (event, at_ms) in minute.iter().zip(times) {
            if bots.contains(&event.user) {
                room.left_out.bots += 1;
            } else if minute_ms + MINUTE <= meeting.start_ms {
                room.left_out.before += 1;
            } else if minute_ms >= meeting.end_ms {
                room.left_out.after += 1;
            } else {
                room.take(at_ms.max(meeting.start_ms), event);
            }
        }
    }
    emit(meeting.end_ms, Input::Session(blank::session(SessionKind::Ended)));
}

struct Room<'a> {
    present: BTreeSet<CompactString>,
    /// The user behind each name that is not the user's first.
    nicks: BTreeMap<CompactString, CompactString>,
    left_out: &'a mut LeftOut,
    emit: &'a mut dyn FnMut(i64, Input),
}

impl Room<'_> {
    fn take(&mut self, at_ms: i64, event: &Event) {
        let user = self.nicks.get(&event.user).unwrap_or(&event.user).clone();
        match &event.what {
            What::Message { chars } => {
                self.add(at_ms, &user);
                let chars = i32::try_from(*chars).ok();
                (self.emit)(at_ms, Input::Chat(Chat { chars, ..blank::chat(ChatKind::Message, id(&user)) }));
            }
            What::Join if self.present.contains(&user) => self.left_out.joins += 1,
            What::Join => self.join(at_ms, user),
            What::Leave if self.present.remove(&user) => {
                (self.emit)(at_ms, Input::Presence(blank::presence(PresenceKind::Left, id(&user))));
            }
            What::Leave => self.left_out.leaves += 1,
            What::Nick { name } => {
                self.add(at_ms, &user);
                self.nicks.remove(&event.user);
                if *name != user {
                    self.nicks.insert(name.clone(), user);
                }
            }
        }
    }

    /// Whoever acts is there.
    fn add(&mut self, at_ms: i64, user: &CompactString) {
        if !self.present.contains(user) {
            self.left_out.added += 1;
            self.join(at_ms, user.clone());
        }
    }

    fn join(&mut self, at_ms: i64, user: CompactString) {
        let joined = blank::presence(PresenceKind::Joined, id(&user));
        if self.present.insert(user) {
            (self.emit)(at_ms, Input::Presence(joined));
        }
    }
}

fn started(meeting: &Meeting) -> Session {
    Session {
        title: Some(format_compact!("Meeting {}", meeting.number)),
        session_type: Some(SessionType::Workshop),
        ..blank::session(SessionKind::Started)
    }
}

fn id(user: &CompactString) -> CompactString {
    format_compact!("u-{user}")
}
