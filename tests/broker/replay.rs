//! `loadtest replay` and `loadtest record`: a log goes to Kafka and comes back.
//!
//! The stream's topics have fixed names, so these tests have a cluster of their own and take turns on it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use clap::Parser;
use cluster::clock::wait_for;
use cluster::{Cluster, Options};
use engagement_conductor::embedded::{Embedded, OUTPUTS, Received};
use engagement_conductor::settings::Settings;
use engagement_conductor::settings::conductor_settings;
use loadtest::args::Arguments;
use loadtest::clock::SystemClock;
use loadtest::error::Error;
use loadtest::interrupt::Interrupt;
use loadtest::report::Report;
use loadtest::{record, replay};
use serde_json::Value;
use streams::broker::kafka::{KafkaBroker, KafkaConsumer, KafkaSettings};
use streams::broker::{Admin, Broker, Cleanup, Consumer, ConsumerRecord, TopicPartition, TopicSpec};
use streams::clock::Clock;
use streams::partition::partition_of;
use tempfile::TempDir;
use topology::event_log::{EventLogReader, EventLogWriter, LogRecord};
use topology::wire::topics::{CHAT, INPUTS, SESSION};

use crate::harness::{PATIENCE, RealKafka};

const PARTITIONS: u32 = 3;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The cluster. It ends with the process.
static SHARED: OnceLock<(Cluster, Mutex<()>)> = OnceLock::new();

/// The cluster with the stream's inputs, empty, for one test at a time.
struct Stage {
    servers: String,
    broker: KafkaBroker,
    folder: TempDir,
    _turn: MutexGuard<'static, ()>,
}

/// A line of a log: topic, key, timestamp, value.
type Line = (String, String, i64, Value);

