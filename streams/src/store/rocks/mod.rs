//! State stores on disk: one RocksDB per task, one column family per store.
//!
//! A commit is one write batch with rows and checkpoint, into a log that is not synced. A process that is killed loses
//! nothing, because the log lies in the system's cache. A power cut loses a tail, rows and checkpoint together, and the
//! changelog has it. Nothing here asks a clock: the age of what is unflushed is told by the checkpoints.

mod backend;
mod checkpoint;
mod database;
mod directory;
mod failure;
mod inspect;
mod lease;
mod memory;
mod options;
#[cfg(any(test, feature = "testing"))]
pub mod power_cut;
mod recent;
mod settings;
mod statistics;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::{Backend, BackendProvider, StoreError, StoreSpec};
use crate::task::TaskId;
use backend::RocksBackend;
use database::Database;
use directory::ApplicationDirectory;
pub use inspect::{InspectedStore, InspectedTask, RocksInspector};
use lease::Lease;
use memory::Memory;
pub use settings::RocksSettings;
pub use statistics::{RocksStatistics, TaskStatistics};

/// The states of an application's tasks under one directory, and the memory that they share. Clones share both.
#[derive(Clone)]
pub struct RocksBackends {
    shared: Arc<Shared>,
}

struct Shared {
    settings: RocksSettings,
    directory: ApplicationDirectory,
    memory: Memory,
    /// What is open, for statistics.
    open: Mutex<BTreeMap<TaskId, Weak<Database>>>,
}

impl RocksBackends {
    /// Makes the application's directory where there is none.
    ///
    /// # Errors
    /// A directory that can not be made or read; an application id that can not name one.
    pub fn new(settings: RocksSettings) -> Result<Self, StoreError> {
        let directory = ApplicationDirectory::make(&settings.state_dir, &settings.application_id)?;
        let memory = Memory::new(settings.memory_bytes);
        let shared = Shared { settings, directory, memory, open: Mutex::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The tasks that have a state here, in order; whether it is of use shows when it is opened.
    ///
    /// # Errors
    /// The directory can not be read.
    pub fn tasks_on_disk(&self) -> Result<Vec<TaskId>, StoreError> {
        self.shared.directory.tasks()
    }

    /// What memory and disk hold at this moment.
    ///
    /// # Errors
    /// A database that does not answer.
    pub fn statistics(&self) -> Result<RocksStatistics, StoreError> {
        let open = self.databases();
        let tasks = open.iter().map(|database| Ok((database.task(), database.statistics()?)));
        let tasks = tasks.collect::<Result<_, StoreError>>()?;
        let memory = &self.shared.memory;
        Ok(RocksStatistics {
            memory_bytes_max: self.shared.settings.memory_bytes,
            cache_bytes: memory.cache_bytes(),
            cache_pinned_bytes: memory.cache_pinned_bytes(),
            memtable_bytes: memory.memtable_bytes(),
            tasks,
        })
    }

    /// Flushes the fullest databases, and waits for it, until unflushed writes are within their bound. RocksDB itself flushes only
    /// what is being written to, so that idle tasks would keep what they hold from the others.
    fn relieve_memory(&self) -> Result<(), StoreError> {
        if !self.shared.memory.is_exceeded() {
            return Ok(());
        }
        let mut open = self.databases();
        open.sort_by_cached_key(|database| database.memtable_bytes());
        while let Some(fullest) = open.pop().filter(|_| self.shared.memory.is_exceeded()) {
            fullest.flush(true)?;
        }
        Ok(())
    }

    /// Those that are open. They stay so while they are held.
    fn databases(&self) -> Vec<Arc<Database>> {
        self.opened().values().filter_map(Weak::upgrade).collect()
    }

    /// A panic elsewhere does not make the map unusable: it is only ever changed in one step.
    fn opened(&self) -> MutexGuard<'_, BTreeMap<TaskId, Weak<Database>>> {
        self.shared.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl core::fmt::Debug for RocksBackends {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RocksBackends").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

impl BackendProvider for RocksBackends {
    fn open(&self, task: TaskId, stores: &[StoreSpec]) -> Result<Box<dyn Backend>, StoreError> {
        let Shared { settings, directory, memory, .. } = &*self.shared;
        let directory = directory.task(task);
        let lease = Lease::take(&directory).ok_or(StoreError::InUse { task })?;
        directory.prepare()?;
        let database = Arc::new(Database::open(settings, memory, directory, lease, stores)?);
        let mut open = self.opened();
        open.retain(|_, database| database.strong_count() > 0);
        open.insert(task, Arc::downgrade(&database));
        drop(open);
        Ok(Box::new(RocksBackend::new(database, self.clone(), stores, settings.flush_interval_ms)?))
    }

    fn discard(&self, task: TaskId) -> Result<(), StoreError> {
        let directory = self.shared.directory.task(task);
        let _lease = Lease::take(&directory).ok_or(StoreError::InUse { task })?;
        Database::destroy(&directory)?;
        directory.remove()
    }
}
