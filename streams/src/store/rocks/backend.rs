//! The open state of one task, as its owner sees it.

use std::sync::Arc;

use rocksdb::{ReadOptions, WriteBatch, WriteOptions};

use super::RocksBackends;
use super::checkpoint::{CHECKPOINT, encode};
use super::database::{Database, Family};
use super::recent::Recent;
use crate::store::{Backend, Batch, Checkpoint, StoreError, StoreIndex, StoreKind, StoreSpec, Visit, Write};

/// A restore that writes less than this goes on like any writing: the switch costs a file for each store.
const BULK_BYTES: usize = 64 << 20;
/// Roughly what a write costs in a batch besides its bytes.
const WRITE_BYTES: usize = 16;

/// Dropping it is closing the database.
pub(super) struct RocksBackend {
    database: Arc<Database>,
    /// Knows the other open databases, which share the memory.
    home: RocksBackends,
    stores: Vec<StoreSpec>,
    checkpoint: Checkpoint,
    /// What was applied is flushed after this long at the latest.
    flush_interval_ms: u64,
    /// The wall time of the first commit since the last flush.
    unflushed_since_ms: Option<i64>,
    restore: Restore,
    /// What was applied last, but not by a restore.
    recent: Recent,
    /// Made once: each call would make its own otherwise.
    reads: ReadOptions,
    /// Logged, not synced.
    writes: WriteOptions,
}

/// Whether reads can wait.
enum Restore {
    /// There is none.
    Idle,
    /// So many bytes were written.
    Begun(usize),
    /// So many that compaction waits for the end.
    Bulk,
}

impl RocksBackend {
    pub(super) fn new(
        database: Arc<Database>,
        home: RocksBackends,
        stores: &[StoreSpec],
        flush_interval_ms: u64,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            checkpoint: database.read_checkpoint()?,
            database,
            home,
            stores: stores.to_vec(),
            flush_interval_ms,
            unflushed_since_ms: None,
            restore: Restore::Idle,
            recent: Recent::default(),
            reads: ReadOptions::default(),
            writes: WriteOptions::default(),
        })
    }

    fn families(&self) -> Result<Vec<Family<'_>>, StoreError> {
        (0..self.stores.len()).map(|store| self.database.family(store)).collect()
    }

    /// The batch in RocksDB's words, with the checkpoint as a row of its own.
    fn rows_of(&self, batch: &Batch, bytes: usize) -> Result<WriteBatch, StoreError> {
        let families = self.families()?;
        let mut rows = WriteBatch::with_capacity_bytes(bytes);
        for Write { store, key, value } in &batch.writes {
            let family = families.get(store.0).ok_or(StoreError::UnknownStore { index: store.0 })?;
            match value {
                Some(value) => rows.put_cf(family, key, value),
                None => rows.delete_cf(family, key),
            }
        }
        let checkpoint = encode(&batch.checkpoint, self.database.families());
        rows.put_cf(&self.database.own_family()?, CHECKPOINT, checkpoint);
        Ok(rows)
    }

    /// Flushes in the background what is too old to stay in the log alone.
    fn flush_if_old(&mut self) -> Result<(), StoreError> {
        let now_ms = self.checkpoint.committed_at_ms;
        let since_ms = self.unflushed_since_ms.map_or(now_ms, |since_ms| since_ms.min(now_ms));
        self.unflushed_since_ms = Some(since_ms);
        if now_ms.abs_diff(since_ms) < self.flush_interval_ms {
            return Ok(());
        }
        self.unflushed_since_ms = None;
        self.database.flush(false)
    }

    /// Compaction would rewrite again and again what only grows.
    fn set_compaction(&self, is_on: bool) -> Result<(), StoreError> {
        let value = if is_on { "false" } else { "true" };
        for family in self.families()? {
            let result = self.database.db().set_options_cf(&family, &[("disable_auto_compactions", value)]);
            result.map_err(|error| self.database.failed("switch compaction", &error))?;
        }
        Ok(())
    }

    /// A restore is not read, and what is written to an ordered store is mostly not read by its key.
    fn remember(&mut self, writes: &mut Vec<Write>) {
        let is_restoring = !matches!(self.restore, Restore::Idle);
        if is_restoring {
            self.recent.clear();
        }
        for write in writes.drain(..) {
            let spec = self.stores.get(write.store.0);
            if !is_restoring && spec.is_some_and(|spec| spec.kind == StoreKind::KeyValue) {
                self.recent.put(write);
            }
        }
    }

    fn count_restored(&mut self, bytes: usize) -> Result<(), StoreError> {
        let Restore::Begun(before) = &mut self.restore else { return Ok(()) };
        *before += bytes;
        if *before < BULK_BYTES {
            return Ok(());
        }
        self.restore = Restore::Bulk;
        self.set_compaction(false)
    }
}

