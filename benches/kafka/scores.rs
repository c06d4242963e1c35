//! The scores that the application has written, read as committed, and whether they are those of a backtest.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use domain::time::Millis;
use foldhash::fast::FixedState;
use loadtest::clock::SystemClock;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use serde::Deserialize;
use streams::clock::Clock;
use topology::wire::topics;

use crate::job::PARTITIONS;

/// One look for the next score.
const WAIT: Duration = Duration::from_millis(100);

/// A score, as far as it matters here.
#[derive(Deserialize)]
pub(crate) struct Score {
    session: String,
    at_ms: Millis,
    score: f64,
}

/// When a score was there, by session and tick: what somebody notices who reads along.
pub(crate) type Arrivals = HashMap<(String, Millis), (Score, Millis), FixedState>;

/// Reads what comes until it is enough, given the number of partitions whose end is reached. No score may come twice.
pub(crate) fn read(servers: &str, clock: &SystemClock, is_enough: impl Fn(usize) -> bool) -> Arrivals {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("group.id", "scores")
        .set("isolation.level", "read_committed")
        .set("enable.partition.eof", "true")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    let mut partitions = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        partitions.add_partition_offset(topics::ENGAGEMENT_SCORES, partition as i32, Offset::Beginning).unwrap();
    }
    consumer.assign(&partitions).unwrap();
    let mut arrivals = Arrivals::default();
    let mut ended = HashSet::with_hasher(FixedState::default());
    while !is_enough(ended.len()) {
        match consumer.poll(WAIT) {
            Some(Ok(message)) => {
                let now_ms = clock.now_ms();
                let score: Score = serde_json::from_slice(message.payload().unwrap()).unwrap();
                let name = (score.session.clone(), score.at_ms);
                let former = arrivals.insert(name, (score, now_ms));
                assert!(former.is_none(), "twice: {:?}", former.map(|(score, _)| (score.session, score.at_ms)));
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => drop(ended.insert(partition)),
            Some(Err(error)) => panic!("{}: {error}", topics::ENGAGEMENT_SCORES),
            None => {}
        }
    }
    arrivals
}

/// How the scores compare with those of a backtest.
pub(crate) struct Comparison {
    /// Scores that a backtest has.
    pub(crate) expected: usize,
    /// Those of them with another value.
    pub(crate) differ: usize,
}

/// Ends the measurement unless each session has the ticks that it has in that backtest, moved by so much. Where the log ends before its
/// sessions, more may follow.
pub(crate) fn judge(arrivals: &Arrivals, backtest: &Path, shift_ms: Millis) -> Comparison {
    let mut last: HashMap<String, Millis, FixedState> = HashMap::default();
    let mut comparison = Comparison { expected: 0, differ: 0 };
    for line in BufReader::new(File::open(backtest.join("scores.jsonl")).unwrap()).lines() {
        let expected: Score = serde_json::from_str(&line.unwrap()).unwrap();
        let name = (expected.session, expected.at_ms + shift_ms);
        let Some((found, _)) = arrivals.get(&name) else { panic!("a score is missing: {name:?}") };
        comparison.expected += 1;
        comparison.differ += usize::from(found.score != expected.score);
        let (session, at_ms) = name;
        let last = last.entry(session).or_insert(at_ms);
        *last = at_ms.max(*last);
    }
    let is_expected = |session: &String, at_ms: Millis| last.get(session).is_some_and(|last| at_ms <= *last);
    let found = arrivals.keys().filter(|(session, at_ms)| is_expected(session, *at_ms)).count();
    assert_eq!(found, comparison.expected, "scores, and those that a backtest has");
    comparison
}