impl Stage {
    fn new() -> Self {
        let (cluster, turn) = SHARED.get_or_init(|| (Cluster::start(Options::new()).unwrap(), Mutex::default()));
        let turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let servers = cluster.bootstrap_servers();
        let broker = KafkaBroker::new(KafkaSettings::new(servers.as_str())).unwrap();
        let input = |topic: &str| TopicSpec {
            name: topic.to_owned(),
            partitions: PARTITIONS,
            cleanup: Cleanup::Delete,
            retention_ms: Some(7 * DAY_MS as u64),
        };
        let admin = broker.admin().unwrap();
        admin.create_topics(&INPUTS.map(input)).unwrap();
        let inputs: Vec<TopicPartition> = INPUTS.iter().flat_map(|topic| partitions(topic)).collect();
        let ends = wait_for(PATIENCE, || broker.reader().unwrap().ends(&inputs).ok()).unwrap();
        let before: Vec<_> = inputs.into_iter().zip(ends.iter().map(|ends| ends.high_watermark)).collect();
        admin.delete_records(&before).unwrap();
        Self { servers, broker, folder: TempDir::new().unwrap(), _turn: turn }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Two simulated sessions.
    fn generate(&self, name: &str, start_ms: i64) -> PathBuf {
        let (out, truth) = (self.path(name), self.path("truth.jsonl"));
        let (out_text, truth_text) = (out.display(), truth.display());
        run(&format!(
            "generate --sessions 2 --seed 7 --minutes 10 --stagger-minutes 1 --start-ms {start_ms} --force \
             --out {out_text} --truth {truth_text}"
        ))
        .unwrap();
        out
    }

    /// One message a second for so long.
    fn messages(&self, name: &str, start_ms: i64, seconds: i64) -> PathBuf {
        let line = |second: i64| {
            let value = r#"{"kind":"message","user":"u","text":"hi"}"#;
            let at_ms = start_ms + second * 1_000;
            format!("{{\"topic\":\"chat\",\"key\":\"s-{}\",\"timestamp_ms\":{at_ms},\"value\":{value}}}\n", second % 7)
        };
        let path = self.path(name);
        std::fs::write(&path, (0..=seconds).map(line).collect::<String>()).unwrap();
        path
    }

    fn replay(&self, log: &Path, more: &str, interrupt: &Interrupt) -> replay::Totals {
        let line = format!("replay --log {} --bootstrap-servers {} {more}", log.display(), self.servers);
        match run_until(&line, interrupt).unwrap() {
            Report::Replay(totals) => totals,
            other => panic!("{other}"),
        }
    }

    fn record(&self, name: &str, more: &str) -> (PathBuf, record::Totals) {
        let out = self.path(name);
        let line = format!("record --bootstrap-servers {} --out {} {more}", self.servers, out.display());
        match run(&line).unwrap() {
            Report::Record(totals) => (out, totals),
            other => panic!("{other}"),
        }
    }

    /// What a backtest of the log writes: scores, dead letters.
    fn backtest(&self, log: &Path) -> [String; 2] {
        let out = self.path("out").join(log.file_name().unwrap());
        let partitions = PARTITIONS.to_string();
        let output = Command::new(env!("CARGO_BIN_EXE_conductor"))
            .args(["backtest", "--partitions", &partitions, "--log"])
            .arg(log)
            .arg("--out")
            .arg(&out)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        ["scores.jsonl", "dead-letters.jsonl"].map(|name| std::fs::read_to_string(out.join(name)).unwrap())
    }

    /// A reader of the messages, from where they begin.
    fn tail(&self) -> Tail {
        let mut reader = self.broker.reader().unwrap();
        let partitions = partitions(CHAT);
        let ends = wait_for(PATIENCE, || reader.ends(&partitions).ok()).unwrap();
        let starts: Vec<_> = partitions.iter().cloned().zip(ends.iter().map(|ends| ends.log_start)).collect();
        reader.assign(&starts).unwrap();
        Tail { reader, partitions, records: Vec::new() }
    }
}

/// Committed messages as they come.
struct Tail {
    reader: KafkaConsumer,
    partitions: Vec<TopicPartition>,
    records: Vec<ConsumerRecord>,
}

impl Tail {
    /// How many came.
    fn read(&mut self) -> usize {
        let before = self.records.len();
        for partition in &self.partitions {
            self.reader.fetch(partition, 1_000, &mut self.records).unwrap();
        }
        self.records.len() - before
    }
}

fn partitions(topic: &str) -> Vec<TopicPartition> {
    (0..PARTITIONS).map(|partition| TopicPartition::new(topic, partition)).collect()
}

fn run(line: &str) -> Result<Report, Error> {
    run_until(line, &Interrupt::default())
}

/// What the binary does with these arguments.
fn run_until(line: &str, interrupt: &Interrupt) -> Result<Report, Error> {
    let words = std::iter::once("loadtest").chain(line.split_whitespace());
    loadtest::run(&Arguments::try_parse_from(words).unwrap().command, interrupt)
}

fn lines(log: &Path) -> Vec<Line> {
    let mut reader = EventLogReader::open([log]).unwrap();
    let mut lines = Vec::new();
    while let Some(record) = reader.next_record() {
        let record = record.unwrap();
        let value = record.value.map_or(Value::Null, |value| serde_json::from_slice(value).unwrap());
        lines.push((record.topic.to_owned(), record.key.unwrap().to_owned(), record.timestamp_ms, value));
    }
    lines
}

/// The lines of each partition, in their order.
fn by_partition(lines: Vec<Line>) -> BTreeMap<(String, u32), Vec<Line>> {
    let mut partitions: BTreeMap<_, Vec<Line>> = BTreeMap::new();
    for line in lines {
        let partition = partition_of(line.1.as_bytes(), PARTITIONS);
        partitions.entry((line.0.clone(), partition)).or_default().push(line);
    }
    partitions
}

/// The line with every time in it moved.
fn moved((topic, key, at_ms, mut value): Line, by_ms: i64) -> Line {
    if topic == SESSION {
        if let Some(ends) = value.get("ends_at_ms").and_then(Value::as_i64) {
            value["ends_at_ms"] = (ends + by_ms).into();
        }
        for planned in value.get_mut("schedule").and_then(Value::as_array_mut).into_iter().flatten() {
            planned["at_ms"] = (planned["at_ms"].as_i64().unwrap() + by_ms).into();
        }
    }
    (topic, key, at_ms + by_ms, value)
}

fn now_ms() -> i64 {
    SystemClock::start().now_ms()
}

#[test]
fn a_log_that_is_replayed_and_recorded_is_the_same_log_moved_by_one_constant() {
    let stage = Stage::new();
    let log = stage.generate("log.jsonl.zst", 1_700_000_000_000);
    let sent = stage.replay(&log, "--speed max --exact-scores", &Interrupt::default());
    let (recorded, found) = stage.record("recorded.jsonl", "");
    let lines_sent = lines(&log);
    assert!(lines_sent.len() > 1_000 && sent.records() == lines_sent.len() as u64);
    assert_eq!((found.records(), found.out_of_order, found.misplaced), (sent.records(), 0, 0));
    let expect = lines_sent.into_iter().map(|line| moved(line, sent.shift_ms)).collect();
    assert_eq!(by_partition(lines(&recorded)), by_partition(expect));
    assert!(found.span_ms.is_some_and(|(_, last)| (0..=6 * MINUTE_MS).contains(&(now_ms() - last))), "it ends now");

    // Moved by whole blocks, it has the same scores.
    let scores = |log: &Path| {
        let [scores, _] = stage.backtest(log);
        let score = |line: &str| {
            let score: Value = serde_json::from_str(line).unwrap();
            (score["session"].clone(), score["score"].clone(), score["signals"].clone())
        };
        scores.lines().map(score).collect::<Vec<_>>()
    };
    let (of_log, of_recorded) = (scores(&log), scores(&recorded));
    assert!(of_log.len() > 100 && of_log.len() == of_recorded.len());
    let differs = of_log.iter().zip(&of_recorded).find(|(of_log, of_recorded)| of_log != of_recorded);
    assert_eq!(differs, None);
}

#[test]
fn timestamps_that_are_kept_come_back_and_a_backtest_of_the_recording_gives_the_same_bytes() {
    let stage = Stage::new();
    let log = stage.generate("log.jsonl.zst", now_ms() - HOUR_MS);
    let sent = stage.replay(&log, "--speed max --keep-timestamps", &Interrupt::default());
    let (recorded, _) = stage.record("recorded.jsonl.zst", "");
    assert_eq!(sent.shift_ms, 0);
    assert_eq!(by_partition(lines(&recorded)), by_partition(lines(&log)));
    assert_eq!(stage.backtest(&recorded), stage.backtest(&log));
}

/// What the stream makes of the topics when everything lies there: each session's scores.
fn stream(topics: &[Line]) -> BTreeMap<String, Vec<Vec<u8>>> {
    let settings = conductor_settings(&Settings::default());
    let topology = topology::graph::build(&settings).unwrap();
    let mut stream = Embedded::start(topology, PARTITIONS, &OUTPUTS).unwrap();
    let mut outlet = stream.outlet(&OUTPUTS[..1], None).unwrap();
    for topic in INPUTS {
        for (_, key, at_ms, value) in topics.iter().filter(|line| line.0 == topic) {
            let value = serde_json::to_vec(value).unwrap();
            stream.send(topic, Some(key.as_bytes()), *at_ms, Some(&value)).unwrap();
        }
    }
    stream.drain().unwrap();
    let mut scores: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    let by_session = |received: &Received<'_>| {
        let session = serde_json::from_slice::<Value>(received.value()).unwrap()["session"].to_string();
        scores.entry(session).or_default().push(received.value().to_vec());
        Ok(())
    };
    outlet.take(by_session).unwrap();
    scores
}

