//! A file that appears under its name only when it is whole.

use std::path::{Path, PathBuf};

use crate::error::Error;

/// What the name of an unfinished file begins with; its ending stays, for it says how the file is compressed.
const PREFIX: &str = ".unfinished-";

/// A file in the making, beside the one that it will be. Dropped before [`Self::finish`] it is removed; what a killed process left
/// is written over by the next run.
#[derive(Debug)]
#[must_use]
pub struct Unfinished {
    path: PathBuf,
    target: PathBuf,
    finished: bool,
}

impl Unfinished {
    /// A file that will be `target`; nothing is written yet.
    ///
    /// # Errors
    /// The target is there already and is not to be replaced, or its path names no file.
    pub fn new(target: &Path, replace: bool) -> Result<Self, Error> {
        let Some(name) = target.file_name() else { return Err(Error::NoName { path: target.to_owned() }) };
        if target.is_dir() || (!replace && target.symlink_metadata().is_ok()) {
            return Err(Error::Exists { path: target.to_owned() });
        }
        let mut unfinished = std::ffi::OsString::from(PREFIX);
        unfinished.push(name);
        Ok(Self { path: target.with_file_name(unfinished), target: target.to_owned(), finished: false })
    }

    /// Where to write.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// The system does not let it.
    pub fn finish(mut self) -> Result<(), Error> {
        std::fs::rename(&self.path, &self.target).map_err(|source| Error::file(&self.target, source))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.finished {
            // It may never have been made, and there is nobody left to tell.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_when_it_is_finished_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("log.jsonl.zst");
        let unfinished = Unfinished::new(&target, false).unwrap();
        std::fs::write(unfinished.path(), "whole").unwrap();
        assert_eq!(unfinished.path().extension().unwrap(), "zst");
        assert!(!target.exists());
        unfinished.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "whole");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_finished_leaves_nothing_and_keeps_the_old() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("log.jsonl");
        std::fs::write(&target, "old").unwrap();
        let unfinished = Unfinished::new(&target, true).unwrap();
        std::fs::write(unfinished.path(), "half").unwrap();
        drop(unfinished);
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn nothing_is_replaced_unasked_and_no_folder_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("log.jsonl");
        std::fs::write(&target, "old").unwrap();
        let error = Unfinished::new(&target, false).unwrap_err();
        assert!(error.to_string().contains("pass --force") && error.exit_code() == 2, "{error}");
        assert!(Unfinished::new(folder.path(), true).is_err());
    }
}
