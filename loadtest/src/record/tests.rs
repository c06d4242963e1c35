//! Recordings from the broker in memory.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use streams::broker::memory::{MemoryBroker, Settings};
use streams::broker::{Cleanup, ProducerConfig, ProducerRecord, TopicSpec, TransactionalProducer};
use streams::clock::{Clock, ManualClock};
use streams::partition::partition_of;
use topology::event_log::EventLogReader;

use super::*;

const PARTITIONS: u32 = 2;

/// A clock that counts how often it is looked at, and lets the test do something then.
struct Time {
    looks: AtomicU32,
    at_look: Box<dyn Fn(u32) + Send + Sync>,
}

impl Clock for Time {
    fn now_ms(&self) -> i64 {
        (self.at_look)(self.looks.fetch_add(1, Ordering::Relaxed));
        0
    }
}

impl Pacing for Time {
    fn pass(&self, _: u64) {}
}

struct Stage {
    folder: tempfile::TempDir,
    time: Time,
    broker: MemoryBroker,
}

impl Stage {
    fn new() -> Self {
        let time = Time { looks: AtomicU32::new(0), at_look: Box::new(|_| {}) };
        let broker = MemoryBroker::new(Arc::new(ManualClock::at(0)), Settings::default());
        let topic = |name: &str| TopicSpec {
            name: name.to_owned(),
            partitions: PARTITIONS,
            cleanup: Cleanup::Delete,
            retention_ms: None,
        };
        broker.admin().unwrap().create_topics(&topics::INPUTS.map(topic)).unwrap();
        Self { folder: tempfile::tempdir().unwrap(), time, broker }
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out.jsonl")
    }

    fn write(&self, topic: &str, key: &str, at_ms: i64, value: &[u8]) {
        let partition = partition_of(key.as_bytes(), PARTITIONS);
        write(&self.broker, topic, partition, Some(key.as_bytes()), at_ms, value);
    }

    fn record(&self, more: &str, interrupt: &Interrupt) -> Result<Totals, Error> {
        use clap::Parser;
        let line = format!("loadtest record --bootstrap-servers none --out {} {more}", self.out().display());
        let command = args::Arguments::parse_from(line.split_whitespace()).command;
        let args::Command::Record(arguments) = command else { panic!("{line}") };
        record(&arguments, &self.broker, &self.time, interrupt)
    }

    /// Topic, key, timestamp of each line.
    fn lines(&self) -> Vec<(String, String, i64)> {
        let mut reader = EventLogReader::open([self.out()]).unwrap();
        let mut lines = Vec::new();
        while let Some(record) = reader.next_record() {
            let record = record.unwrap();
            lines.push((record.topic.to_owned(), record.key.unwrap_or("-").to_owned(), record.timestamp_ms));
        }
        lines
    }
}

fn write(broker: &MemoryBroker, topic: &str, partition: u32, key: Option<&[u8]>, timestamp_ms: i64, value: &[u8]) {
    let topic = Arc::from(topic);
    let record = ProducerRecord { topic: &topic, partition, timestamp_ms, key, value: Some(value), headers: &[] };
    assert_eq!(broker.append(&[record]), Ok(0));
}

const JOINED: &[u8] = br#"{"kind":"joined","user":"u"}"#;
const HI: &[u8] = br#"{"kind":"message","user":"u","text":"hi"}"#;

/// Keys of the two partitions.
fn keys() -> [String; 2] {
    [0, 1].map(|wanted| {
        (0..).map(|number| format!("s-{number}")).find(|key| partition_of(key.as_bytes(), 2) == wanted).unwrap()
    })
}

fn expect(lines: &[(&str, &str, i64)]) -> Vec<(String, String, i64)> {
    lines.iter().map(|(topic, key, at_ms)| ((*topic).to_owned(), (*key).to_owned(), *at_ms)).collect()
}

#[test]
fn partitions_are_merged_by_time_then_by_the_order_of_the_inputs_then_by_partition() {
    let (stage, [a, b]) = (Stage::new(), keys());
    for (topic, key, at_ms) in [
        (topics::SESSION, &a, 5),
        (topics::PRESENCE, &b, 5),
        (topics::PRESENCE, &a, 5),
        (topics::CHAT, &b, 5),
        (topics::CHAT, &a, 1),
        (topics::CHAT, &a, 9),
    ] {
        let value = match topic {
            topics::CHAT => HI,
            topics::PRESENCE => JOINED,
            _ => br#"{"kind":"ended"}"#,
        };
        stage.write(topic, key, at_ms, value);
    }
    let totals = stage.record("", &Interrupt::default()).unwrap();
    assert_eq!((totals.records(), totals.span_ms, totals.out_of_order), (6, Some((1, 9)), 0));
    let lines = [("chat", &a, 1), ("chat", &b, 5), ("presence", &a, 5), ("presence", &b, 5), ("session", &a, 5)];
    let lines: Vec<_> = lines.iter().map(|(topic, key, at_ms)| (*topic, key.as_str(), *at_ms)).collect();
    assert_eq!(stage.lines()[..5], expect(&lines));
}

#[test]
fn a_partition_that_is_out_of_order_keeps_its_order() {
    let (stage, [a, b]) = (Stage::new(), keys());
    for at_ms in [10, 30, 20, 40] {
        stage.write(topics::CHAT, &a, at_ms, HI);
    }
    stage.write(topics::PRESENCE, &a, 30, JOINED);
    stage.write(topics::PRESENCE, &b, 25, JOINED);
    let totals = stage.record("", &Interrupt::default()).unwrap();
    // The task takes 30, then 20 which was behind it, and only then the other input's 30.
    let lines = [("chat", &a, 10), ("presence", &b, 25), ("chat", &a, 30), ("chat", &a, 20), ("presence", &a, 30)];
    let lines: Vec<_> = lines.iter().map(|(topic, key, at_ms)| (*topic, key.as_str(), *at_ms)).collect();
    assert_eq!(stage.lines()[..5], expect(&lines));
    assert_eq!((totals.records(), totals.out_of_order), (6, 1));
}