/// A producer that comes up to two minutes late, over more records than a backtest takes at once.
#[test]
fn a_backtest_takes_partitions_that_are_out_of_order_as_the_stream_does() {
    let stage = Stage::new();
    let (out, truth) = (stage.path("log.jsonl"), stage.path("truth.jsonl"));
    let (start_ms, out_text, truth_text) = (now_ms() - HOUR_MS, out.display(), truth.display());
    let sessions = "--sessions 12 --seed 3 --minutes 20 --stagger-minutes 1";
    run(&format!("generate {sessions} --start-ms {start_ms} --out {out_text} --truth {truth_text}")).unwrap();
    let mut arrived = lines(&out);
    let delay_ms = |place: usize| if place.is_multiple_of(5) { (place as i64 * 7_919) % (2 * MINUTE_MS) } else { 0 };
    let mut order: Vec<_> =
        arrived.drain(..).enumerate().map(|(place, line)| (line.2 + delay_ms(place), line)).collect();
    order.sort_by_key(|(arrives_ms, _)| *arrives_ms);
    let arrival = stage.path("arrival.jsonl");
    let mut writer = EventLogWriter::create(&arrival).unwrap().in_order_of_arrival();
    for (_, (topic, key, timestamp_ms, value)) in &order {
        let value = serde_json::to_vec(value).unwrap();
        let (key, value, timestamp_ms) = (Some(key.as_str()), Some(value.as_slice()), *timestamp_ms);
        writer.write(&LogRecord { topic, key, timestamp_ms, value }).unwrap();
    }
    writer.finish().unwrap();
    let sent = stage.replay(&arrival, "--speed max --keep-timestamps", &Interrupt::default());
    let (recorded, found) = stage.record("recorded.jsonl", "");
    assert!(sent.records() > 40_000 && found.out_of_order > 1_000, "{sent}{found}");

    let [scores, _] = stage.backtest(&recorded);
    let mut of_recording: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for line in scores.lines() {
        let session = serde_json::from_str::<Value>(line).unwrap()["session"].to_string();
        of_recording.entry(session).or_default().push(line.as_bytes().to_vec());
    }
    let arrived: Vec<Line> = order.into_iter().map(|(_, line)| line).collect();
    let of_stream = stream(&arrived);
    assert!(of_stream.len() == 12 && of_stream.values().all(|scores| scores.len() > 100));
    for (session, scores) in &of_stream {
        let differs = scores.iter().zip(&of_recording[session]).position(|(a, b)| a != b);
        assert_eq!((differs, scores.len()), (None, of_recording[session].len()), "{session}");
    }
}

