//! What can go wrong, and whose turn it is.

use std::io;
use std::path::{Path, PathBuf};

use topology::codec::EncodeError;
use topology::event_log::WriteError;

/// Why no log was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing is overwritten unasked.
    #[error("`{}` is there already: name another file, or pass --force to replace it", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Two outputs, one name.
    #[error("--out and --truth both name `{}`: give them different files", path.display())]
    SameFile {
        /// The file.
        path: PathBuf,
    },
    /// A log without a file name cannot be written.
    #[error("`{}` names no file: give the log a name", path.display())]
    NoName {
        /// The path as given.
        path: PathBuf,
    },
    /// An input cannot be opened.
    #[error("cannot read `{}`: {source}; check the path", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An input is larger than what is held in memory.
    #[error("`{}` has {bytes} bytes, the limit is {limit}: split it", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The largest that is read.
        limit: u64,
    },
    /// An input is another kind of file.
    #[error("`{}` has no column `{column}`, it has: {found}; check that it is the right file", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// The column that it needs.
        column: &'static str,
        /// The columns that it has.
        found: String,
    },
    /// An input without a single row.
    #[error("`{}` has no rows: nothing to import", path.display())]
    NoRows {
        /// The file.
        path: PathBuf,
    },
    /// A row of an input is broken.
    #[error("{}:{line}: {reason}; mend or remove the row", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The line on which the row begins.
        line: u64,
        /// What is wrong with it.
        reason: RowError,
    },
    /// A record breaks the wire contract.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The log cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A file beside the log cannot be written or moved to its name.
    #[error("cannot write `{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// 2: the command line is to be changed. 1: something else is.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Exists { .. }
            | Self::SameFile { .. }
            | Self::NoName { .. }
            | Self::Open { .. }
            | Self::TooLarge { .. }
            | Self::Column { .. }
            | Self::Write(WriteError::Create { .. }) => 2,
            Self::NoRows { .. } | Self::Row { .. } | Self::Encode(_) | Self::Write(_) | Self::File { .. } => 1,
        }
    }

    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}

/// What is wrong with a row.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// The file is no CSV from here on.
    #[error("not a row of CSV: {0}")]
    Csv(csv::Error),
    /// No such number.
    #[error("`{column}` is `{value}`, expected a whole number from 0 to {max}")]
    Number {
        /// The column.
        column: &'static str,
        /// What it holds.
        value: String,
        /// The largest that it may hold.
        max: u32,
    },
    /// Not a time.
    #[error("`{column}` is `{value}`, expected a time in UTC such as 2018-01-14 12:57:00")]
    Time {
        /// The column.
        column: &'static str,
        /// What it holds.
        value: String,
    },
    /// Not a duration.
    #[error("`{column}` is `{value}`, expected a duration such as 00:44:12")]
    Duration {
        /// The column.
        column: &'static str,
        /// What it holds.
        value: String,
    },
    /// Nothing where something must be.
    #[error("`{column}` is empty")]
    Empty {
        /// The column.
        column: &'static str,
    },
    /// Rows out of order.
    #[error("`{column}` is {value}, before {previous} in the row above; expected rows in order of time")]
    Order {
        /// The column.
        column: &'static str,
        /// What it holds.
        value: i64,
        /// What the row above holds.
        previous: i64,
    },
    /// Two rows for the same minute.
    #[error("less than a minute after the row of line {other}; expected one row a minute")]
    Minute {
        /// The line of the other row.
        other: u64,
    },
    /// A name from outside its set.
    #[error("`{column}` is `{value}`, expected one of {expected}")]
    Name {
        /// The column.
        column: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// An event of a session that is not listed.
    #[error("the session {session} is not in sessions.csv")]
    Session {
        /// The session.
        session: u32,
    },
    /// A session that ends before it starts, or is listed twice.
    #[error("the session {session} ends before it starts, or is listed twice")]
    Span {
        /// The session.
        session: u32,
    },
}
