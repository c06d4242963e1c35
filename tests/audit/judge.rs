//! Compares what the topics hold with what an undisturbed run computes.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use cluster::clock::wait_for;
use streams::broker::kafka::KafkaBroker;
use streams::broker::{Broker, Consumer, ConsumerRecord};
use topology::codec::decode;
use topology::wire::{InterventionResult, Policy, topics};

use crate::fold::fold;
use crate::instance::Instance;
use crate::stage::{APPLICATION, PARTITIONS};
use crate::topic::{partitions, read};

/// What the tasks say counts when it was the same so often, 25 ms apart at least.
const LOOKS_MIN: u32 = 150;

/// What a session's records of one topic are, in their order.
type BySession = BTreeMap<String, Vec<String>>;

/// Every record of a topic, by partition, when nobody writes any more.
fn read_all(broker: &KafkaBroker, topic: &str) -> BTreeMap<u32, Vec<ConsumerRecord>> {
    let mut reader = broker.reader().unwrap();
    let partitions = partitions(broker, topic);
    let ends = wait_for(Duration::from_secs(60), || reader.ends(&partitions).ok()).unwrap();
    for (partition, ends) in partitions.iter().zip(&ends) {
        assert_eq!(ends.last_stable, ends.high_watermark, "a transaction hangs on {partition}");
    }
    read(broker, topic)
}

/// The records of each session are the lines of the file, byte for byte and in their order; returns how many there are.
pub(crate) fn same_bytes(broker: &KafkaBroker, topic: &str, file: &Path) -> usize {
    let mut found = BySession::new();
    for record in read_all(broker, topic).into_values().flatten() {
        let key = String::from_utf8(record.key.unwrap_or_default().to_vec()).unwrap();
        let value = String::from_utf8(record.value.unwrap_or_default().to_vec()).unwrap();
        found.entry(key).or_default().push(value);
    }
    let mut expected = BySession::new();
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        expected.entry(value["session"].as_str().unwrap().to_owned()).or_default().push(line.to_owned());
    }
    for session in expected.keys().chain(found.keys()) {
        let (expected, found) = (expected.get(session), found.get(session));
        let (expected, found) = (expected.map_or(&[][..], Vec::as_slice), found.map_or(&[][..], Vec::as_slice));
        let same = expected.iter().zip(found).take_while(|(one, other)| one == other).count();
        assert!(
            expected == found,
            "{topic} of {session}: {} records where {} are expected; after {same}: {:?} where {:?} is expected",
            found.len(),
            expected.len(),
            found.get(same),
            expected.get(same),
        );
    }
    found.values().map(Vec::len).sum()
}

/// What was learned is the fold of the results in the order in which the learner has read them; returns how many it has read, and of
/// how many rows it made them.
pub(crate) fn policy_is_the_fold(broker: &KafkaBroker) -> (usize, usize) {
    let input = read_all(broker, &format!("{APPLICATION}-learning-repartition"));
    let results: Vec<InterventionResult> =
        input.into_values().flatten().map(|record| decode(&record.value.unwrap()).unwrap()).collect();
    let mut found: BTreeMap<String, Policy> = BTreeMap::new();
    for record in read_all(broker, topics::POLICY).into_values().flatten() {
        let key = String::from_utf8(record.key.unwrap().to_vec()).unwrap();
        found.insert(key, decode(&record.value.unwrap()).unwrap());
    }
    assert_eq!(found, fold(&results));
    (results.len(), found.len())
}

/// The metrics say of every task that is here what the tasks say themselves.
pub(crate) fn metrics_agree(tasks: &str, metrics: &str) {
    let shown: serde_json::Value = serde_json::from_str(tasks).unwrap();
    for thread in shown["threads"].as_array().unwrap() {
        for task in thread["tasks"].as_array().unwrap() {
            let (thread, name) = (&thread["thread"], task["task"].as_str().unwrap());
            for (metric, field) in [
                ("kafka_streams_stream_task_metrics_process_total", "processed"),
                ("engagement_conductor_task_dead_letters_total", "dead_lettered"),
            ] {
                let labels = format!("{{thread_id=\"{thread}\",task_id=\"{name}\"}}");
                let line = format!("{metric}{labels} {}", task[field]);
                assert!(metrics.lines().any(|found| found == line), "{line} is not among\n{metrics}");
            }
        }
    }
}

/// What the tasks say became of their records, summed over both kinds of tasks.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Accounts {
    pub(crate) read: u64,
    pub(crate) processed: u64,
    pub(crate) late: u64,
    pub(crate) dead_lettered: u64,
}

impl Accounts {
    /// Adds the tasks of the first sub-topology that `/tasks` shows; says how many there are.
    pub(crate) fn add(&mut self, tasks: &str) -> usize {
        let shown: serde_json::Value = serde_json::from_str(tasks).unwrap();
        let threads = shown["threads"].as_array().unwrap();
        let tasks = threads.iter().flat_map(|thread| thread["tasks"].as_array().unwrap());
        let mut count = 0;
        for task in tasks.filter(|task| task["task"].as_str().unwrap().starts_with("0_")) {
            count += 1;
            self.read += task["read"].as_u64().unwrap();
            self.processed += task["processed"].as_u64().unwrap();
            self.late += task["late"].as_u64().unwrap();
            self.dead_lettered += task["dead_lettered"].as_u64().unwrap();
        }
        count
    }
}

/// The accounts of all tasks, once every one is at work and nothing changes any more.
pub(crate) fn settled_accounts(instances: &mut [Instance; 2]) -> Accounts {
    let mut before = Accounts::default();
    let mut looks = 0;
    let settled = wait_for(Duration::from_secs(90), || {
        instances.iter_mut().for_each(Instance::check);
        let mut accounts = Accounts::default();
        let mut tasks = 0;
        for instance in instances.iter() {
            let (status, _) = instance.ask("/healthz/ready")?;
            let (_, shown) = instance.ask("/tasks")?;
            tasks += accounts.add(&shown);
            if status != 200 {
                return None;
            }
        }
        // A thread that is handing tasks over may show what it knew before for a while.
        let is_same = tasks.to_string() == PARTITIONS && accounts == before;
        looks = if is_same { looks + 1 } else { 0 };
        before = accounts;
        (looks >= LOOKS_MIN).then_some(accounts)
    });
    let shown =
        || instances.iter().map(|one| (one.said(), one.ask("/healthz/ready"), one.ask("/tasks"))).collect::<Vec<_>>();
    settled.unwrap_or_else(|| panic!("the tasks do not settle: {:?}", shown()))
}
