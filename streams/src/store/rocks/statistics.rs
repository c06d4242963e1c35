//! What an operator wants to see of memory and disk.

use std::collections::BTreeMap;

use crate::task::TaskId;

/// All states of the process at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RocksStatistics {
    /// The setting: what follows stays below it.
    pub memory_bytes_max: usize,
    /// What the block cache holds: blocks, indexes, filters, and the charge for unflushed writes.
    pub cache_bytes: usize,
    /// What of it can not be evicted now.
    pub cache_pinned_bytes: usize,
    /// Unflushed writes of all tasks, by what their buffers have allocated; charged to the cache in steps of 256 KiB.
    pub memtable_bytes: usize,
    /// Each task that is open.
    pub tasks: BTreeMap<TaskId, TaskStatistics>,
}

/// One task's database, over all its column families.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskStatistics {
    /// Unflushed writes, those included that a flush is writing.
    pub memtable_bytes: u64,
    /// Files of sorted rows that are in use.
    pub sst_bytes: u64,
    /// Rows, roughly: an overwritten or deleted one counts until it is compacted away.
    pub estimated_keys: u64,
    /// What compaction has yet to rewrite.
    pub pending_compaction_bytes: u64,
}

impl TaskStatistics {
    /// What the task holds in memory and on disk.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.memtable_bytes + self.sst_bytes
    }
}
