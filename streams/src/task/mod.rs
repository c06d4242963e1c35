//! A task: one partition of one sub-topology. Records in, effects out; synchronous, without I/O and without a clock.
//!
//! A thread feeds [`Task::enqueue`] and calls [`Task::process`]; what the task wants written comes out of a [`Collector`].
//! Before a commit [`Task::drain_changes`] hands over the changelog, after it [`Task::committed`] applies the same rows to the
//! backend; an abort is [`Task::rolled_back`]. The order of effects depends on the records alone, never on how the calls
//! were cut.

mod choose;
mod commit;
mod dead_letter;
mod error;
mod input;
mod meta;
mod rows;
pub(crate) mod state;
mod step;
mod timers;

use core::fmt;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use commit::Part;
pub use dead_letter::{DeadLetters, Fault};
pub use error::TaskError;
pub use meta::Counts;
pub use rows::EngineRow;

use crate::broker::{ConsumerRecord, Offset, ProducerRecord, TopicPartition};
use crate::partition::Partition;
use crate::processor::node::Node;
use crate::store::{Backend, Checkpoint, StoreError, StoreIndex, StoreSpec, Visit};
use crate::topology::{Plan, Topology};
use input::Input;
use state::State;

/// Names a task: `<sub-topology>_<partition>`, as Kafka Streams writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    /// The sub-topology's number.
    pub sub_topology: u32,
    /// The partition of all its inputs.
    pub partition: Partition,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.sub_topology, self.partition)
    }
}

/// How many partitions each topic has: inputs that are checked, sinks, the dead letters.
pub type PartitionCounts = BTreeMap<Arc<str>, u32>;

/// What a task is run with.
#[derive(Debug, Clone)]
pub struct TaskSettings {
    /// How many partitions the topics have.
    pub partitions: Arc<PartitionCounts>,
    /// Live, a record moves stream time at most this far beyond the wall clock.
    pub ahead_ms_max: i64,
    /// Live, a record that is further ahead of the wall clock is a dead letter.
    pub far_ahead_ms: i64,
    /// The value of a dead letter is cut to this.
    pub dead_letter_bytes_max: usize,
}

impl TaskSettings {
    /// The usual limits: 1 s, 5 min, 512 KiB.
    #[must_use]
    pub fn new(partitions: Arc<PartitionCounts>) -> Self {
        Self { partitions, ahead_ms_max: 1_000, far_ahead_ms: 300_000, dead_letter_bytes_max: 512 * 1024 }
    }
}

/// Whether a wall clock takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pacing {
    /// None: a backtest.
    Unpaced,
    /// Records ahead of it do not carry stream time away.
    Live {
        /// The wall clock, in milliseconds since the epoch.
        now_ms: i64,
    },
}

/// What is known of an input whose buffer is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputState {
    /// Nothing: it is waited for.
    Unknown,
    /// More is known to come: it is waited for.
    Behind,
    /// It was read to its last stable offset: it does not stall the others.
    CaughtUp,
}

/// An input of a task; its place in [`Task::inputs`] is its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputPartition {
    /// What is read.
    pub topic_partition: TopicPartition,
    /// Whether the group shares out this topic's partitions.
    pub lead: bool,
}

/// The record whose processing made an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The input's number.
    pub input: u32,
    /// The record's offset.
    pub offset: Offset,
}

/// Takes a task's effects.
pub trait Collector {
    /// An output or a dead letter. No origin: a timer made it.
    ///
    /// # Errors
    /// The broker's.
    fn send(&mut self, record: &ProducerRecord<'_>, origin: Option<Origin>) -> Result<(), TaskError>;
    /// A row for the changelog of `store`, in the task's partition.
    ///
    /// # Errors
    /// The broker's.
    fn changelog(&mut self, store: StoreIndex, key: &[u8], value: Option<&[u8]>) -> Result<(), TaskError>;
}

/// How far a call came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Records and timers handled.
    pub done: usize,
    /// Why it stopped.
    pub state: ProgressState,
}

/// Why a call stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressState {
    /// The budget is spent; there may be more to do.
    Ready,
    /// This input is empty and not known to be caught up.
    Waiting(usize),
    /// Everything that is known has been handled.
    Drained,
}

/// One partition of one sub-topology.
pub struct Task {
    id: TaskId,
    topology: Arc<Topology>,
    plan: Arc<Plan>,
    settings: TaskSettings,
    stores: Vec<StoreSpec>,
    inputs: Vec<Input>,
    partitions: Vec<InputPartition>,
    /// A node is taken out of its place while it runs.
    nodes: Vec<Option<Box<dyn Node>>>,
    state: State,
    dead_letters: DeadLetters,
    /// Records whose output could not be delivered, and why.
    poisoned: BTreeMap<Origin, String>,
    /// The backend has changed under the task (a restore): its rows must be read again.
    stale: bool,
}

