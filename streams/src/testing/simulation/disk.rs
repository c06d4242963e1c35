//! The disks of the simulated machines: what a process leaves on them, and what becomes of it.

#[cfg(feature = "rocks")]
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::store::BackendProvider;
use crate::store::memory::MemoryBackends;
#[cfg(feature = "rocks")]
use crate::store::rocks::{RocksBackends, RocksSettings, power_cut};

/// The disk of one machine. It outlives the processes that run there.
pub trait Disk: Send {
    /// The states on it, for a life of the process.
    ///
    /// # Errors
    /// What the simulation can not go on from.
    fn open(&mut self) -> Result<Arc<dyn BackendProvider>, String>;
    /// Is replaced by an empty one. No process runs.
    ///
    /// # Errors
    /// What the simulation can not go on from.
    fn wipe(&mut self) -> Result<(), String>;
    /// The power goes: what was not synced may be lost, and `below` (a number below its argument) says how much. Says whether it was
    /// so this time. No process runs.
    ///
    /// # Errors
    /// What the simulation can not go on from.
    fn cut_power(&mut self, below: &mut dyn FnMut(u64) -> u64) -> Result<bool, String>;
}

/// Remembers everything at once.
#[derive(Default)]
pub struct MemoryDisk {
    backends: MemoryBackends,
}

impl Disk for MemoryDisk {
    fn open(&mut self) -> Result<Arc<dyn BackendProvider>, String> {
        Ok(Arc::new(self.backends.clone()))
    }

    fn wipe(&mut self) -> Result<(), String> {
        self.backends = MemoryBackends::default();
        Ok(())
    }

    fn cut_power(&mut self, _below: &mut dyn FnMut(u64) -> u64) -> Result<bool, String> {
        Ok(false)
    }
}

/// A directory with `RocksDB`.
#[cfg(feature = "rocks")]
pub struct RocksDisk {
    settings: RocksSettings,
}

#[cfg(feature = "rocks")]
impl RocksDisk {
    /// Power cuts, of a hundred times that a process is not running.
    const POWER_CUTS_PERCENT: u64 = 40;

    /// Flushes and logs come often enough for a simulation to meet them.
    #[must_use]
    pub fn new(state_dir: impl Into<PathBuf>, application_id: &str) -> Self {
        let settings = RocksSettings {
            memory_bytes: 8 << 20,
            flush_interval_ms: 2_000,
            ..RocksSettings::new(state_dir, application_id)
        };
        Self { settings }
    }

    fn directory(&self) -> PathBuf {
        self.settings.state_dir.join(&*self.settings.application_id)
    }
}

#[cfg(feature = "rocks")]
impl Disk for RocksDisk {
    fn open(&mut self) -> Result<Arc<dyn BackendProvider>, String> {
        let backends = RocksBackends::new(self.settings.clone()).map_err(|error| error.to_string())?;
        Ok(Arc::new(backends))
    }

    fn wipe(&mut self) -> Result<(), String> {
        let directory: &Path = &self.settings.state_dir;
        match directory.exists() {
            true => std::fs::remove_dir_all(directory).map_err(|error| error.to_string()),
            false => Ok(()),
        }
    }

    fn cut_power(&mut self, below: &mut dyn FnMut(u64) -> u64) -> Result<bool, String> {
        let directory = self.directory();
        if below(100) >= Self::POWER_CUTS_PERCENT || !directory.exists() {
            return Ok(false);
        }
        power_cut::cut_unsynced_tails(&directory, below).map_err(|error| error.to_string())?;
        Ok(true)
    }
}
