//! The memory of all databases of a process: one cache, to which unflushed writes are charged, too.

use rocksdb::{Cache, WriteBufferManager};

/// Shared by every database.
pub(super) struct Memory {
    cache: Cache,
    buffers: WriteBufferManager,
}

/// A column family takes memory by the block, even for one row: small ones let many quiet stores share little memory.
pub(super) const ARENA_BLOCK_BYTES: usize = 64 << 10;
/// The most that one column family gathers before it is flushed.
const BUFFER_BYTES_MAX: usize = 16 << 20;

impl Memory {
    /// Unflushed writes get a third. They may exceed it by half while a flush is under way, and nobody waits for it (a
    /// stalled stream thread would lose its partitions); the cache leaves room for that half. Flink divides the same way.
    pub(super) fn new(bytes: usize) -> Self {
        let buffers = bytes / 3;
        let cache = Cache::new_lru_cache(bytes - buffers / 2);
        let buffers = WriteBufferManager::new_write_buffer_manager_with_cache(buffers, false, cache.clone());
        Self { cache, buffers }
    }

    pub(super) fn cache(&self) -> &Cache {
        &self.cache
    }

    pub(super) fn buffers(&self) -> &WriteBufferManager {
        &self.buffers
    }

    /// What one column family may gather.
    pub(super) fn buffer_bytes(&self) -> usize {
        (self.buffers.get_buffer_size() / 4).clamp(ARENA_BLOCK_BYTES, BUFFER_BYTES_MAX)
    }

    /// What the cache holds, unflushed writes included.
    pub(super) fn cache_bytes(&self) -> usize {
        self.cache.get_usage()
    }

    /// What of it can not be evicted now.
    pub(super) fn cache_pinned_bytes(&self) -> usize {
        self.cache.get_pinned_usage()
    }

    /// Unflushed writes of all databases.
    pub(super) fn memtable_bytes(&self) -> usize {
        self.buffers.get_usage()
    }
}