#[test]
fn what_the_stream_sets_aside_is_in_the_log_at_once_and_counted() {
    let (stage, [a, b]) = (Stage::new(), keys());
    stage.write(topics::CHAT, &a, 900, b"\xFFdead");
    stage.write(topics::CHAT, &a, 20, HI);
    stage.write(topics::PRESENCE, &b, 10, JOINED);
    write(&stage.broker, topics::POLL, 1, Some(b"\xFF"), 30, br#"{"kind":"closed","poll":"p"}"#);
    write(&stage.broker, topics::PRESENCE, 0, Some(b.as_bytes()), 40, JOINED);
    let totals = stage.record("", &Interrupt::default()).unwrap();
    assert_eq!((totals.faulty_values, totals.faulty_keys, totals.misplaced, totals.records()), (1, 1, 1, 5));
    let lines = stage.lines();
    assert_eq!(lines[0], ("chat".to_owned(), a.clone(), 900), "its turn is at once, as in the stream");
    assert_eq!(lines[4], ("chat".to_owned(), a, 20));
}

#[test]
fn only_committed_records_up_to_the_ends_at_the_start_are_written() {
    let (stage, [a, _]) = (Stage::new(), keys());
    stage.write(topics::CHAT, &a, 1, HI);
    let config = ProducerConfig { transactional_id: "p".into(), transaction_timeout_ms: 60_000 };
    let mut producer = stage.broker.producer(&config).unwrap();
    producer.init_transactions().unwrap();
    let topic = Arc::from(topics::CHAT);
    let mut send = |at_ms| {
        producer.begin().unwrap();
        let key = Some(a.as_bytes());
        let record =
            ProducerRecord { topic: &topic, partition: 0, timestamp_ms: at_ms, key, value: Some(HI), headers: &[] };
        producer.send(&record, 0).unwrap();
        while producer.deliveries(&mut |_| {}).unwrap() > 0 {}
        match at_ms {
            2 => producer.abort().unwrap(),
            3 => producer.commit().unwrap(),
            _ => {}
        }
    };
    send(2);
    send(3);
    send(4);
    stage.write(topics::CHAT, &a, 5, HI);
    assert_eq!(stage.record("", &Interrupt::default()).unwrap().records(), 2);
    assert_eq!(stage.lines(), expect(&[("chat", &a, 1), ("chat", &a, 3)]));
}

#[test]
fn a_recording_ends_where_the_application_has_read_to() {
    let (stage, [a, b]) = (Stage::new(), keys());
    for at_ms in 1..=5 {
        stage.write(topics::CHAT, &a, at_ms, HI);
        stage.write(topics::CHAT, &b, at_ms, HI);
    }
    stage.broker.set_group_offsets("app", &[(topic_partition(topics::CHAT, 0), 3)]);
    stage.record("--application app", &Interrupt::default()).unwrap();
    assert_eq!(stage.lines(), expect(&[("chat", &a, 1), ("chat", &a, 2), ("chat", &a, 3)]));
}

#[test]
fn following_goes_on_with_what_comes_until_an_interrupt_and_keeps_the_log() {
    let (mut stage, [a, _]) = (Stage::new(), keys());
    stage.write(topics::CHAT, &a, 1, HI);
    let interrupt = Interrupt::default();
    let (broker, key, asked) = (stage.broker.clone(), a.clone(), interrupt.clone());
    stage.time.at_look = Box::new(move |look| match look {
        // By then the first record is written, and the topics have ended.
        20 => write(&broker, topics::CHAT, 0, Some(key.as_bytes()), 2, HI),
        30 => write(&broker, topics::POLL, 0, Some(key.as_bytes()), 1, br#"{"kind":"closed","poll":"p"}"#),
        50 => asked.ask(),
        _ => {}
    });
    let totals = stage.record("--follow", &interrupt).unwrap();
    assert_eq!((totals.records(), totals.out_of_order), (3, 1));
    assert_eq!(stage.lines(), expect(&[("chat", &a, 1), ("chat", &a, 2), ("poll", &a, 1)]));
}

#[test]
fn an_interrupt_before_the_end_leaves_no_log_and_one_that_is_there_is_not_replaced_unasked() {
    let (stage, [a, _]) = (Stage::new(), keys());
    stage.write(topics::CHAT, &a, 1, HI);
    let interrupt = Interrupt::default();
    interrupt.ask();
    assert_eq!(stage.record("", &interrupt).unwrap_err().exit_code(), 130);
    assert_eq!(std::fs::read_dir(stage.folder.path()).unwrap().count(), 0);
    stage.record("", &Interrupt::default()).unwrap();
    assert_eq!(stage.record("", &Interrupt::default()).unwrap_err().exit_code(), 2);
    assert_eq!(stage.record("--force", &Interrupt::default()).unwrap().records(), 1);
}

#[test]
fn topics_are_recorded_as_named_and_a_missing_one_is_refused() {
    let (stage, [a, _]) = (Stage::new(), keys());
    stage.write(topics::POLL, &a, 1, br#"{"kind":"closed","poll":"p"}"#);
    stage.write(topics::CHAT, &a, 2, HI);
    stage.record("--topic chat", &Interrupt::default()).unwrap();
    assert_eq!(stage.lines(), expect(&[("chat", &a, 2)]));
    let error = stage.record("--force --topic chat --topic nowhere", &Interrupt::default()).unwrap_err();
    assert!(error.to_string().starts_with("these topics do not exist: nowhere; "), "{error}");
}
