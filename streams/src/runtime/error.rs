//! Why a stream thread can not go on, and what its owner must do.

use std::sync::Arc;

use super::assignment::AssignmentError;
use crate::broker::{BrokerError, ErrorKind, TopicPartition};
use crate::store::StoreError;
use crate::task::{TaskError, TaskId};

/// What the owner of the thread must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreadErrorKind {
    /// Drop the thread and make a new one: what was not committed is done again.
    Replace,
    /// A new thread would fail the same way: stop, and say why.
    Stop,
}

/// A thread that can not go on.
#[derive(Debug, thiserror::Error)]
pub enum ThreadError {
    /// The broker refused.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// A task failed.
    #[error("task {task}: {error}")]
    Task {
        /// Which.
        task: TaskId,
        /// Why.
        #[source]
        error: TaskError,
    },
    /// A store failed.
    #[error("the state of task {task}: {error}")]
    Store {
        /// The task.
        task: TaskId,
        /// Why.
        #[source]
        error: StoreError,
    },
    /// The topics do not fit.
    #[error(transparent)]
    Assignment(#[from] AssignmentError),
    /// The group has a state but no offsets.
    #[error(
        "task {task} has a state but the group has no offset of its inputs; reset the application, or set the offsets"
    )]
    MissingOffsets {
        /// The task.
        task: TaskId,
    },
    /// The group's offset lies past the end of the input.
    #[error(
        "offset {offset} of {partition} is past the end of the log; was the topic created again? reset the application"
    )]
    PastTheEnd {
        /// The input.
        partition: TopicPartition,
        /// The position.
        offset: i64,
    },
    /// A commit's answer was lost, and without a changelog nothing tells how it ended.
    #[error("a commit has an unknown outcome and the stores of task {task} are not logged; start over")]
    UnknownOutcome {
        /// A task of it.
        task: TaskId,
    },
    /// One transaction after the other had to be aborted.
    #[error("{aborts} transactions in a row were aborted; the last one because of: {last}")]
    TooManyAborts {
        /// How many.
        aborts: u32,
        /// The last cause.
        last: Arc<str>,
    },
    /// The thread's name and its settings' do not fit.
    #[error("the topology is of {topology}, the settings are of {settings}; use one application id")]
    OtherApplication {
        /// The topology's application id.
        topology: Arc<str>,
        /// The settings'.
        settings: String,
    },
}

impl ThreadError {
    /// What the owner must do.
    #[must_use]
    pub fn kind(&self) -> ThreadErrorKind {
        match self {
            Self::Broker(error) | Self::Task { error: TaskError::Broker(error), .. } => kind_of(error),
            Self::Store { error, .. } | Self::Task { error: TaskError::Store(error), .. } => match error {
                StoreError::Corrupted { .. } | StoreError::Damaged { .. } | StoreError::InUse { .. } => {
                    ThreadErrorKind::Replace
                }
                _ => ThreadErrorKind::Stop,
            },
            Self::TooManyAborts { .. } => ThreadErrorKind::Replace,
            Self::Task { .. }
            | Self::Assignment(_)
            | Self::MissingOffsets { .. }
            | Self::PastTheEnd { .. }
            | Self::UnknownOutcome { .. }
            | Self::OtherApplication { .. } => ThreadErrorKind::Stop,
        }
    }
}

fn kind_of(error: &BrokerError) -> ThreadErrorKind {
    match error.kind() {
        ErrorKind::Configuration => ThreadErrorKind::Stop,
        ErrorKind::Retriable
        | ErrorKind::OutcomeUnknown
        | ErrorKind::AbortRequired
        | ErrorKind::Fenced
        | ErrorKind::Fatal => ThreadErrorKind::Replace,
    }
}
