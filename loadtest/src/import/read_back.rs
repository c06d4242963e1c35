//! Reads a log back, for tests: every record must decode and be valid as what its topic carries.

use std::path::{Path, PathBuf};

use topology::codec::decode;
use topology::event_log::EventLogReader;
use topology::simulated::Input;
use topology::wire::PresenceKind;

/// A record of a log.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) session: String,
    pub(crate) at_ms: i64,
    pub(crate) input: Input,
}

/// All records of a log, checked to be in order of time.
pub(crate) fn read_back(log: &Path) -> Vec<Record> {
    let mut reader = EventLogReader::open([log]).unwrap();
    let mut records: Vec<Record> = Vec::new();
    while let Some(record) = reader.next_record() {
        let record = record.unwrap();
        let value = record.value.unwrap();
        let input = match record.topic {
            "chat" => Input::Chat(decode(value).unwrap()),
            "poll" => Input::Poll(decode(value).unwrap()),
            "presence" => Input::Presence(decode(value).unwrap()),
            "reaction" => Input::Reaction(decode(value).unwrap()),
            "session" => Input::Session(decode(value).unwrap()),
            topic => panic!("{topic}"),
        };
        let (session, at_ms) = (record.key.unwrap().to_owned(), record.timestamp_ms);
        assert!(records.last().is_none_or(|last| last.at_ms <= at_ms), "in order of time");
        records.push(Record { session, at_ms, input });
    }
    records
}

/// Nobody joins who is there, nobody leaves who is not; how many are present after each record.
pub(crate) fn present(records: &[Record]) -> Vec<usize> {
    let mut present = std::collections::BTreeSet::new();
    let mut count = |record: &Record| {
        if let Input::Presence(presence) = &record.input {
            let user = (record.session.clone(), presence.user.clone());
            match presence.kind {
                PresenceKind::Joined => assert!(present.insert(user), "{record:?}: is there already"),
                PresenceKind::Left => assert!(present.remove(&user), "{record:?}: is not there"),
                PresenceKind::Heartbeat => assert!(present.contains(&user), "{record:?}: is not there"),
            }
        }
        present.len()
    };
    records.iter().map(&mut count).collect()
}

/// A real sample.
pub(crate) fn sample(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(path)
}
