//! The three files of a folder of meetings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use compact_str::CompactString;
use domain::time::MINUTE;

use crate::error::{Error, RowError};
use crate::import::table::Table;

/// Longer lines than this are no chat.
const CHARS_MAX: u32 = 100_000;

/// All of a folder.
pub(super) struct Source {
    /// In order of their starts.
    pub(super) meetings: Vec<Meeting>,
    /// Who was there when a meeting started.
    pub(super) present: BTreeMap<u32, Vec<CompactString>>,
    /// What happened around each meeting, in order of time.
    pub(super) events: BTreeMap<u32, Vec<Event>>,
    /// Everyone who is marked as a bot in any row.
    pub(super) bots: BTreeSet<CompactString>,
}

/// One meeting.
pub(super) struct Meeting {
    pub(super) number: u32,
    pub(super) start_ms: i64,
    /// The end of its last minute.
    pub(super) end_ms: i64,
}

/// Something that happened.
pub(super) struct Event {
    /// The minute.
    pub(super) minute_ms: i64,
    pub(super) user: CompactString,
    pub(super) what: What,
}

pub(super) enum What {
    /// A line of this many characters.
    Message {
        chars: u32,
    },
    Join,
    Leave,
    /// The user goes on under another name.
    Nick {
        name: CompactString,
    },
}

pub(super) fn read(folder: &Path) -> Result<Source, Error> {
    let sessions = folder.join("sessions.csv");
    let meetings = meetings(&sessions)?;
    if meetings.is_empty() {
        return Err(Error::NoRows { path: sessions });
    }
    let numbers = meetings.iter().map(|meeting| meeting.number).collect();
    let present = present(&folder.join("present_at_start.csv"), &numbers)?;
    let (events, bots) = events(&folder.join("events.csv"), &numbers)?;
    Ok(Source { meetings, present, events, bots })
}

fn meetings(path: &Path) -> Result<Vec<Meeting>, Error> {
    let mut table = Table::open(path, &["session", "start", "end"])?;
    let (mut meetings, mut numbers) = (Vec::new(), BTreeSet::new());
    while table.advance()? {
        let number = table.number("session", u32::MAX)?;
        let (start_ms, last_ms) = (table.time_ms("start")?, table.time_ms("end")?);
        if last_ms < start_ms || !numbers.insert(number) {
            return Err(table.broken(RowError::Span { session: number }));
        }
        let end_ms = (last_ms.div_euclid(MINUTE) + 1) * MINUTE;
        meetings.push(Meeting { number, start_ms, end_ms });
    }
    meetings.sort_by_key(|meeting| (meeting.start_ms, meeting.number));
    Ok(meetings)
}

fn present(path: &Path, numbers: &BTreeSet<u32>) -> Result<BTreeMap<u32, Vec<CompactString>>, Error> {
    let mut table = Table::open(path, &["session", "users"])?;
    let mut present = BTreeMap::new();
    while table.advance()? {
        let number = number(&table, numbers)?;
        present.insert(number, table.text("users").split_ascii_whitespace().map(CompactString::from).collect());
    }
    Ok(present)
}

type Events = (BTreeMap<u32, Vec<Event>>, BTreeSet<CompactString>);

fn events(path: &Path, numbers: &BTreeSet<u32>) -> Result<Events, Error> {
    let columns = ["session", "ts_utc", "kind", "user", "chars", "vote_or_newnick", "is_bot"];
    let mut table = Table::open(path, &columns)?;
    let (mut events, mut bots) = (BTreeMap::<u32, Vec<Event>>::new(), BTreeSet::new());
    while table.advance()? {
        let event = event(&table)?;
        if table.number("is_bot", 1)? == 1 {
            bots.insert(event.user.clone());
        }
        let before = events.entry(number(&table, numbers)?).or_default();
        match before.last() {
            Some(last) if last.minute_ms > event.minute_ms => {
                let (value, previous) = (event.minute_ms, last.minute_ms);
                return Err(table.broken(RowError::Order { column: "ts_utc", value, previous }));
            }
            _ => before.push(event),
        }
    }
    Ok((events, bots))
}

fn event(table: &Table) -> Result<Event, Error> {
    let what = match table.text("kind") {
        // An action (`/me waves`) is a line like any other, and so is a vote.
        "msg" | "action" => What::Message { chars: table.number("chars", CHARS_MAX)? },
        "join" => What::Join,
        "leave" => What::Leave,
        "nick" => What::Nick { name: table.name("vote_or_newnick")?.into() },
        kind => {
            let (value, expected) = (kind.chars().take(40).collect(), "msg, action, join, leave, nick");
            return Err(table.broken(RowError::Name { column: "kind", value, expected }));
        }
    };
    let minute_ms = table.time_ms("ts_utc")?.div_euclid(MINUTE) * MINUTE;
    Ok(Event { minute_ms, user: table.name("user")?.into(), what })
}

fn number(table: &Table, numbers: &BTreeSet<u32>) -> Result<u32, Error> {
    let session = table.number("session", u32::MAX)?;
    if numbers.contains(&session) { Ok(session) } else { Err(table.broken(RowError::Session { session })) }
}
