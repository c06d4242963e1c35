//! What RocksDB and the operating system say, in the words of the store's errors.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rocksdb::ErrorKind;

use crate::store::StoreError;

/// What RocksDB says when another process holds its lock file.
const LOCKED: &str = "While lock file";
/// How it begins when the disk is full.
const NO_SPACE: &str = "IO error: No space left on device";

/// `operation` on the database in `directory` failed.
pub(super) fn database_failed(operation: &'static str, directory: &Arc<Path>, error: &rocksdb::Error) -> StoreError {
    let (kind, message): (ErrorKind, &str) = (error.kind(), error.as_ref());
    failed(operation, directory, kind == ErrorKind::Corruption, message)
}

fn failed(operation: &'static str, directory: &Arc<Path>, is_corruption: bool, message: &str) -> StoreError {
    let directory = Arc::clone(directory);
    if is_corruption {
        return StoreError::Damaged { directory, message: message.into() };
    }
    if message.contains(LOCKED) {
        return StoreError::OtherProcess { directory };
    }
    if message.starts_with(NO_SPACE) {
        return StoreError::DiskFull { operation, directory };
    }
    StoreError::Io { operation, directory, message: message.into() }
}

/// `operation` on the file or directory `path` failed.
pub(super) fn system_failed(operation: &'static str, path: &Path, error: &io::Error) -> StoreError {
    let directory = Arc::from(path);
    match error.kind() {
        io::ErrorKind::StorageFull => StoreError::DiskFull { operation, directory },
        _ => StoreError::Io { operation, directory, message: error.to_string().into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As RocksDB 11 words them; the other causes are met in earnest by the tests of this room.
    #[test]
    fn a_full_disk_and_a_failing_one_are_told_apart() {
        let directory: Arc<Path> = Path::new("/state/app/0_1").into();
        let full = "IO error: No space left on device: While appending to file: /state/app/0_1/000012.log: No space left on device";
        let broken = "IO error: While fsync: /state/app/0_1/000012.sst: Input/output error";
        assert_eq!(
            failed("apply", &directory, false, full).to_string(),
            "apply: the disk of /state/app/0_1 is full; make room, then start again"
        );
        assert_eq!(
            failed("apply", &directory, false, broken).to_string(),
            format!("apply in /state/app/0_1: {broken}; check the disk, and that the directory may be written")
        );
        let full = system_failed("make the directory", &directory, &io::ErrorKind::StorageFull.into());
        assert_eq!(full, StoreError::DiskFull { operation: "make the directory", directory });
    }
}
