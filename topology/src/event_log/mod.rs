//! Records in a file, one a line, ordered by timestamp; compressed when the name ends in `.zst`. A log that was recorded from
//! a broker keeps the order within each partition instead, where the two differ.
//!
//! ```text
//! {"topic":"chat","key":"s-1","timestamp_ms":1700000000000,"value":{"kind":"message","user":"u-7","text":"hi"}}
//! ```
//!
//! [`EventLogReader`] streams one or several logs in bounded memory and merges them by timestamp; [`EventLogWriter`]
//! writes one; [`Speed`] is how fast one goes by. Both take values as JSON text and do not look into them: that is the codec's work.

mod error;
mod line;
mod merge;
mod read;
mod speed;
mod write;

pub use error::{LineError, LogError, OpenError, WriteError};
pub use line::LogRecord;
pub use merge::EventLogReader;
pub use speed::{NoSpeed, Speed};
pub use write::EventLogWriter;

/// The longest line that is read or written, in bytes.
pub const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How much of a broken line its error carries, in bytes: as much as a dead letter may hold.
pub const BROKEN_LINE_BYTES_KEPT: usize = 512 * 1024;

/// Logs with this ending are compressed.
const COMPRESSED_ENDING: &str = "zst";

fn is_compressed(path: &std::path::Path) -> bool {
    path.extension().is_some_and(|ending| ending == COMPRESSED_ENDING)
}

#[cfg(test)]
mod tests;
