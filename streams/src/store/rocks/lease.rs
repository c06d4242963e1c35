//! Who has which directory open, in this process. Another process is kept out by RocksDB's own lock.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::directory::TaskDirectory;

/// One list for the process: providers that do not know of each other may be given the same directory.
static LEASED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A task's directory, for as long as this lives.
pub(super) struct Lease {
    directory: PathBuf,
}

impl Lease {
    /// None while another has it.
    pub(super) fn take(directory: &TaskDirectory) -> Option<Self> {
        let directory: &Path = directory.path();
        leased().insert(directory.to_owned()).then(|| Self { directory: directory.to_owned() })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        leased().remove(&self.directory);
    }
}

/// A panic elsewhere does not make the set unusable: it is only ever changed in one step.
fn leased() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    LEASED.lock().unwrap_or_else(PoisonError::into_inner)
}
