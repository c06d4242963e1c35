//! A test driver in the manner of Kafka's `TopologyTestDriver`: every topic has one partition, and nothing waits.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;

use crate::broker::{ConsumerRecord, Headers, Offset, ProducerRecord};
use crate::global::{GlobalHandle, GlobalTable, Globals};
use crate::record::BoxError;
use crate::store::memory::MemoryBackends;
use crate::store::{BackendProvider, StoreError, StoreIndex};
use crate::task::{
    Collector, Counts, InputState, Origin, Pacing, PartitionCounts, ProgressState, Task, TaskError, TaskId,
    TaskSettings,
};
use crate::topology::{Topology, TopologyError};

/// A record of an output topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestRecord {
    /// Its timestamp.
    pub timestamp_ms: i64,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its value; `None` is a tombstone.
    pub value: Option<Bytes>,
    /// Its headers.
    pub headers: Headers,
}

impl TestRecord {
    /// The key as text, empty where there is none.
    #[must_use]
    pub fn key_text(&self) -> String {
        String::from_utf8_lossy(self.key.as_deref().unwrap_or_default()).into_owned()
    }

    /// The value as text, empty where there is none.
    #[must_use]
    pub fn value_text(&self) -> String {
        String::from_utf8_lossy(self.value.as_deref().unwrap_or_default()).into_owned()
    }
}

/// Why a test can not go on.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// The topology has no source of that topic.
    #[error("the topology does not read the topic {topic}")]
    UnknownTopic {
        /// The topic.
        topic: String,
    },
    /// The topology has no such store.
    #[error("the topology has no store {store}")]
    UnknownStore {
        /// The store.
        store: String,
    },
    /// A global table refused a record.
    #[error("the global table of {topic} can not read the record: {error}")]
    Global {
        /// The topic.
        topic: String,
        /// What it said.
        #[source]
        error: BoxError,
    },
    /// A task stopped.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The graph is wrong.
    #[error(transparent)]
    Topology(#[from] TopologyError),
}

/// Runs every part of a topology at partition 0. A record is handled, and whatever it leads to in other parts, before
/// [`pipe_input`](Self::pipe_input) returns; then everything is committed.
pub struct TopologyTestDriver {
    topology: Arc<Topology>,
    tasks: Vec<Task>,
    globals: Globals,
    log: Log,
    wall_ms: i64,
}

/// What has been written to each topic, and what is still to be read back by the topology.
#[derive(Default)]
struct Log {
    outputs: BTreeMap<Arc<str>, VecDeque<TestRecord>>,
    pending: VecDeque<(Arc<str>, TestRecord)>,
    ends: BTreeMap<Arc<str>, Offset>,
    changelog_rows: u64,
}

impl Collector for Log {
    fn send(&mut self, record: &ProducerRecord<'_>, _: Option<Origin>) -> Result<(), TaskError> {
        let sent = TestRecord {
            timestamp_ms: record.timestamp_ms,
            key: record.key.map(Bytes::copy_from_slice),
            value: record.value.map(Bytes::copy_from_slice),
            headers: record.headers.to_vec(),
        };
        self.pending.push_back((Arc::clone(record.topic), sent.clone()));
        self.outputs.entry(Arc::clone(record.topic)).or_default().push_back(sent);
        Ok(())
    }

    fn changelog(&mut self, _: StoreIndex, _: &[u8], _: Option<&[u8]>) -> Result<(), TaskError> {
        self.changelog_rows += 1;
        Ok(())
    }
}

/// Enough that one call does all there is.
const BUDGET: usize = 1_000_000;

impl TopologyTestDriver {
    /// Starts a topology with empty stores.
    ///
    /// # Errors
    /// A task that can not be made.
    pub fn new(topology: Topology) -> Result<Self, DriverError> {
        let mut partitions = PartitionCounts::from([(topology.dead_letter_topic(), 1)]);
        for part in topology.sub_topologies() {
            partitions.extend(part.inputs.iter().map(|input| (Arc::clone(&input.topic), 1)));
            partitions.extend(part.sinks.iter().map(|sink| (Arc::clone(&sink.topic), 1)));
        }
        let settings = TaskSettings::new(Arc::new(partitions));
        let topology = Arc::new(topology);
        let backends = MemoryBackends::default();
        let mut tasks = Vec::new();
        for part in topology.sub_topologies() {
            let id = TaskId { sub_topology: part.id, partition: 0 };
            let backend = backends.open(id, &part.stores)?;
            let mut task = Task::new(Arc::clone(&topology), id, backend, settings.clone())?;
            for input in 0..part.inputs.len() {
                task.seek(input, 0);
                task.set_input(input, InputState::CaughtUp);
            }
            tasks.push(task);
        }
        let globals = Globals::new(&topology);
        Ok(Self { topology, tasks, globals, log: Log::default(), wall_ms: 0 })
    }

    /// Writes a record with a key and a value to an input topic and handles it.
    ///
    /// # Errors
    /// A topic that nobody reads; whatever stops a task.
    pub fn pipe_input(
        &mut self,
        topic: &str,
        key: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
        timestamp_ms: i64,
    ) -> Result<(), DriverError> {
        let bytes = |bytes: &[u8]| Some(Bytes::copy_from_slice(bytes));
        let (key, value) = (bytes(key.as_ref()), bytes(value.as_ref()));
        self.pipe_record(topic, TestRecord { timestamp_ms, key, value, headers: Headers::new() })
    }

