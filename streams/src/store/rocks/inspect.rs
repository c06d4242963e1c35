//! Looking into states that nobody runs. Nothing is written: the databases are opened read-only, which takes no lock and leaves
//! the log where it is, and a state that somebody has open is refused.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use rocksdb::{ColumnFamilyDescriptor, DEFAULT_COLUMN_FAMILY_NAME, ReadOptions};
use rustix::process::{Flock, FlockType, fcntl_getlk};

use super::checkpoint::{CHECKPOINT, StoredCheckpoint, store_of};
use super::database::Db;
use super::directory::{ApplicationDirectory, FORMAT, TaskDirectory};
use super::failure::{database_failed, system_failed};
use super::lease::Lease;
use super::memory::Memory;
use super::options::{database_options, store_options};
use super::settings::RocksSettings;
use crate::broker::Offset;
use crate::store::{StoreError, StoreKind, Visit};
use crate::task::TaskId;

/// What RocksDB locks while it has a database open.
const LOCK_FILE: &str = "LOCK";
/// Memory for what is read.
const MEMORY_BYTES: usize = 32 << 20;

/// The states of one application, for reading only.
pub struct RocksInspector {
    directory: ApplicationDirectory,
    settings: RocksSettings,
}

/// One task's state, open for reading only.
pub struct InspectedTask {
    db: Db,
    /// Keeps this process from opening it for writing meanwhile.
    _lease: Lease,
    directory: TaskDirectory,
    stores: Vec<InspectedStore>,
    checkpoint: StoredCheckpoint,
}

/// A store as it is found on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectedStore {
    /// Its name.
    pub name: String,
    /// How it is accessed.
    pub kind: StoreKind,
    /// The changelog offset up to which (exclusive) it goes; none where nothing was written.
    pub changelog: Option<Offset>,
    family: String,
}

impl RocksInspector {
    /// The states of the application under this directory; none when it has none there.
    ///
    /// # Errors
    /// A directory that can not be read; an application id that can not name one.
    pub fn open(state_dir: &Path, application_id: &str) -> Result<Option<Self>, StoreError> {
        let settings = RocksSettings { memory_bytes: MEMORY_BYTES, ..RocksSettings::new(state_dir, application_id) };
        let directory = ApplicationDirectory::find(state_dir, &settings.application_id)?;
        Ok(directory.map(|directory| Self { directory, settings }))
    }

    /// The tasks that have a state here, in order.
    ///
    /// # Errors
    /// The directory can not be read.
    pub fn tasks(&self) -> Result<Vec<TaskId>, StoreError> {
        self.directory.tasks()
    }

    /// Opens one of them.
    ///
    /// # Errors
    /// Somebody has it open, in this process or another; it is of another format, damaged, or no state.
    pub fn task(&self, task: TaskId) -> Result<InspectedTask, StoreError> {
        let directory = self.directory.task(task);
        // Before the lock file is touched: to close any descriptor of it would give up the lock that this process may hold.
        let lease = Lease::take(&directory).ok_or(StoreError::InUse { task })?;
        directory.look()?;
        if is_locked(directory.path())? {
            return Err(StoreError::OtherProcess { directory: Arc::clone(directory.path()) });
        }
        let failed = |error| database_failed("open the database for reading", directory.path(), &error);
        let memory = Memory::new(self.settings.memory_bytes);
        let mut options = database_options(&self.settings, &memory).map_err(failed)?;
        options.create_if_missing(false);
        options.create_missing_column_families(false);
        let families = Db::list_cf(&options, directory.path()).map_err(failed)?;
        let all = families.iter().map(|name| ColumnFamilyDescriptor::new(name, store_options(&memory)));
        let db = Db::open_cf_descriptors_read_only(&options, directory.path(), all, false).map_err(failed)?;
        let checkpoint = read_checkpoint(&db, &directory)?;
        let stores = families.into_iter().filter_map(|family| InspectedStore::of(family, &checkpoint));
        Ok(InspectedTask { stores: stores.collect(), db, _lease: lease, directory, checkpoint })
    }
}

