//! What a power cut does to states: the system had not written the end of their logs yet.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Cuts the newest log of each closed state in `application_dir`, the directory of the tasks' directories, at a place that
/// `below` picks: any number below its argument. Nothing that was flushed, or is older than the newest log, is touched: all that is
/// on the disk for good.
///
/// # Errors
/// A file that can not be read or cut.
pub fn cut_unsynced_tails(application_dir: &Path, below: &mut dyn FnMut(u64) -> u64) -> io::Result<()> {
    for directory in entries(application_dir)? {
        if directory.is_dir()
            && let Some(log) = logs(&directory)?.pop()
        {
            let file = OpenOptions::new().write(true).open(log)?;
            file.set_len(below(file.metadata()?.len() + 1))?;
        }
    }
    Ok(())
}

/// The write-ahead logs of a state, the newest last.
///
/// # Errors
/// A directory that can not be read.
pub fn logs(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut logs = entries(directory)?;
    // Numbers of six digits and more: by length first.
    logs.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    logs.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
    Ok(logs)
}

fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    entries.sort();
    Ok(entries)
}
