//! Replays to the broker in memory, by a clock that goes when it is waited for.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use domain::time::{DAY, TICK};
use streams::broker::memory::{MemoryBroker, Settings};
use streams::broker::{Admin, Broker, Cleanup, ConsumerRecord, TopicSpec, topic_partition};
use streams::clock::{Clock, ManualClock};
use streams::partition::partition_of;

use super::*;

const NOW_MS: i64 = 1_700_000_003_000;
const PARTITIONS: u32 = 3;

/// A clock that notes, each time that somebody waits by it, what is committed.
struct Watched {
    clock: ManualClock,
    broker: MemoryBroker,
    seen: Mutex<Vec<(i64, Vec<i64>)>>,
    interrupt: Interrupt,
    /// When it asks for an end.
    ends_at_ms: i64,
}

impl Clock for Watched {
    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }
}

impl Pacing for Watched {
    fn pass(&self, by_ms: u64) {
        let times = committed(&self.broker, "chat").iter().map(|record| record.timestamp_ms).collect();
        self.seen.lock().unwrap().push((self.now_ms(), times));
        self.clock.advance(i64::try_from(by_ms).unwrap());
        if self.now_ms() >= self.ends_at_ms {
            self.interrupt.ask();
        }
    }
}

struct Stage {
    folder: tempfile::TempDir,
    time: Watched,
}

impl Stage {
    fn new() -> Self {
        let clock = ManualClock::at(NOW_MS);
        let settings = Settings { max_record_bytes: 1_000, ..Settings::default() };
        let broker = MemoryBroker::new(Arc::new(clock.clone()), settings);
        let (interrupt, seen) = (Interrupt::default(), Mutex::default());
        let time = Watched { clock, broker, seen, interrupt, ends_at_ms: i64::MAX };
        Self { folder: tempfile::tempdir().unwrap(), time }
    }

    fn topics(self, names: &[&str]) -> Self {
        let topic = |name: &&str| TopicSpec {
            name: (*name).to_owned(),
            partitions: PARTITIONS,
            cleanup: Cleanup::Delete,
            retention_ms: Some(7 * DAY as u64),
        };
        let specs: Vec<_> = names.iter().map(topic).collect();
        self.time.broker.admin().unwrap().create_topics(&specs).unwrap();
        self
    }

    fn log(&self, lines: &[String]) -> PathBuf {
        let path = self.folder.path().join("log.jsonl");
        std::fs::write(&path, lines.concat()).unwrap();
        path
    }

    fn replay(&self, log: &Path, more: &str) -> Result<Totals, Error> {
        use clap::Parser;
        let line = format!("loadtest replay --bootstrap-servers none --log {} {more}", log.display());
        let command = args::Arguments::parse_from(line.split_whitespace()).command;
        let args::Command::Replay(arguments) = command else { panic!("{line}") };
        replay(&arguments, &self.time.broker, &self.time, &self.time.interrupt)
    }
}

fn line(topic: &str, key: &str, at_ms: i64, value: &str) -> String {
    format!("{{\"topic\":\"{topic}\",\"key\":\"{key}\",\"timestamp_ms\":{at_ms},\"value\":{value}}}\n")
}

/// One message a second for a minute.
fn minute() -> Vec<String> {
    (0..=60).map(|second| line("chat", &format!("s-{}", second % 5), 777 + second * 1_000, "{}")).collect()
}

fn committed(broker: &MemoryBroker, topic: &str) -> Vec<ConsumerRecord> {
    (0..PARTITIONS).flat_map(|partition| broker.records(&topic_partition(topic, partition)).unwrap()).collect()
}

#[test]
fn at_twenty_times_a_record_comes_when_it_is_due_and_soon_after() {
    let stage = Stage::new().topics(&["chat"]);
    let totals = stage.replay(&stage.log(&minute()), "--speed 20").unwrap();
    assert_eq!((totals.records(), totals.ms), (61, 3_000));
    assert_eq!(totals.shift_ms.rem_euclid(TICK), 0);
    let seen = stage.time.seen.lock().unwrap();
    assert!(seen.len() >= 60);
    for (now_ms, times) in seen.iter() {
        let due = |at_ms: &i64| NOW_MS + (at_ms - totals.shift_ms - 777) / 20;
        assert!(times.iter().all(|at_ms| due(at_ms) <= *now_ms && at_ms <= now_ms), "ahead of the clock at {now_ms}");
        let awaited = (0..=60).map(|second| NOW_MS + second * 50).filter(|due| due + 100 <= *now_ms).count();
        assert!(times.len() >= awaited, "{} of {awaited} at {now_ms}", times.len());
    }
}

#[test]
fn a_lead_is_sent_at_once_as_the_past_and_the_rest_at_the_speed_of_life() {
    let stage = Stage::new().topics(&["chat"]);
    let lines = (0..=90).map(|second| line("chat", "s-1", 777 + second * 1_000, "{}"));
    let totals = stage.replay(&stage.log(&lines.collect::<Vec<_>>()), "--lead-minutes 1").unwrap();
    assert_eq!((totals.records(), totals.ms), (91, 30_000));
    let seen = stage.time.seen.lock().unwrap();
    for (now_ms, times) in seen.iter() {
        assert!(times.iter().all(|at_ms| at_ms <= now_ms), "ahead of the clock at {now_ms}");
        let elapsed_s = (now_ms - NOW_MS - 100) / 1_000;
        assert!(*now_ms <= NOW_MS + 100 || times.len() as i64 > 60 + elapsed_s, "{} at {now_ms}", times.len());
        assert!(times.len() as i64 <= 61 + (now_ms - NOW_MS) / 1_000, "{} at {now_ms}", times.len());
    }
    let ahead = stage.replay(&stage.log(&minute()), "--lead-minutes 5").unwrap();
    assert_eq!((ahead.records(), ahead.ms), (61, 0), "a lead that is longer than the log");
}

