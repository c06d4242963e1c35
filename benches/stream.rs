//! What the stream costs per event without files: its topics in memory hold Avro or JSON, and what it writes is counted and
//! deleted. And what one tick of one session costs: score, detector and pick.
//!
//!     cargo bench --bench stream -- EVENT-LOG
//!
//! Prints rows of the table of `loadtest/bench.sh`. CPU time is that of this one thread, by `/proc/self/schedstat` (Linux).
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic, reason = "a program for whoever measures")]

use std::collections::BTreeMap;
use std::hint::black_box;

use compact_str::CompactString;
use domain::activity::Activity;
use domain::anomaly::{Detector, DetectorInput, DetectorSettings, Terms};
use domain::attendee::Attendee;
use domain::bandit::{Names, Offsets, PolicyTable, choose};
use domain::baseline::Prior;
use domain::context::{AnomalyClass, ContextKey, InterventionKind};
use domain::observe::observe;
use domain::pane::Pane;
use domain::session::Session;
use domain::tick::{Evaluation, evaluate};
use domain::time::{LONG_WINDOW, TICK};
use engagement_conductor::embedded::{Embedded, OUTPUTS};
use engagement_conductor::settings::Settings;
use engagement_conductor::settings::conductor_settings;
use topology::codec::{Coded, Format, decode, encode};
use topology::event_log::EventLogReader;
use topology::graph;
use topology::settings::{ConductorSettings, Formats};
use topology::wire::{self, topics};

/// The binary's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Records between two commits: as in a backtest.
const CHUNK: usize = 20_000;
/// People in the session that ticks.
const PEOPLE: usize = 80;
/// Ticks that are measured.
const TICKS: i64 = 20_000;

fn main() {
    // Cargo adds flags of its own.
    let Some(log) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) else {
        panic!("usage: cargo bench --bench stream -- EVENT-LOG");
    };
    for (name, format) in [("topics in memory, Avro", Format::Avro), ("topics in memory, JSON", Format::Json)] {
        let records = read(&log, format);
        let seconds = stream(&records, format);
        row(name, records.len(), seconds);
    }
    row("one tick: score, detector, pick", TICKS as usize, session(true) - session(false));
}

/// CPU seconds of this thread.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    let nanoseconds: f64 = text.split(' ').next().unwrap().parse().unwrap();
    nanoseconds / 1e9
}

fn row(name: &str, events: usize, seconds: f64) {
    let each = seconds * 1e6 / events as f64;
    println!("{name:<44} {events:>11} {seconds:>8.2} {each:>9.2} {:>12.0} {:>9}", events as f64 / seconds, "-");
}

struct Record {
    topic: CompactString,
    key: CompactString,
    timestamp_ms: i64,
    value: Vec<u8>,
}

fn read(log: &str, format: Format) -> Vec<Record> {
    let mut reader = EventLogReader::open([log]).unwrap();
    let mut records = Vec::new();
    while let Some(record) = reader.next_record() {
        let record = record.unwrap();
        let value = record.value.unwrap_or_default();
        let value = match record.topic {
            topics::CHAT => recode::<wire::Chat>(value, format),
            topics::POLL => recode::<wire::Poll>(value, format),
            topics::PRESENCE => recode::<wire::Presence>(value, format),
            topics::REACTION => recode::<wire::Reaction>(value, format),
            topics::SESSION => recode::<wire::Session>(value, format),
            other => panic!("the log has records of {other}; make one with `loadtest generate`"),
        };
        let key = record.key.unwrap_or_default().into();
        records.push(Record { topic: record.topic.into(), key, timestamp_ms: record.timestamp_ms, value });
    }
    records
}

fn recode<T: Coded>(value: &[u8], format: Format) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(&decode::<T>(value).unwrap(), format, &mut bytes).unwrap();
    bytes
}

/// CPU seconds from the first record sent to the last output taken.
fn stream(records: &[Record], format: Format) -> f64 {
    let settings = ConductorSettings { formats: Formats::all(format), ..conductor_settings(&Settings::default()) };
    let mut stream = Embedded::start(graph::build(&settings).unwrap(), 6, &OUTPUTS).unwrap();
    let mut outlet = stream.outlet(&OUTPUTS, None).unwrap();
    let mut outputs = 0_u64;
    let before = cpu_seconds();
    let mut rest = records;
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(chunk_length(rest));
        for Record { topic, key, timestamp_ms, value } in chunk {
            stream.send(topic, Some(key.as_bytes()), *timestamp_ms, Some(value)).unwrap();
        }
        stream.drain().unwrap();
        outlet
            .take(|received| {
                outputs += u64::from(!received.value().is_empty());
                Ok(())
            })
            .unwrap();
        rest = after;
    }
    let seconds = cpu_seconds() - before;
    assert!(outputs > 0 && stream.accounts().lost() == 0);
    seconds
}

/// A chunk ends where the time changes, so that what happens does not depend on the chunks.
fn chunk_length(records: &[Record]) -> usize {
    let last = records.get(CHUNK).map(|record| record.timestamp_ms);
    let of_that_time = records.iter().skip(CHUNK).take_while(|record| Some(record.timestamp_ms) == last);
    records.len().min(CHUNK) + of_that_time.count()
}

/// CPU seconds of one session's events, with its ticks or without.
fn session(with_ticks: bool) -> f64 {
    let start = 1_700_000_100_000;
    let mut session = Session::open(start);
    let mut panes: BTreeMap<i64, Pane> = BTreeMap::new();
    let mut attendees = vec![Attendee::default(); PEOPLE];
    let mut detector = Detector::default();
    let (settings, policy) = (DetectorSettings::default(), PolicyTable::default());
    let before = cpu_seconds();
    for tick in 1..=TICKS {
        let at = start + tick * TICK;
        for (user, attendee) in attendees.iter_mut().enumerate() {
            let activity = match (user as i64 + tick) % 20 {
                0 => Activity::Message { chars: 3, question: false, message: None, by_command: false },
                1 => Activity::Reaction { by_command: false },
                2..8 => Activity::Heartbeat { focused: Some(true) },
                _ => continue,
            };
            observe(&activity, at - TICK, &mut session, Some(attendee), &mut panes);
        }
        panes.retain(|pane, _| *pane > at - 2 * LONG_WINDOW);
        if !with_ticks {
            continue;
        }
        let evaluation = evaluate(at, false, &mut session, |_, _| Prior::default(), &mut panes);
        black_box(detector.evaluate(&input(&evaluation, start), &settings));
        let key = ContextKey {
            phase: evaluation.place.phase,
            session_type: evaluation.session_type,
            size: evaluation.size,
            anomaly: AnomalyClass::SuddenDrop,
        };
        let block = policy.block(&key, InterventionKind::ALL, &Offsets::default(), at, at);
        black_box(choose(&block, Names { application: "bench", session: "s" }));
    }
    cpu_seconds() - before
}

fn input(evaluation: &Evaluation, started_at: i64) -> DetectorInput {
    DetectorInput {
        at: evaluation.at,
        started_at,
        core: evaluation.core,
        core_90s: evaluation.core_90s,
        core_prior: evaluation.core_prior,
        core_prior_90s: evaluation.core_90s_prior,
        leaves_60s: 0,
        leaves_60s_expected: evaluation.leaves_expected_60s,
        people: evaluation.people,
        phase: evaluation.place.phase,
        since_phase_change: None,
        until_phase_change: None,
        until_end: None,
        terms: Terms { reactions: evaluation.terms.reactions, stay: evaluation.terms.stay },
        novelty: None,
        outage: false,
    }
}
