//! What can go wrong with a state, and what to do about it.

use std::path::Path;
use std::sync::Arc;

use crate::task::TaskId;

/// A failed access.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The topology has no such store.
    #[error("the task has no store number {index}")]
    UnknownStore {
        /// The number asked for.
        index: usize,
    },
    /// A range scan on a store that keeps no order.
    #[error("the store {store} keeps no order; declare it as ordered to scan it")]
    NotOrdered {
        /// Its name.
        store: Arc<str>,
    },
    /// The task's backend is open elsewhere.
    #[error("the state of task {task} is in use by another thread")]
    InUse {
        /// The task.
        task: TaskId,
    },
    /// A row does not decode: the state must be rebuilt from the changelog.
    #[error("a row of store {store} is corrupted: {reason}")]
    Corrupted {
        /// Its name.
        store: Arc<str>,
        /// What does not fit.
        reason: &'static str,
    },
    /// The files of a state do not fit together, or their checksums fail: the state must be rebuilt from the changelog.
    #[error("the state in {} is damaged: {message}; it has to be rebuilt from the changelog", directory.display())]
    Damaged {
        /// The task's directory.
        directory: Arc<Path>,
        /// What the library said.
        message: Arc<str>,
    },
    /// Another process has the state open.
    #[error(
        "the state in {} is in use by another process; stop it, or give this one a state directory of its own",
        directory.display()
    )]
    OtherProcess {
        /// The task's directory.
        directory: Arc<Path>,
    },
    /// The state was written by a version that this one does not know.
    #[error(
        "the state in {} has format {found}, and this version knows format {known}; run the version that wrote it, or \
         delete the directory to have it rebuilt from the changelog",
        directory.display()
    )]
    UnknownFormat {
        /// The task's directory.
        directory: Arc<Path>,
        /// What it says.
        found: u32,
        /// What can be read.
        known: u32,
    },
    /// There is something in the directory, but not the state of this task.
    #[error(
        "{} is not the state of task {task} of {application_id}; move away what is there, or set another state directory",
        directory.display()
    )]
    ForeignDirectory {
        /// The directory.
        directory: Arc<Path>,
        /// The task whose state was looked for.
        task: TaskId,
        /// The application whose state was looked for.
        application_id: Arc<str>,
    },
    /// The application's id is not the name of a directory.
    #[error("{application_id:?} can not be the name of a directory; use letters, digits, '.', '_' and '-'")]
    UnusableName {
        /// The id.
        application_id: Arc<str>,
    },
    /// There is no room left.
    #[error("{operation}: the disk of {} is full; make room, then start again", directory.display())]
    DiskFull {
        /// What was tried.
        operation: &'static str,
        /// Where.
        directory: Arc<Path>,
    },
    /// The disk or the operating system refused.
    #[error("{operation} in {}: {message}; check the disk, and that the directory may be written", directory.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// Where.
        directory: Arc<Path>,
        /// What the system or the library said.
        message: Arc<str>,
    },
    /// The process was stopped here. Only a simulator says this.
    #[error("the process was stopped")]
    Stopped,
}

impl StoreError {
    /// Whether the state is of no use any more, but its changelog is: throw it away, and restore.
    #[must_use]
    pub fn needs_rebuild(&self) -> bool {
        matches!(self, Self::Corrupted { .. } | Self::Damaged { .. })
    }
}