#[test]
fn records_lie_in_the_partition_of_their_key_with_one_shift_and_their_own_values() {
    let stage = Stage::new().topics(&["chat", "session"]);
    let mut lines = minute();
    lines.push(line("session", "s-1", 60_777, r#"{"kind":"started","ends_at_ms":90000}"#));
    lines.push(line("session", "s-1", 60_778, "null"));
    lines.push(line("policy", "p", 60_779, "{}"));
    lines.push("broken\n".to_owned());
    let totals = stage.replay(&stage.log(&lines), "--speed max").unwrap();
    assert_eq!((totals.records(), totals.others, totals.broken.count, totals.refused), (63, 1, 1, 0));
    for partition in 0..PARTITIONS {
        let records = stage.time.broker.records(&topic_partition("chat", partition)).unwrap();
        assert!(records.is_sorted_by_key(|record| record.timestamp_ms), "the order of the log stays");
        for record in records {
            assert_eq!(partition_of(&record.key.unwrap(), PARTITIONS), partition);
            assert_eq!((record.timestamp_ms - totals.shift_ms - 777).rem_euclid(1_000), 0);
        }
    }
    let session = committed(&stage.time.broker, "session");
    let started: serde_json::Value = serde_json::from_slice(session[0].value.as_ref().unwrap()).unwrap();
    assert_eq!(started["ends_at_ms"], 90_000 + totals.shift_ms);
    assert_eq!(session[1].value, None);
}

#[test]
fn a_record_that_the_cluster_refuses_is_counted_and_the_others_come_once() {
    let stage = Stage::new().topics(&["chat"]);
    let mut lines = minute();
    let long = "x".repeat(2_000);
    lines.insert(30, line("chat", "s-1", 30_000, &format!("{{\"text\":\"{long}\"}}")));
    lines.insert(10, line("chat", "s-2", 10_000, &format!("{{\"text\":\"{long}\"}}")));
    let totals = stage.replay(&stage.log(&lines), "--speed max").unwrap();
    assert_eq!((totals.records(), totals.refused, totals.transactions), (61, 2, 1));
    for partition in 0..PARTITIONS {
        let records = stage.time.broker.records(&topic_partition("chat", partition)).unwrap();
        assert!(records.is_sorted_by_key(|record| record.timestamp_ms), "the order of the log stays");
    }
    assert_eq!(committed(&stage.time.broker, "chat").len(), 61);
    assert_eq!(crate::report::Report::Replay(totals).exit_code(), 1);
}

#[test]
fn topics_that_do_not_exist_are_refused_by_name_before_anything_is_sent() {
    let stage = Stage::new().topics(&["chat"]);
    let lines = [line("chat", "s", 1, "{}"), line("poll", "s", 2, "{}"), line("session", "s", 3, "{}")];
    let error = stage.replay(&stage.log(&lines), "--speed max").unwrap_err();
    let said = error.to_string();
    assert!(said.contains("poll, session") && said.contains("`conductor topics create`"), "{said}");
    assert_eq!((error.exit_code(), committed(&stage.time.broker, "chat").len()), (2, 0));
}

#[test]
fn records_that_would_be_deleted_at_once_are_refused_with_the_remedy() {
    let stage = Stage::new().topics(&["chat"]);
    let old = stage.log(&[line("chat", "s", NOW_MS - 8 * DAY, "{}"), line("chat", "s", NOW_MS - 8 * DAY + 1, "{}")]);
    let error = stage.replay(&old, "--speed max --keep-timestamps").unwrap_err();
    let said = error.to_string();
    assert!(said.contains("`chat` keeps records for 7 days") && said.contains("retention.ms=-1"), "{said}");
    assert_eq!((error.exit_code(), committed(&stage.time.broker, "chat").len()), (2, 0));
    assert_eq!(stage.replay(&old, "--speed max").unwrap().records(), 2, "moved to now they are young");

    let long = stage.log(&[line("chat", "s", 0, "{}"), line("chat", "s", 8 * DAY, "{}")]);
    assert!(matches!(stage.replay(&long, "--speed max"), Err(Error::Retention { .. })), "its beginning is old");
}

#[test]
fn changelogs_of_an_application_are_looked_at_when_it_is_named() {
    let stage = Stage::new().topics(&["chat"]);
    let spec = TopicSpec {
        name: "app-panes-changelog".into(),
        partitions: PARTITIONS,
        cleanup: Cleanup::CompactAndDelete,
        retention_ms: Some(DAY as u64),
    };
    stage.time.broker.admin().unwrap().create_topics(&[spec]).unwrap();
    let old = stage.log(&[line("chat", "s", NOW_MS - 2 * DAY, "{}")]);
    let error = stage.replay(&old, "--speed max --keep-timestamps --application app").unwrap_err();
    assert!(error.to_string().contains("`app-panes-changelog` keeps records for 24 hours"), "{error}");
    assert_eq!(stage.replay(&old, "--speed max --keep-timestamps").unwrap().shift_ms, 0);
    assert_eq!(committed(&stage.time.broker, "chat")[0].timestamp_ms, NOW_MS - 2 * DAY);
}

#[test]
fn an_end_that_is_asked_for_commits_what_was_sent() {
    let mut stage = Stage::new().topics(&["chat"]);
    stage.time.ends_at_ms = NOW_MS + 10_020;
    let totals = stage.replay(&stage.log(&minute()), "").unwrap();
    assert_eq!((totals.records(), totals.interrupted), (11, true));
    assert_eq!(committed(&stage.time.broker, "chat").len(), 11);
    assert_eq!(crate::report::Report::Replay(totals).exit_code(), 130);
}
