//! Why a task could not go on, and what its thread must do.

use std::sync::Arc;

use super::Origin;
use crate::broker::BrokerError;
use crate::record::BoxError;
use crate::store::StoreError;

/// A task that stands still.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// A record's effects can not be completed: abort, roll back, then [`dead_letter_at`](super::Task::dead_letter_at) and
    /// replay.
    #[error("the output of the record at offset {} of input {} can not be delivered: {reason}", origin.offset, origin.input)]
    Undeliverable {
        /// The record.
        origin: Origin,
        /// Why.
        reason: String,
    },
    /// A processor can not go on: the set-up or the code is wrong.
    #[error("{node}: {error}")]
    Processor {
        /// The node.
        node: Arc<str>,
        /// What it said.
        #[source]
        error: BoxError,
    },
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The broker refused an effect.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// The topology has no such sub-topology.
    #[error("the topology has no sub-topology {id}")]
    UnknownSubTopology {
        /// The number.
        id: u32,
    },
    /// A topic's partition count is not known.
    #[error("the number of partitions of {topic} is not known; create the topic first")]
    UnknownPartitions {
        /// The topic.
        topic: Arc<str>,
    },
}
