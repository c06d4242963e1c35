//! Rows of the stores for people: a key as words, a value under the names of its fields.
//!
//! Whoever runs the stream never needs this: it is for looking into a state on disk. The bytes are those of [`crate::rows`].

use core::str;

use domain::bandit::ControlRow;
use domain::intervention::Command;
use domain::outage::Flows;
use domain::pane::Pane;
use domain::time::Millis;
use serde_json::Value;

use crate::rows::attendee::AttendeeRow;
use crate::rows::decided::{CommandRow, LedgerRow, TickRow};
use crate::rows::key;
use crate::rows::learned::{ArmsRow, ControlsRow, VERSION};
use crate::rows::perceived::{FLOWS, PRIOR, PinnedPrior, SESSION, SessionRow, TEXTS, Texts};
use crate::rows::row::{self, Row};
use crate::rows::trace::{EventTrace, TRACE};
use crate::trace::TraceContext;

/// A row, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownRow {
    /// The session; none in the store of what was learned, and empty for the row of the whole partition.
    pub session: Option<String>,
    /// The rest of the key: a user, a kind of row, a time, a command, a context; none where the session is all of it.
    pub part: Option<String>,
    /// The value; none where it does not decode.
    pub value: Option<Value>,
}

/// The row of this store that these bytes are; `None`: no such store, or a key that it can not have.
#[must_use]
pub fn show(store: &str, key: &[u8], value: &[u8]) -> Option<ShownRow> {
    if store == "posteriors" {
        return learned(key, value);
    }
    let (session, rest) = key::split(key)?;
    let (part, value) = match store {
        "panes" => (Some(key::at(key).filter(|_| rest.len() == 8)?.to_string()), shown::<Pane>(value)),
        "attendees" => (Some(str::from_utf8(rest).ok()?.to_owned()), shown::<AttendeeRow>(value)),
        "sessions" => of_session(str::from_utf8(rest).ok()?, value)?,
        "ticks" if rest.is_empty() => (None, shown::<TickRow>(value)),
        "interventions" if rest.is_empty() => (None, shown::<LedgerRow>(value)),
        "interventions" => match rest.strip_suffix(TRACE.as_bytes()) {
            Some(rest) => (Some(format!("{}, {TRACE}", command(rest)?.id(session))), shown::<TraceContext>(value)),
            None => (Some(command(rest)?.id(session)), shown::<CommandRow>(value)),
        },
        _ => return None,
    };
    Some(ShownRow { session: Some(session.to_owned()), part, value })
}

/// What the keys of all rows begin with that belong to `of`: a session; in the store of what was learned, a context or the
/// beginning of one.
#[must_use]
pub fn prefix(store: &str, of: &str) -> Vec<u8> {
    let mut prefix = Vec::new();
    match store {
        "posteriors" => prefix.extend_from_slice(of.as_bytes()),
        _ => key::session(of, &mut prefix),
    }
    prefix
}

fn shown<T: Row>(value: &[u8]) -> Option<Value> {
    row::decode::<T>(value).map(|row| row.show())
}

fn of_session(part: &str, value: &[u8]) -> Option<(Option<String>, Option<Value>)> {
    let value = match part {
        SESSION => shown::<SessionRow>(value),
        TEXTS => shown::<Texts>(value),
        PRIOR => shown::<PinnedPrior>(value),
        FLOWS => shown::<Flows>(value),
        TRACE => shown::<EventTrace>(value),
        _ => return None,
    };
    Some((Some(part.to_owned()), value))
}

fn command(rest: &[u8]) -> Option<Command> {
    let (at, sequence) = rest.split_last_chunk::<2>()?;
    let tick: Millis = key::at(at).filter(|_| at.len() == 8)?;
    Some(Command { tick, sequence: u16::from_be_bytes(*sequence) })
}

fn learned(key: &[u8], value: &[u8]) -> Option<ShownRow> {
    let part = str::from_utf8(key).ok()?.to_owned();
    let value = match part.as_str() {
        VERSION => shown::<u64>(value),
        control if ControlRow::parse_name(control).is_some() => shown::<ControlsRow>(value),
        _ => shown::<ArmsRow>(value),
    };
    Some(ShownRow { session: None, part: Some(part), value })
}

#[cfg(test)]
mod tests {
    use domain::bandit::ArmSums;
    use domain::intervention::{Ledger, Mode};
    use serde_json::json;

