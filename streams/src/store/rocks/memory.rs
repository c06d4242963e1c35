//! The memory of all databases of a process: one cache, to which unflushed writes are charged, too.

use rocksdb::{Cache, LruCacheOptions, WriteBufferManager};

/// Shared by every database.
pub(super) struct Memory {
    cache: Cache,
    buffers: WriteBufferManager,
}

/// A column family takes memory by the block, even for one row: small ones let many quiet stores share little memory.
pub(super) const ARENA_BLOCK_BYTES: usize = 64 << 10;
/// The most that one column family gathers before it is flushed.
const BUFFER_BYTES_MAX: usize = 16 << 20;

/// A part of the cache is full for itself, and writes are charged by 256 KiB wherever they fall: in small parts they would
/// exceed it.
const SHARD_BYTES: usize = 16 << 20;
const SHARD_BITS_MAX: i32 = 6;

fn shard_bits(cache_bytes: usize) -> i32 {
    let bits = (cache_bytes / SHARD_BYTES).checked_ilog2().unwrap_or(0);
    i32::try_from(bits).unwrap_or(SHARD_BITS_MAX).min(SHARD_BITS_MAX)
}

impl Memory {
    /// Unflushed writes get a third. RocksDB flushes what it writes to when that is reached, and lets nobody wait (a stalled
    /// stream thread would lose its partitions), so they may exceed it; the cache leaves room for half as much again. Flink
    /// divides the same way. Beyond that [`is_exceeded`](Self::is_exceeded) says so.
    pub(super) fn new(bytes: usize) -> Self {
        let buffers = bytes / 3;
        let cache_bytes = bytes - buffers / 2;
        let mut options = LruCacheOptions::default();
        options.set_capacity(cache_bytes);
        options.set_num_shard_bits(shard_bits(cache_bytes));
        let cache = Cache::new_lru_cache_opts(&options);
        let buffers = WriteBufferManager::new_write_buffer_manager_with_cache(buffers, false, cache.clone());
        Self { cache, buffers }
    }

    pub(super) fn cache(&self) -> &Cache {
        &self.cache
    }

    pub(super) fn buffers(&self) -> &WriteBufferManager {
        &self.buffers
    }

    /// Whether flushes do not keep up, or lie with databases that nobody writes to.
    pub(super) fn is_exceeded(&self) -> bool {
        let buffers = self.buffers.get_buffer_size();
        self.memtable_bytes() > buffers + buffers / 2
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
