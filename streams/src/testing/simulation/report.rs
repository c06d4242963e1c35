//! What a simulation comes to.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::broker::TopicPartition;
use crate::task::{Counts, TaskId};

/// A committed record of an output topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputRecord {
    /// Its key.
    pub key: Option<Bytes>,
    /// Its value.
    pub value: Option<Bytes>,
    /// Its timestamp.
    pub timestamp_ms: i64,
}

/// The rows of a store.
pub type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// A key in a partition: what has an order.
pub type Place = (TopicPartition, Option<Bytes>);

/// What was done to the cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Disturbances {
    /// Processes that died at a call.
    pub crashes: u64,
    /// Disks that were wiped before the restart.
    pub wiped: u64,
    /// Times that a disk lost what it had not synced.
    pub power_cuts: u64,
    /// Answers that got lost.
    pub lost_answers: u64,
    /// Instances that stood still beyond every time-out and went on.
    pub stalls: u64,
    /// Instances that were closed in order.
    pub closed: u64,
    /// Threads that were started.
    pub started: u64,
    /// Threads that asked to be replaced.
    pub replaced: u64,
    /// Transactions aborted, as far as their thread lived to tell.
    pub aborts: u64,
    /// Commits whose outcome was looked up, as far as their thread lived to tell.
    pub settled: u64,
}

/// The end of a simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulationReport {
    /// What is committed in the output and dead-letter topics, in order.
    pub outputs: BTreeMap<TopicPartition, Vec<OutputRecord>>,
    /// What is committed in the repartition topics, in the order in which the next sub-topology reads it; what was purged is
    /// missing.
    pub repartitions: BTreeMap<TopicPartition, Vec<OutputRecord>>,
    /// What became of the records, by task.
    pub counts: BTreeMap<TaskId, Counts>,
    /// The content of each store, by task.
    pub stores: BTreeMap<(TaskId, Arc<str>), Rows>,
    /// What it went through.
    pub disturbances: Disturbances,
}

impl SimulationReport {
    /// The outputs by topic, partition and key: the order that the engine promises.
    #[must_use]
    pub fn outputs_by_key(&self) -> BTreeMap<Place, Vec<OutputRecord>> {
        let mut by_key: BTreeMap<Place, Vec<OutputRecord>> = BTreeMap::new();
        for (partition, records) in &self.outputs {
            for record in records {
                by_key.entry((partition.clone(), record.key.clone())).or_default().push(record.clone());
            }
        }
        by_key
    }
}

/// A simulation that did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("seed {seed}: {what}")]
pub struct SimulationFailure {
    /// Run it again with this.
    pub seed: u64,
    /// What was awaited in vain, or what stopped an instance.
    pub what: String,
}