#[test]
fn a_minute_at_twenty_times_never_runs_ahead_and_takes_three_seconds_at_least() {
    let stage = Stage::new();
    let log = stage.messages("log.jsonl", 1_700_000_000_000, 60);
    let clock = SystemClock::start();
    let mut tail = stage.tail();
    // The replay starts later, so nothing may be here before its time by this clock.
    let start_ms = clock.now_ms();
    let mut seen = Vec::new();
    let sent = std::thread::scope(|scope| {
        let replay = scope.spawn(|| stage.replay(&log, "--speed 20", &Interrupt::default()));
        wait_for(PATIENCE, || {
            let count = tail.read();
            let elapsed_ms = clock.now_ms() - start_ms;
            seen.extend(std::iter::repeat_n(elapsed_ms, count));
            (seen.len() == 61).then_some(())
        });
        replay.join().unwrap()
    });
    assert_eq!((sent.records(), seen.len()), (61, 61));
    assert!(sent.ms >= 3_000, "{} ms", sent.ms);
    assert!(sent.transactions >= 10, "{} transactions: a reader would see it in lumps", sent.transactions);
    for (record, seen_ms) in tail.records.iter().zip(seen) {
        let second = (record.timestamp_ms - sent.shift_ms - 1_700_000_000_000) / 1_000;
        assert!(second * 50 <= seen_ms, "second {second} came after {seen_ms} ms");
    }
}

#[test]
fn an_interrupted_replay_has_committed_what_it_says() {
    let stage = Stage::new();
    let log = stage.messages("log.jsonl", now_ms() - HOUR_MS, 600);
    let interrupt = Interrupt::default();
    let mut tail = stage.tail();
    let sent = std::thread::scope(|scope| {
        let replay = scope.spawn(|| stage.replay(&log, "--speed 20", &interrupt));
        wait_for(PATIENCE, || {
            tail.read();
            (tail.records.len() >= 20).then_some(())
        });
        interrupt.ask();
        replay.join().unwrap()
    });
    assert!(sent.interrupted && (20..600).contains(&sent.records()), "{sent}");
    let (recorded, _) = stage.record("recorded.jsonl", "--topic chat");
    assert_eq!(lines(&recorded).len() as u64, sent.records());
}