impl InspectedStore {
    fn of(family: String, checkpoint: &StoredCheckpoint) -> Option<Self> {
        let (name, kind) = store_of(&family)?;
        Some(Self { name: name.to_owned(), kind, changelog: checkpoint.changelog.get(&family).copied(), family })
    }
}

impl InspectedTask {
    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The number of the format that it is written in; no other can be opened.
    #[must_use]
    pub fn format(&self) -> u32 {
        FORMAT
    }

    /// Its stores, by column family.
    #[must_use]
    pub fn stores(&self) -> &[InspectedStore] {
        &self.stores
    }

    /// Per input, in the order of the topology: the next offset to read that the content stands for.
    #[must_use]
    pub fn inputs(&self) -> &[Option<Offset>] {
        &self.checkpoint.inputs
    }

    /// The cluster and topic ids that the offsets belong to; empty where nothing was committed.
    #[must_use]
    pub fn identity(&self) -> &[u8] {
        &self.checkpoint.identity
    }

    /// The wall time of the last commit, in milliseconds since the epoch; 0 where there was none.
    #[must_use]
    pub fn committed_at_ms(&self) -> i64 {
        self.checkpoint.committed_at_ms
    }

    /// What its files take of the disk.
    ///
    /// # Errors
    /// The directory can not be read.
    pub fn disk_bytes(&self) -> Result<u64, StoreError> {
        let failed = |error: io::Error| system_failed("measure the state", self.path(), &error);
        let mut bytes = 0;
        for entry in fs::read_dir(self.path()).map_err(failed)? {
            bytes += entry.and_then(|entry| entry.metadata()).map_err(failed)?.len();
        }
        Ok(bytes)
    }

    /// The value under `key`; none where there is no such store or row.
    ///
    /// # Errors
    /// A row that can not be read.
    pub fn get(&self, store: &InspectedStore, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(family) = self.db.cf_handle(&store.family) else { return Ok(None) };
        self.db.get_cf(&family, key).map_err(|error| self.failed("read a row", &error))
    }

    /// Visits the rows whose keys begin with `prefix`, in the order of the keys, until told to stop.
    ///
    /// # Errors
    /// A row that can not be read.
    pub fn scan(&self, store: &InspectedStore, prefix: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let Some(family) = self.db.cf_handle(&store.family) else { return Ok(()) };
        let mut rows = self.db.raw_iterator_cf_opt(&family, ReadOptions::default());
        rows.seek(prefix);
        while let Some((key, value)) = rows.item() {
            if !key.starts_with(prefix) || visit(key, value).is_break() {
                break;
            }
            rows.next();
        }
        rows.status().map_err(|error| self.failed("scan", &error))
    }

    /// Unlike a task that runs, this leaves no mark of damage behind.
    fn failed(&self, operation: &'static str, error: &rocksdb::Error) -> StoreError {
        database_failed(operation, self.directory.path(), error)
    }
}

fn read_checkpoint(db: &Db, directory: &TaskDirectory) -> Result<StoredCheckpoint, StoreError> {
    let failed = |error| database_failed("read the checkpoint", directory.path(), &error);
    let row = match db.cf_handle(DEFAULT_COLUMN_FAMILY_NAME) {
        Some(own) => db.get_cf(&own, CHECKPOINT).map_err(failed)?,
        None => None,
    };
    match row {
        None => Ok(StoredCheckpoint::default()),
        Some(row) => StoredCheckpoint::decode(&row)
            .ok_or(StoreError::Corrupted { store: "checkpoint".into(), reason: "the row does not decode" }),
    }
}

/// Whether another process has the database open. The lock is asked for, not taken.
fn is_locked(directory: &Arc<Path>) -> Result<bool, StoreError> {
    let failed = |error: io::Error| system_failed("look at the lock", directory, &error);
    let file = match File::open(directory.join(LOCK_FILE)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed(error)),
    };
    let holder = fcntl_getlk(&file, &Flock::from(FlockType::WriteLock)).map_err(|error| failed(error.into()))?;
    Ok(holder.is_some())
}