impl Backend for RocksBackend {
    fn get(&self, store: StoreIndex, key: &[u8], value: &mut Vec<u8>) -> Result<bool, StoreError> {
        value.clear();
        if let Some(row) = self.recent.get(store, key) {
            value.extend_from_slice(row.unwrap_or_default());
            return Ok(row.is_some());
        }
        let family = self.database.family(store.0)?;
        let found = self.database.db().get_pinned_cf_opt(&family, key, &self.reads);
        let found = found.map_err(|error| self.database.failed("read a row", &error))?;
        value.extend_from_slice(found.as_deref().unwrap_or_default());
        Ok(found.is_some())
    }

    fn scan(&self, store: StoreIndex, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let family = self.database.family(store.0)?;
        if let Some(spec) = self.stores.get(store.0).filter(|spec| spec.kind != StoreKind::Ordered) {
            return Err(StoreError::NotOrdered { store: Arc::clone(&spec.name) });
        }
        if from >= to {
            return Ok(());
        }
        // Behind the bound lie the rows of others, and deleted ones that would have to be stepped over.
        let mut reads = ReadOptions::default();
        reads.set_iterate_upper_bound(to);
        let mut rows = self.database.db().raw_iterator_cf_opt(&family, reads);
        rows.seek(from);
        while let Some((key, value)) = rows.item() {
            if visit(key, value).is_break() {
                break;
            }
            rows.next();
        }
        rows.status().map_err(|error| self.database.failed("scan", &error))
    }

    fn apply(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        let bytes = batch.writes.iter().map(bytes_of).sum();
        let rows = self.rows_of(batch, bytes)?;
        let written = self.database.db().write_opt(rows, &self.writes);
        if let Err(error) = written {
            // Nobody knows what is there now.
            self.recent.clear();
            return Err(self.database.failed("write a batch", &error));
        }
        self.remember(&mut batch.writes);
        self.checkpoint = core::mem::take(&mut batch.checkpoint);
        self.count_restored(bytes)?;
        self.flush_if_old()?;
        self.home.relieve_memory()
    }

    fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        self.recent.clear();
        self.database.clear()?;
        self.checkpoint = Checkpoint::default();
        if matches!(self.restore, Restore::Bulk) {
            // The new column families compact.
            self.restore = Restore::Begun(0);
        }
        Ok(())
    }

    /// Nothing, where the database does not answer: the next access will say why.
    fn approximate_bytes(&self) -> usize {
        let bytes = self.database.statistics().map_or(0, |statistics| statistics.bytes());
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }

    fn begin_restore(&mut self) -> Result<(), StoreError> {
        if matches!(self.restore, Restore::Idle) {
            self.restore = Restore::Begun(0);
        }
        Ok(())
    }

    fn end_restore(&mut self) -> Result<(), StoreError> {
        match core::mem::replace(&mut self.restore, Restore::Idle) {
            Restore::Bulk => self.set_compaction(true),
            Restore::Idle | Restore::Begun(_) => Ok(()),
        }
    }
}

fn bytes_of(write: &Write) -> usize {
    WRITE_BYTES + write.key.len() + write.value.as_ref().map_or(0, |value| value.len())
}