impl Task {
    /// A task with what `backend` remembers: stream time, counts, timers.
    ///
    /// # Errors
    /// An unknown sub-topology, a topic whose partitions are not known, rows that do not decode.
    pub fn new(
        topology: Arc<Topology>,
        id: TaskId,
        backend: Box<dyn Backend>,
        settings: TaskSettings,
    ) -> Result<Self, TaskError> {
        let Some(sub_topology) = topology.sub_topologies().iter().find(|part| part.id == id.sub_topology) else {
            return Err(TaskError::UnknownSubTopology { id: id.sub_topology });
        };
        let dead_letter_topic = topology.dead_letter_topic();
        let checked = sub_topology.inputs.iter().filter(|input| input.check_partition).map(|input| &input.topic);
        let written = sub_topology.sinks.iter().map(|sink| &sink.topic);
        for topic in checked.chain(written).chain([&dead_letter_topic]) {
            if !settings.partitions.contains_key(topic) {
                return Err(TaskError::UnknownPartitions { topic: Arc::clone(topic) });
            }
        }
        let plan = Arc::clone(&sub_topology.plan);
        let stores = sub_topology.stores.clone();
        let inputs = sub_topology.inputs.iter().zip(&plan.sources);
        let inputs: Vec<Input> =
            inputs.map(|(spec, make)| Input::new(spec.clone(), id.partition, &settings, make())).collect();
        let partitions = inputs.iter().map(Input::partition).collect();
        let nodes = plan.nodes.iter().map(|node| Some((node.make)(&settings.partitions))).collect();
        let dead_letters = DeadLetters::of(dead_letter_topic, &settings);
        let state = State::new(&stores, sub_topology.meta(), backend)?;
        Ok(Self {
            id,
            plan,
            settings,
            stores,
            inputs,
            partitions,
            nodes,
            state,
            dead_letters,
            poisoned: BTreeMap::new(),
            stale: false,
            topology,
        })
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Its stores; the last one is the engine's own.
    #[must_use]
    pub fn stores(&self) -> &[StoreSpec] {
        &self.stores
    }

    /// What it reads.
    #[must_use]
    pub fn inputs(&self) -> &[InputPartition] {
        &self.partitions
    }

    /// Appends records to an input's buffer, in the order of their offsets.
    pub fn enqueue(&mut self, input: usize, records: impl IntoIterator<Item = ConsumerRecord>) {
        if let Some(input) = self.inputs.get_mut(input) {
            input.enqueue(records);
        }
    }

    /// How many records and bytes wait in an input's buffer.
    #[must_use]
    pub fn buffered(&self, input: usize) -> (usize, usize) {
        self.inputs.get(input).map_or((0, 0), Input::buffered)
    }

    /// Says what is known of an input; it counts while its buffer is empty.
    pub fn set_input(&mut self, input: usize, state: InputState) {
        if let Some(input) = self.inputs.get_mut(input) {
            input.state = state;
        }
    }

    /// Goes on from `offset` in an input: before the first record, after a rollback, or, with an empty buffer, behind markers
    /// that the consumer has skipped. What is buffered is dropped.
    pub fn seek(&mut self, input: usize, offset: Offset) {
        if let Some(input) = self.inputs.get_mut(input) {
            input.seek(offset);
        }
    }

    /// The next offset to read of every input that has a position.
    pub fn offsets(&self) -> impl Iterator<Item = (&TopicPartition, Offset)> {
        self.inputs.iter().filter_map(|input| input.position.map(|offset| (&input.topic_partition, offset)))
    }

    /// The next offset to read of one input.
    #[must_use]
    pub fn position(&self, input: usize) -> Option<Offset> {
        self.inputs.get(input).and_then(|input| input.position)
    }

    /// Sets a record aside when the replay comes to it: its output could not be delivered.
    pub fn dead_letter_at(&mut self, input: usize, offset: Offset, reason: impl Into<String>) {
        let Ok(input) = u32::try_from(input) else { return };
        self.poisoned.insert(Origin { input, offset }, reason.into());
    }

    /// What became of the records read, since the application was born.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.state.progress.counts
    }

    /// The application's own counters, in the order of their first use.
    pub fn counters(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.state.counters.iter().copied()
    }

    /// How far event time has come; `None` before the first event.
    #[must_use]
    pub fn stream_time(&self) -> Option<i64> {
        self.state.progress.stream_time_ms
    }

    /// When the next timer fires, in stream time.
    #[must_use]
    pub fn next_timer(&self) -> Option<i64> {
        self.state.timers.next()
    }

    /// How many timers are set.
    #[must_use]
    pub fn timers(&self) -> usize {
        self.state.timers.len()
    }

    /// Bytes of uncommitted writes, roughly.
    #[must_use]
    pub fn dirty_bytes(&self) -> usize {
        self.state.dirty_bytes()
    }

    /// Whether anything has happened since the last commit.
    #[must_use]
    pub fn has_work_to_commit(&self) -> bool {
        self.state.is_dirty() || self.inputs.iter().any(|input| input.position != input.committed)
    }

    /// What the backend's content is worth.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        self.state.backend.checkpoint()
    }

    /// A row as the processors see it, uncommitted writes included.
    ///
    /// # Errors
    /// The store's.
    pub fn get(&mut self, store: StoreIndex, key: &[u8]) -> Result<Option<&[u8]>, StoreError> {
        self.state.get(store, key)
    }

    /// The rows with `from <= key < to` as the processors see them.
    ///
    /// # Errors
    /// The store's.
    pub fn scan(&self, store: StoreIndex, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.state.scan(store, from, to, visit)
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("id", &self.id).field("progress", &self.state.progress).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
