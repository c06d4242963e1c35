//! One task's RocksDB: opened with the column families that the topology declares, and no others left.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use rocksdb::{
    BoundColumnFamily, ColumnFamilyDescriptor, DBWithThreadMode, DEFAULT_COLUMN_FAMILY_NAME, FlushOptions,
    MultiThreaded, Options, ReadOptions, WriteBatch, properties,
};

use super::checkpoint::{CHECKPOINT, DOOMED_RANGE, StoredCheckpoint, doomed_family, doomed_key, encode, family_of};
use super::directory::TaskDirectory;
use super::failure::database_failed;
use super::lease::Lease;
use super::memory::Memory;
use super::options::{database_options, store_options};
use super::settings::RocksSettings;
use super::statistics::TaskStatistics;
use crate::store::{Checkpoint, StoreError, StoreSpec};
use crate::task::TaskId;

/// The thread that owns the task, and whoever looks at statistics, share it.
pub(super) type Db = DBWithThreadMode<MultiThreaded>;
/// A column family that is there for as long as the database is.
pub(super) type Family<'a> = Arc<BoundColumnFamily<'a>>;

/// An open one. It is closed, and its directory free, when the last who shares it is gone.
pub(super) struct Database {
    /// Fields are dropped in this order: the database is closed before another may have its directory.
    db: Db,
    _lease: Lease,
    directory: TaskDirectory,
    /// The column family of each store, in the order of the specs.
    families: Vec<String>,
    /// What a column family that is made anew is set up with.
    family_options: Options,
}

impl Database {
    /// Opens it, and completes what an earlier life was interrupted in.
    pub(super) fn open(
        settings: &RocksSettings,
        memory: &Memory,
        directory: TaskDirectory,
        lease: Lease,
        stores: &[StoreSpec],
    ) -> Result<Self, StoreError> {
        let failed = |error| database_failed("open the database", directory.path(), &error);
        let options = database_options(settings, memory).map_err(failed)?;
        let families: Vec<String> = stores.iter().map(family_of).collect();
        let found = match directory.has_database() {
            true => Db::list_cf(&options, directory.path()).map_err(failed)?,
            false => Vec::new(),
        };
        let own = [DEFAULT_COLUMN_FAMILY_NAME.to_owned()];
        // Each once: what is found is mostly what is declared.
        let all: BTreeSet<&String> = own.iter().chain(&found).chain(&families).collect();
        let all = all.into_iter().map(|name| ColumnFamilyDescriptor::new(name, store_options(memory)));
        let db = Db::open_cf_descriptors(&options, directory.path(), all).map_err(failed)?;
        let family_options = store_options(memory);
        let database = Self { db, _lease: lease, directory, families, family_options };
        database.settle(&found)?;
        Ok(database)
    }

    /// Removes the files of a closed one, unless another process has it open.
    pub(super) fn destroy(directory: &TaskDirectory) -> Result<(), StoreError> {
        if !directory.path().exists() {
            return Ok(());
        }
        let failed = |error| database_failed("remove the database", directory.path(), &error);
        Db::destroy(&Options::default(), directory.path()).map_err(failed)
    }

    pub(super) fn task(&self) -> TaskId {
        self.directory.task()
    }

    pub(super) fn db(&self) -> &Db {
        &self.db
    }

    pub(super) fn families(&self) -> &[String] {
        &self.families
    }

