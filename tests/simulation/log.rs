//! The log that every seed replays: six sessions on three partitions. It is made once, in closed loop: simulated audiences
//! answer the commands, and an organiser and an executor say what they did. All of that is then part of the log.

use domain::context::{AnomalyClass, SessionType, SizeBand};
use domain::intervention::Mode;
use domain::time::{MINUTE, Millis};
use streams::broker::{Cleanup, TopicSpec};
use streams::partition::partition_of;
use streams::testing::simulation::{InputRecord, Inputs};
use topology::codec::{Coded, Format, encode};
use topology::settings::{ConductorSettings, Learning};
use topology::simulated::blank;
use topology::wire::{self, Session, SessionKind, topics};

use crate::stage::Stage;

const PARTITIONS: u32 = 3;
pub(crate) const START_MS: Millis = 1_600_000_000_000;
/// The log ends here; some sessions go on.
pub(crate) const LENGTH_MINUTES: i64 = 15;

/// One session of the log.
pub(crate) struct Script {
    pub(crate) name: &'static str,
    pub(crate) seed: u64,
    pub(crate) starts_minute: i64,
    pub(crate) minutes: i64,
    pub(crate) size: u32,
    pub(crate) session_type: SessionType,
    pub(crate) anomalies: &'static [(AnomalyClass, f64)],
    /// What the organiser sets at the beginning; none: everything waits for a person.
    pub(crate) mode: Option<Mode>,
    /// Most platforms of the log send none: they are most of the records, and say the least.
    pub(crate) heartbeats: bool,
}

pub(crate) const SCRIPTS: [Script; 6] = [
    Script {
        name: "drop",
        seed: 3,
        starts_minute: 0,
        minutes: 40,
        size: 30,
        session_type: SessionType::Workshop,
        anomalies: &[(AnomalyClass::SuddenDrop, 7.0)],
        mode: Some(Mode::Auto),
        heartbeats: false,
    },
    Script {
        name: "exit",
        seed: 4,
        starts_minute: 0,
        minutes: 40,
        size: 40,
        session_type: SessionType::Panel,
        anomalies: &[(AnomalyClass::MassExit, 7.5)],
        mode: Some(Mode::Auto),
        heartbeats: false,
    },
    Script {
        name: "low",
        seed: 5,
        starts_minute: 0,
        minutes: 40,
        size: 25,
        session_type: SessionType::Keynote,
        anomalies: &[(AnomalyClass::LowEngagement, 6.5)],
        mode: Some(Mode::Auto),
        heartbeats: false,
    },
    Script {
        name: "asked",
        seed: 6,
        starts_minute: 1,
        minutes: 40,
        size: 25,
        session_type: SessionType::Workshop,
        anomalies: &[(AnomalyClass::SuddenDrop, 6.0), (AnomalyClass::MassExit, 9.0)],
        mode: None,
        heartbeats: false,
    },
    Script {
        name: "calm",
        seed: 7,
        starts_minute: 2,
        minutes: 6,
        size: 8,
        session_type: SessionType::Panel,
        anomalies: &[],
        mode: Some(Mode::Assist),
        heartbeats: true,
    },
    Script {
        name: "tiny",
        seed: 8,
        starts_minute: 4,
        minutes: 5,
        size: 4,
        session_type: SessionType::Keynote,
        anomalies: &[],
        mode: None,
        heartbeats: true,
    },
];

/// The application as it is simulated: more episodes are held out than usual, so that a short log has one.
pub(crate) fn settings(learning: Learning) -> ConductorSettings {
    let mut settings = ConductorSettings { learning, ..ConductorSettings::default() };
    settings.decision.hold_out = 0.3;
    settings
}

/// Where a session's records belong.
pub(crate) fn partition_of_session(session: &str) -> u32 {
    partition_of(session.as_bytes(), PARTITIONS)
}

