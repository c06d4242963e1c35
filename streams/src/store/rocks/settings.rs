//! Where states are kept, and how much of the machine they may use.

use std::path::PathBuf;
use std::sync::Arc;

/// The settings of all states of one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RocksSettings {
    /// States lie in `<state_dir>/<application_id>/<task>/`. On a disk of its own machine, never on a network's.
    pub state_dir: PathBuf,
    /// The application; two on one machine may share a state directory.
    pub application_id: Arc<str>,
    /// Blocks read, indexes, filters and unflushed writes of all tasks together stay below this. Beside it, a task keeps up to a MiB
    /// of the rows that it wrote last.
    pub memory_bytes: usize,
    /// The write-ahead log of one task; beyond it, what it holds is flushed.
    pub wal_bytes_max: u64,
    /// What was applied is flushed after this long at the latest, so that a quiet store does not hold the log. By the wall
    /// times of the commits.
    pub flush_interval_ms: u64,
    /// Files that one task keeps open.
    pub open_files_max: u32,
    /// Flushes and compactions at the same time, over all tasks.
    pub background_jobs_max: u32,
}

impl RocksSettings {
    /// The usual ones: 256 MiB of memory, and per task 64 MiB of log and 256 files.
    #[must_use]
    pub fn new(state_dir: impl Into<PathBuf>, application_id: &str) -> Self {
        Self {
            state_dir: state_dir.into(),
            application_id: application_id.into(),
            memory_bytes: 256 << 20,
            wal_bytes_max: 64 << 20,
            flush_interval_ms: 30_000,
            open_files_max: 256,
            background_jobs_max: 2,
        }
    }
}