#[test]
fn timestamps_that_the_topics_would_not_keep_are_refused_with_the_remedy() {
    let stage = Stage::new();
    let log = stage.messages("log.jsonl", now_ms() - 8 * DAY_MS, 60);
    let keep = format!("replay --log {} --bootstrap-servers {} --keep-timestamps", log.display(), stage.servers);
    let error = run(&keep).unwrap_err();
    assert!(matches!(&error, Error::Retention { topic, .. } if topic == CHAT), "{error}");
    assert!(error.to_string().contains("--add-config retention.ms=-1"), "{error}");
    assert_eq!(error.exit_code(), 2);
    assert_eq!(stage.record("recorded.jsonl", "").1.records(), 0, "nothing was sent");
}

#[test]
fn a_topic_that_does_not_exist_is_refused_by_name_and_not_created() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("log.jsonl");
    std::fs::write(&log, "{\"topic\":\"chat\",\"key\":\"s\",\"timestamp_ms\":1,\"value\":{}}\n").unwrap();
    let servers = RealKafka::settings().bootstrap_servers;
    for command in ["replay --log", "record --topic chat --out"] {
        let path = if command.starts_with("record") { folder.path().join("out.jsonl") } else { log.clone() };
        for _ in 0..2 {
            let error = run(&format!("{command} {} --bootstrap-servers {servers}", path.display())).unwrap_err();
            let said = error.to_string();
            assert!(said.starts_with("these topics do not exist: chat; create them with `conductor topics"), "{said}");
        }
    }
}

#[test]
fn what_the_stream_would_set_aside_is_a_dead_letter_of_a_backtest_too() {
    use streams::broker::{ProducerConfig, ProducerRecord, TransactionalProducer};
    use topology::codec::{Format, decode, encode};
    let stage = Stage::new();
    let mut avro = Vec::new();
    let message: topology::wire::Chat = decode(br#"{"kind":"message","user":"u","text":"hi"}"#).unwrap();
    encode(&message, Format::Avro, &mut avro).unwrap();
    let config = ProducerConfig { transactional_id: "odd".into(), transaction_timeout_ms: 10_000 };
    let mut producer = stage.broker.producer(&config).unwrap();
    producer.init_transactions().unwrap();
    producer.begin().unwrap();
    let (topic, key, now_ms) = (Arc::from(CHAT), b"s", now_ms());
    for value in [&avro[..], b"\xFF\x00 neither", br#"{"kind":"cough"}"#, b"\x00\x00\x00\x00\x07framed"] {
        let partition = partition_of(key, PARTITIONS);
        let (key, value) = (Some(&key[..]), Some(value));
        let record = ProducerRecord { topic: &topic, partition, timestamp_ms: now_ms, key, value, headers: &[] };
        producer.send(&record, 0).unwrap();
    }
    producer.commit().unwrap();

    let (recorded, found) = stage.record("recorded.jsonl", "");
    assert_eq!((found.records(), found.faulty_values), (4, 3));
    let [_, dead_letters] = stage.backtest(&recorded);
    assert_eq!(dead_letters.lines().count(), 3, "{dead_letters}");
    let values: Vec<Value> = lines(&recorded).into_iter().map(|line| line.3).collect();
    assert_eq!(values[0], serde_json::to_value(&message).unwrap(), "Avro has become JSON");
}

#[test]
fn timestamps_that_the_brokers_would_not_take_are_refused_with_the_remedy() {
    let stage = Stage::new();
    let log = stage.messages("log.jsonl", now_ms() + 2 * HOUR_MS, 60);
    let keep = format!("replay --log {} --bootstrap-servers {} --keep-timestamps", log.display(), stage.servers);
    let error = run(&format!("{keep} --speed max")).unwrap_err();
    assert!(matches!(&error, Error::Ahead { topic, .. } if topic == CHAT), "{error}");
    assert!(error.to_string().contains("message.timestamp.after.max.ms"), "{error}");
    assert_eq!(error.exit_code(), 2);
    assert_eq!(stage.record("recorded.jsonl", "").1.records(), 0, "nothing was sent");
}
