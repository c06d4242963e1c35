//! What can go wrong with an event log.

use std::io;
use std::path::PathBuf;

use super::LINE_BYTES_MAX;

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such file.
    #[error("there is no event log `{}`: check the path, or make one with `generate` or `record`", path.display())]
    Missing {
        /// The path as given.
        path: PathBuf,
    },
    /// A directory, a device, ...
    #[error("`{}` is not a file: name the event logs in it one by one", path.display())]
    NotAFile {
        /// The path as given.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("cannot read the event log `{}`: {source}; check its permissions", path.display())]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Why a record cannot be had from a log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// One line is broken; reading goes on after it.
    #[error("{}:{line}: {reason}", file.display())]
    Line {
        /// The log.
        file: PathBuf,
        /// The number of the line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: LineError,
        /// The line itself, cut to [`super::BROKEN_LINE_BYTES_KEPT`].
        bytes: Vec<u8>,
    },
    /// The file could be opened and not be read to its end; nothing more comes from it.
    #[error("cannot read the event log `{}` after line {line}: {source}", file.display())]
    Read {
        /// The log.
        file: PathBuf,
        /// The number of the last line that was read.
        line: u64,
        /// What the system, or the decompression, said.
        source: io::Error,
    },
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// It is no JSON object with the fields of a record.
    #[error("not a record: {0}")]
    Record(String),
    /// It is longer than any record may be.
    #[error("the line is longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
}

/// Why a record cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file cannot be made.
    #[error("cannot create the event log `{}`: {source}; check that its directory exists and can be written", path.display())]
    Create {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be written any further.
    #[error("cannot write the event log `{}`: {source}", path.display())]
    Write {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An event log is ordered by timestamp, unless it was begun otherwise.
    #[error(
        "the record's timestamp {timestamp_ms} is before {last_timestamp_ms}, the one before it: sort the records by timestamp"
    )]
    OutOfOrder {
        /// The record's.
        timestamp_ms: i64,
        /// The one before it.
        last_timestamp_ms: i64,
    },
    /// Values are JSON.
    #[error("the record's value is not JSON: {reason}")]
    Value {
        /// What the parser said.
        reason: String,
    },
    /// Nobody could read the line.
    #[error("the record takes a line of {bytes} bytes, the limit is {LINE_BYTES_MAX}")]
    TooLong {
        /// The length of the line.
        bytes: usize,
    },
}
