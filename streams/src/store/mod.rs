//! State stores: what a task remembers, where it is kept, and how uncommitted writes stay apart from committed ones.
//!
//! A task has ONE [`Backend`] for all its stores. Uncommitted writes live in the task's overlay, which is also the
//! write-back cache and the changelog's dedup; it reaches the backend in one [`Batch`] after the commit, with the offsets that
//! make the backend's content identifiable.

#[cfg(any(test, feature = "testing"))]
pub mod conformance;
mod error;
pub mod memory;
pub(crate) mod ordered_key;
pub(crate) mod overlay;
#[cfg(feature = "rocks")]
pub mod rocks;

use core::ops::ControlFlow;
use std::sync::Arc;

pub use error::StoreError;

use crate::broker::Offset;
use crate::task::TaskId;

/// Which store of a task, in the order of its specs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreIndex(pub usize);

/// How a store is accessed; decides the structure behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// Points only: a hash map.
    KeyValue,
    /// Points and ranges in key order: panes, timers, anything scanned.
    Ordered,
}

/// A store as the topology declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSpec {
    /// Its name; the changelog is `<application>-<name>-changelog`.
    pub name: Arc<str>,
    /// How it is accessed.
    pub kind: StoreKind,
    /// Whether its changelog also forgets by age (panes, ticks).
    pub changelog_retention_ms: Option<u64>,
}

/// What identifies a backend's content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Per store: the changelog offset up to which (exclusive) the content goes; `None` = nothing was ever written.
    pub changelog: Vec<Option<Offset>>,
    /// Per input of the task: the next offset to read that the content stands for.
    pub inputs: Vec<Option<Offset>>,
    /// The cluster and topic ids that the offsets belong to; empty = unknown.
    pub identity: Vec<u8>,
    /// Wall time of the last commit in milliseconds since the epoch; a state older than the tombstones' life is rebuilt.
    pub committed_at_ms: i64,
}

/// One write of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Where.
    pub store: StoreIndex,
    /// The key.
    pub key: Box<[u8]>,
    /// The value; `None` deletes.
    pub value: Option<Box<[u8]>>,
}

/// Writes that become visible and durable together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// The rows.
    pub writes: Vec<Write>,
    /// What the content is worth afterwards.
    pub checkpoint: Checkpoint,
}

/// Looks at one row, key and value, and says whether to go on.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// The committed content of all stores of one task.
pub trait Backend: Send {
    /// Copies the value of `key` into `value` (cleared first) and says whether there is one.
    fn get(&self, store: StoreIndex, key: &[u8], value: &mut Vec<u8>) -> Result<bool, StoreError>;
    /// Visits the rows with `from <= key < to` in key order until told to stop. Ordered stores only.
    fn scan(&self, store: StoreIndex, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError>;
    /// Applies all of it or nothing. The batch is drained (its buffers may be reused).
    fn apply(&mut self, batch: &mut Batch) -> Result<(), StoreError>;
    /// What the content is worth.
    fn checkpoint(&self) -> &Checkpoint;
    /// Empties all stores and forgets what they were worth, for good: the content will be rebuilt from the changelogs.
    fn clear(&mut self) -> Result<(), StoreError>;
    /// Bytes held, roughly.
    fn approximate_bytes(&self) -> usize;
    /// Much will be written and little read until [`end_restore`](Backend::end_restore).
    fn begin_restore(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
    /// The restore is complete.
    fn end_restore(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Opens the backend of a task. One at a time: a second open of a task that is still in use is refused.
pub trait BackendProvider: Send + Sync {
    /// The backend of `task`, with what an earlier life of the process left in it.
    fn open(&self, task: TaskId, stores: &[StoreSpec]) -> Result<Box<dyn Backend>, StoreError>;
    /// Throws the state of `task` away, also one that can not be opened. Refused while it is open.
    fn discard(&self, task: TaskId) -> Result<(), StoreError>;
}