    /// Writes any record to an input topic and handles it.
    ///
    /// # Errors
    /// As for [`pipe_input`](Self::pipe_input).
    pub fn pipe_record(&mut self, topic: &str, record: TestRecord) -> Result<(), DriverError> {
        if !self.deliver(topic, record)? {
            return Err(DriverError::UnknownTopic { topic: topic.to_owned() });
        }
        self.settle()
    }

    /// Lets the wall clock go on while nothing comes in: stream time of every part goes on with it, and timers fire.
    ///
    /// # Errors
    /// Whatever stops a task.
    pub fn advance_wall(&mut self, by_ms: i64) -> Result<(), DriverError> {
        self.wall_ms += by_ms;
        for task in &mut self.tasks {
            let Some(now) = task.stream_time() else { continue };
            let to_ms = now.saturating_add(by_ms);
            while task.advance_stream_time(to_ms, BUDGET, &self.globals, &mut self.log)?.state == ProgressState::Ready {
            }
        }
        self.settle()
    }

    /// The next unread record of an output topic.
    pub fn read_output(&mut self, topic: &str) -> Option<TestRecord> {
        self.log.outputs.get_mut(topic)?.pop_front()
    }

    /// All unread records of an output topic.
    pub fn read_outputs(&mut self, topic: &str) -> Vec<TestRecord> {
        self.log.outputs.get_mut(topic).map(|records| records.drain(..).collect()).unwrap_or_default()
    }

    /// The next unread dead letter.
    pub fn read_dead_letter(&mut self) -> Option<TestRecord> {
        self.read_output(&self.topology.dead_letter_topic())
    }

    /// A row of a store.
    ///
    /// # Errors
    /// A store that does not exist.
    pub fn get(&mut self, store: &str, key: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>, DriverError> {
        for task in &mut self.tasks {
            let found = task.stores().iter().position(|spec| &*spec.name == store);
            if let Some(index) = found {
                return Ok(task.get(StoreIndex(index), key.as_ref())?.map(<[u8]>::to_vec));
            }
        }
        Err(DriverError::UnknownStore { store: store.to_owned() })
    }

    /// What became of the records read, over all parts.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.tasks.iter().map(Task::counts).fold(Counts::default(), |sum, counts| Counts {
            read: sum.read + counts.read,
            processed: sum.processed + counts.processed,
            late: sum.late + counts.late,
            dead_lettered: sum.dead_lettered + counts.dead_lettered,
        })
    }

    /// One of the application's own counters, over all parts.
    #[must_use]
    pub fn counter(&self, name: &str) -> u64 {
        self.tasks.iter().flat_map(Task::counters).filter(|(counter, _)| *counter == name).map(|(_, n)| n).sum()
    }

    /// How many rows went to changelogs.
    #[must_use]
    pub fn changelog_rows(&self) -> u64 {
        self.log.changelog_rows
    }

    /// How far event time has come in a part.
    #[must_use]
    pub fn stream_time(&self, sub_topology: u32) -> Option<i64> {
        self.tasks.iter().find(|task| task.id().sub_topology == sub_topology).and_then(Task::stream_time)
    }

    /// What a global table says.
    #[must_use]
    pub fn global<T: GlobalTable>(&self, handle: GlobalHandle<T>) -> Option<&T> {
        self.globals.get(handle)
    }

    /// Hands a record to whoever reads the topic, and says whether anybody does.
    fn deliver(&mut self, topic: &str, record: TestRecord) -> Result<bool, DriverError> {
        let table = self.globals.topics().position(|known| **known == *topic);
        if let Some(table) = table {
            let applied = self.globals.apply(table, record.key.as_deref(), record.value.as_deref());
            applied.map_err(|error| DriverError::Global { topic: topic.to_owned(), error })?;
            return Ok(true);
        }
        for task in &mut self.tasks {
            let input = task.inputs().iter().position(|input| *input.topic_partition.topic == *topic);
            let Some(input) = input else { continue };
            let end = self.log.ends.entry(topic.into()).or_default();
            let TestRecord { timestamp_ms, key, value, headers } = record;
            task.enqueue(input, [ConsumerRecord { offset: *end, timestamp_ms, key, value, headers }]);
            *end += 1;
            return Ok(true);
        }
        Ok(false)
    }

    /// Runs until no part has anything left, and commits.
    fn settle(&mut self) -> Result<(), DriverError> {
        loop {
            for task in &mut self.tasks {
                let mut progress = ProgressState::Ready;
                while progress == ProgressState::Ready {
                    progress = task.process(BUDGET, Pacing::Unpaced, &self.globals, &mut self.log)?.state;
                }
                task.drain_changes(&mut self.log)?;
                task.committed(&[], &[], self.wall_ms)?;
            }
            if self.log.pending.is_empty() {
                return Ok(());
            }
            while let Some((topic, record)) = self.log.pending.pop_front() {
                self.deliver(&topic, record)?;
            }
        }
    }
}

impl core::fmt::Debug for TopologyTestDriver {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("TopologyTestDriver").field("tasks", &self.tasks).finish_non_exhaustive()
    }
}
