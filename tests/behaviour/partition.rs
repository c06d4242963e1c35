//! One task of the watching half by itself: for what the test driver has no room for: a wall clock, several partitions,
//! small budgets, and how many rows the stores hold.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use streams::broker::{ConsumerRecord, Headers, ProducerRecord};
use streams::global::Globals;
use streams::store::memory::MemoryBackends;
use streams::store::{BackendProvider, StoreIndex};
use streams::task::{
    Collector, InputState, Origin, Pacing, PartitionCounts, ProgressState, Task, TaskError, TaskId, TaskSettings,
};
use topology::codec::decode;
use topology::graph;
use topology::settings::ConductorSettings;
use topology::wire::{EngagementScore, topics};

pub(crate) struct Partition {
    pub(crate) task: Task,
    pub(crate) log: Log,
    globals: Globals,
    next_offset: i64,
    /// What every record carries.
    pub(crate) headers: Headers,
}

/// What the task wrote.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) scores: Vec<EngagementScore>,
    /// All outputs: topic and value.
    pub(crate) outputs: Vec<(String, Vec<u8>)>,
    pub(crate) dead_letters: usize,
    /// The rows that the changelogs would restore: (store, key).
    pub(crate) rows: BTreeSet<(usize, Vec<u8>)>,
}

impl Collector for Log {
    fn send(&mut self, record: &ProducerRecord<'_>, _: Option<Origin>) -> Result<(), TaskError> {
        let value = record.value.unwrap_or_default();
        match &**record.topic {
            topics::ENGAGEMENT_SCORES => self.scores.push(decode(value).unwrap()),
            topic if topic.ends_with("-dead-letters") => self.dead_letters += 1,
            _ => {}
        }
        self.outputs.push((record.topic.to_string(), value.to_vec()));
        Ok(())
    }

    fn changelog(&mut self, store: StoreIndex, key: &[u8], value: Option<&[u8]>) -> Result<(), TaskError> {
        let row = (store.0, key.to_vec());
        if value.is_some() {
            self.rows.insert(row);
        } else {
            self.rows.remove(&row);
        }
        Ok(())
    }
}

impl Partition {
    /// Partition 0 of so many.
    pub(crate) fn new(settings: &ConductorSettings, partitions: u32) -> Self {
        let topology = Arc::new(graph::build(settings).unwrap());
        let part = topology.sub_topologies().iter().find(|part| part.inputs.len() > 1).unwrap();
        let mut counts = PartitionCounts::from([(topology.dead_letter_topic(), partitions)]);
        counts.extend(part.inputs.iter().map(|input| (Arc::clone(&input.topic), partitions)));
        counts.extend(part.sinks.iter().map(|sink| (Arc::clone(&sink.topic), partitions)));
        let id = TaskId { sub_topology: part.id, partition: 0 };
        let backend = MemoryBackends::default().open(id, &part.stores).unwrap();
        let mut task = Task::new(Arc::clone(&topology), id, backend, TaskSettings::new(Arc::new(counts))).unwrap();
        for input in 0..part.inputs.len() {
            task.seek(input, 0);
            task.set_input(input, InputState::CaughtUp);
        }
        let globals = Globals::new(&topology);
        Self { task, log: Log::default(), globals, next_offset: 0, headers: Headers::new() }
    }

    pub(crate) fn enqueue(&mut self, topic: &str, session: &str, at: i64, value: &str) {
        let input = self.task.inputs().iter().position(|input| *input.topic_partition.topic == *topic).unwrap();
        let bytes = |text: &str| Some(Bytes::copy_from_slice(text.as_bytes()));
        let (key, value) = (bytes(session), bytes(value));
        let offset = self.next_offset;
        self.next_offset += 1;
        let headers = self.headers.clone();
        self.task.enqueue(input, [ConsumerRecord { offset, timestamp_ms: at, key, value, headers }]);
    }

    /// Handles what waits, `budget` at a time, with a commit after each; how many commits that took.
    pub(crate) fn run(&mut self, pacing: Pacing, budget: usize) -> usize {
        for commits in 1.. {
            let progress = self.task.process(budget, pacing, &self.globals, &mut self.log).unwrap();
            self.task.drain_changes(&mut self.log).unwrap();
            self.task.committed(&[], &[], 0).unwrap();
            if progress.state != ProgressState::Ready {
                return commits;
            }
        }
        0
    }

    /// A record that comes while the wall clock says `now_ms`.
    pub(crate) fn live(&mut self, now_ms: i64, topic: &str, session: &str, at: i64, value: &str) {
        self.enqueue(topic, session, at, value);
        self.run(Pacing::Live { now_ms }, 1_000_000);
    }

    pub(crate) fn send(&mut self, topic: &str, session: &str, at: i64, value: &str) {
        self.enqueue(topic, session, at, value);
        self.run(Pacing::Unpaced, 1_000_000);
    }

    /// How many rows the application's own stores hold, the engine's timers among them.
    pub(crate) fn rows(&self) -> usize {
        self.log.rows.len()
    }
}