/// The topics of the application and the log.
pub(crate) fn record() -> Inputs {
    let mut records: Vec<InputRecord> = (0..PARTITIONS).flat_map(|partition| Stage::new(partition).run()).collect();
    records.extend(nobody_can_read());
    records.extend(pause());
    records.sort_by_key(|record| record.timestamp_ms);
    records.extend(late());
    records.push(InputRecord {
        topic: topics::BASELINES.into(),
        partition: 0,
        timestamp_ms: START_MS,
        key: Some(calibrated().into_bytes()),
        value: Some(bytes(&baseline())),
    });
    Inputs { topics: topic_specs(), records }
}

fn topic_specs() -> Vec<TopicSpec> {
    let spec =
        |name: &str, partitions, cleanup| TopicSpec { name: name.into(), partitions, cleanup, retention_ms: None };
    let by_session = topics::INPUTS.into_iter().chain([
        topics::ENGAGEMENT_SCORES,
        topics::INTERVENTION_COMMANDS,
        topics::INTERVENTION_RESULTS,
    ]);
    let tables = [topics::POLICY, topics::BASELINES].map(|name| spec(name, 1, Cleanup::Compact));
    by_session.map(|name| spec(name, PARTITIONS, Cleanup::Delete)).chain(tables).collect()
}

/// Somebody pauses a session while its intervention is measured, and resumes it.
fn pause() -> Vec<InputRecord> {
    let told = |kind, minute: i64| InputRecord {
        topic: topics::SESSION.into(),
        partition: partition_of_session("exit"),
        timestamp_ms: START_MS + minute * MINUTE + 1,
        key: Some("exit".into()),
        value: Some(bytes(&Session { actor: Some("organiser".into()), ..blank::session(kind) })),
    };
    vec![told(SessionKind::Paused, 9), told(SessionKind::Resumed, 10)]
}

/// The kind of session that is calibrated.
pub(crate) fn calibrated() -> String {
    topology::band_name(SessionType::Panel, SizeBand::Medium)
}

/// What calibration found out about one kind of session before the log begins.
pub(crate) fn baseline() -> wire::Baselines {
    wire::Baselines {
        version: 7,
        chat: 0.1,
        poll: 0.4,
        active: 0.3,
        active_90s: Some(0.1),
        reactions: 0.1,
        stay: 0.1,
        calibrated_from: "the sessions of last year".into(),
        at_ms: START_MS - MINUTE,
    }
}

/// Garbage, a record without a key, one in another session's partition, and one without a value.
fn nobody_can_read() -> Vec<InputRecord> {
    let at = |minute: i64| START_MS + minute * MINUTE;
    let home = partition_of_session("drop");
    let message = bytes(&wire::Chat { chars: Some(3), ..blank::chat(wire::ChatKind::Message, "u-1".into()) });
    let record = |topic: &str, partition, minute, key: Option<&str>, value: Option<&[u8]>| InputRecord {
        topic: topic.into(),
        partition,
        timestamp_ms: at(minute),
        key: key.map(|key| key.as_bytes().to_vec()),
        value: value.map(<[u8]>::to_vec),
    };
    vec![
        record(topics::CHAT, home, 3, Some("drop"), Some(b"hello")),
        record(topics::CHAT, home, 4, None, Some(&message)),
        record(topics::CHAT, (home + 1) % PARTITIONS, 5, Some("drop"), Some(&message)),
        record(topics::PRESENCE, home, 6, Some("drop"), None),
        record(topics::INTERVENTION_FEEDBACK, home, 7, Some("drop"), Some(b"{}")),
    ]
}

/// Messages that come after every window that they belonged to has passed.
fn late() -> Vec<InputRecord> {
    let message = wire::Chat { chars: Some(30), ..blank::chat(wire::ChatKind::Message, "u-2".into()) };
    let late = |script: &Script| InputRecord {
        topic: topics::CHAT.into(),
        partition: partition_of_session(script.name),
        timestamp_ms: START_MS + (LENGTH_MINUTES - 7) * MINUTE,
        key: Some(script.name.into()),
        value: Some(bytes(&message)),
    };
    SCRIPTS.iter().map(late).collect()
}

pub(crate) fn bytes<T: Coded>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(value, Format::Avro, &mut bytes).unwrap();
    bytes
}