    use super::*;

    fn key_of(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut key = Vec::new();
        write(&mut key);
        key
    }

    fn bytes<T: Row>(row: &T) -> Vec<u8> {
        let mut bytes = Vec::new();
        row::encode(row, &mut bytes);
        bytes
    }

    /// The session, the part, and one field of the value.
    fn check(store: &str, key: &[u8], value: &[u8], expect: (Option<&str>, Option<&str>), field: &str, is: Value) {
        let row = show(store, key, value).unwrap();
        assert_eq!((row.session.as_deref(), row.part.as_deref()), expect, "{store}");
        assert_eq!(row.value.unwrap().pointer(field), Some(&is), "{store} {field}");
    }

    #[test]
    fn every_kind_of_row_is_shown_under_its_key_and_the_names_of_its_fields() {
        let session = key_of(|key| key::session("s-1", key));
        let part = |part: &str| key_of(|key| key::session_part("s-1", part, key));
        let pane = Pane { questions: 3, ..Pane::default() };
        let at = key_of(|key| key::session_at("s-1", 5_000, key));
        check("panes", &at, &bytes(&pane), (Some("s-1"), Some("5000")), "/questions", json!(3));
        let attendee = AttendeeRow { of_session: 7, ..AttendeeRow::default() };
        check("attendees", &part("u-7"), &bytes(&attendee), (Some("s-1"), Some("u-7")), "/of_session", json!(7));
        let texts = Texts { title: Some("Monday".into()), ..Texts::default() };
        check("sessions", &part(TEXTS), &bytes(&texts), (Some("s-1"), Some(TEXTS)), "/title", json!("Monday"));
        let prior = PinnedPrior { version: 4, ..PinnedPrior::start() };
        check("sessions", &part(PRIOR), &bytes(&prior), (Some("s-1"), Some(PRIOR)), "/version", json!(4));
        let tick = TickRow { first_tick: 9, ..TickRow::default() };
        check("ticks", &session, &bytes(&tick), (Some("s-1"), None), "/detector/episode", json!("armed"));
        let ledger = LedgerRow { ledger: Ledger::new(Mode::Auto), offsets: Default::default() };
        check("interventions", &session, &bytes(&ledger), (Some("s-1"), None), "/ledger/mode", json!("auto"));
        let trace = TraceContext { trace_id: 1, span_id: 2, sampled: true };
        let of_event = EventTrace { at: 7, context: trace };
        check("sessions", &part(TRACE), &bytes(&of_event), (Some("s-1"), Some(TRACE)), "/at", json!(7));
        let of_command = key_of(|key| {
            key::session_at("s-1", 5_000, key);
            key.extend_from_slice(b"\0\0trace");
        });
        let shown = json!("00-00000000000000000000000000000001-0000000000000002-01");
        check("interventions", &of_command, &bytes(&trace), (Some("s-1"), Some("s-1:5000:0, trace")), "", shown);
        let arms = ArmsRow { version: 2, arms: vec![ArmSums { successes: 6, ..ArmSums::default() }] };
        let context = "middle_workshop_medium_SUDDEN_DROP";
        check("posteriors", context.as_bytes(), &bytes(&arms), (None, Some(context)), "/arms/0/successes", json!(6));
        check("posteriors", b"version", &bytes(&2_u64), (None, Some("version")), "", json!(2));
    }

    #[test]
    fn what_is_no_row_of_the_store_is_not_guessed_at() {
        let session = key_of(|key| key::session("s-1", key));
        assert_eq!(show("ticks", &session, b"\x01").unwrap().value, None);
        let user = key_of(|key| key::session_part("s-1", "u-7", key));
        assert_eq!(show("ticks", &user, b""), None);
        for (store, key) in [("weather", &session[..]), ("panes", &session), ("ticks", b"\xff\xff"), ("ticks", b"")] {
            assert_eq!(show(store, key, b""), None, "{store}");
        }
    }

    #[test]
    fn a_prefix_is_that_of_the_sessions_rows_and_of_no_other_session() {
        let row = key_of(|key| key::session_part("s-1", "u-7", key));
        assert!(row.starts_with(&prefix("attendees", "s-1")) && !row.starts_with(&prefix("attendees", "s")));
        assert_eq!(prefix("posteriors", "middle_"), b"middle_");
    }
}