    /// The column family of a store.
    pub(super) fn family(&self, store: usize) -> Result<Family<'_>, StoreError> {
        let family = self.families.get(store).and_then(|name| self.db.cf_handle(name));
        family.ok_or(StoreError::UnknownStore { index: store })
    }

    /// The checkpoint's column family: the one that every database has.
    pub(super) fn own_family(&self) -> Result<Family<'_>, StoreError> {
        self.db.cf_handle(DEFAULT_COLUMN_FAMILY_NAME).ok_or_else(|| StoreError::Damaged {
            directory: Arc::clone(self.directory.path()),
            message: "the checkpoint's column family is missing".into(),
        })
    }

    /// What a failed call means. Damage is remembered: the next open must not come upon the same place again.
    pub(super) fn failed(&self, operation: &'static str, error: &rocksdb::Error) -> StoreError {
        let path: &Arc<Path> = self.directory.path();
        let error = database_failed(operation, path, error);
        if let StoreError::Damaged { message, .. } = &error {
            self.directory.mark_damaged(message);
        }
        error
    }

    /// What the content is worth, for the stores as they are declared now.
    pub(super) fn read_checkpoint(&self) -> Result<Checkpoint, StoreError> {
        let row = self.db.get_pinned_cf(&self.own_family()?, CHECKPOINT);
        let stored = match row.map_err(|error| self.failed("read the checkpoint", &error))? {
            None => StoredCheckpoint::default(),
            Some(row) => StoredCheckpoint::decode(&row)
                .ok_or(StoreError::Corrupted { store: "checkpoint".into(), reason: "the row does not decode" })?,
        };
        Ok(stored.into_checkpoint(&self.families))
    }

    /// Empties all stores; the content is worth nothing then.
    pub(super) fn clear(&self) -> Result<(), StoreError> {
        self.doom(&self.families, &Checkpoint::default())
    }

    /// Flushes what all column families hold.
    pub(super) fn flush(&self, waits: bool) -> Result<(), StoreError> {
        let mut families = (0..self.families.len()).map(|store| self.family(store)).collect::<Result<Vec<_>, _>>()?;
        families.push(self.own_family()?);
        let mut flush = FlushOptions::default();
        flush.set_wait(waits);
        let families: Vec<&Family<'_>> = families.iter().collect();
        self.db.flush_cfs_opt(&families, &flush).map_err(|error| self.failed("flush", &error))
    }

    /// Throws away what is not declared any more, and what was to be thrown away when the last life ended.
    fn settle(&self, found: &[String]) -> Result<(), StoreError> {
        self.drop_rows(&self.doomed()?)?;
        let is_known = |name: &&String| self.families.contains(name) || *name == DEFAULT_COLUMN_FAMILY_NAME;
        let unknown: Vec<String> = found.iter().filter(|name| !is_known(name)).cloned().collect();
        if unknown.is_empty() { Ok(()) } else { self.doom(&unknown, &self.read_checkpoint()?) }
    }

    /// Throws the rows of `families` away, and leaves `checkpoint`. To drop a column family is not a part of any batch, so the
    /// intent is written first, for good: an interruption at any place is completed by the next open, and there
    /// is never an offset without its rows.
    fn doom(&self, families: &[String], checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let failed = |error| self.failed("write the checkpoint", &error);
        let own = self.own_family()?;
        let mut batch = WriteBatch::default();
        for family in families {
            batch.put_cf(&own, doomed_key(family), b"");
        }
        batch.put_cf(&own, CHECKPOINT, encode(checkpoint, &self.families));
        self.db.write(batch).map_err(failed)?;
        self.db.flush_cf(&own).map_err(failed)?;
        self.drop_rows(families)
    }

    fn drop_rows(&self, families: &[String]) -> Result<(), StoreError> {
        if families.is_empty() {
            return Ok(());
        }
        let own = self.own_family()?;
        let mut batch = WriteBatch::default();
        for family in families {
            batch.delete_cf(&own, doomed_key(family));
            if self.db.cf_handle(family).is_some() {
                self.db.drop_cf(family).map_err(|error| self.failed("drop a column family", &error))?;
            }
            if self.families.contains(family) {
                let created = self.db.create_cf(family, &self.family_options);
                created.map_err(|error| self.failed("create a column family", &error))?;
            }
        }
        self.db.write(batch).map_err(|error| self.failed("write the checkpoint", &error))
    }

    /// What [`doom`](Self::doom) has marked.
    fn doomed(&self) -> Result<Vec<String>, StoreError> {
        let (from, to) = DOOMED_RANGE;
        let mut reads = ReadOptions::default();
        reads.set_iterate_upper_bound(to);
        let mut rows = self.db.raw_iterator_cf_opt(&self.own_family()?, reads);
        let mut doomed = Vec::new();
        rows.seek(from);
        while let Some(key) = rows.key() {
            doomed.extend(doomed_family(key).map(str::to_owned));
            rows.next();
        }
        rows.status().map_err(|error| self.failed("read the checkpoint", &error))?;
        Ok(doomed)
    }

    /// Unflushed writes; none where the database does not answer.
    pub(super) fn memtable_bytes(&self) -> u64 {
        self.statistics().map_or(0, |statistics| statistics.memtable_bytes)
    }

    pub(super) fn statistics(&self) -> Result<TaskStatistics, StoreError> {
        let mut sum = TaskStatistics::default();
        for name in self.families.iter().map(String::as_str).chain([DEFAULT_COLUMN_FAMILY_NAME]) {
            let Some(family) = self.db.cf_handle(name) else { continue };
            let number = |property| {
                let number = self.db.property_int_value_cf(&family, property);
                number.map(Option::unwrap_or_default).map_err(|error| self.failed("read statistics", &error))
            };
            sum.memtable_bytes += number(properties::CUR_SIZE_ALL_MEM_TABLES)?;
            sum.sst_bytes += number(properties::LIVE_SST_FILES_SIZE)?;
            sum.estimated_keys += number(properties::ESTIMATE_NUM_KEYS)?;
            sum.pending_compaction_bytes += number(properties::ESTIMATE_PENDING_COMPACTION_BYTES)?;
        }
        Ok(sum)
    }
}
