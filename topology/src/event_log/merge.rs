//! One or several event logs as one stream, ordered by timestamp.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;

use super::error::{LogError, OpenError};
use super::line::{LogRecord, Parsed};
use super::read::{Advance, LogFile};

/// Reads event logs, merged by timestamp; records with the same one come in the order in which the files were named.
///
/// Keeps one line per file in memory. A single log is read in its own order, whether or not it keeps to timestamps.
pub struct EventLogReader {
    sources: Vec<Source>,
    /// The next record of each source that has one: timestamp, index of the source.
    heads: BinaryHeap<Reverse<(i64, usize)>>,
    /// Sources whose next line has not been read yet, the next one last.
    waiting: Vec<usize>,
}

struct Source {
    file: LogFile,
    /// The record on the file's current line.
    head: Option<Parsed>,
}

impl EventLogReader {
    /// Opens every log; nothing is read yet.
    ///
    /// # Errors
    /// The first of the paths that names no readable file.
    pub fn open<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, OpenError> {
        let sources = paths
            .into_iter()
            .map(|path| Ok(Source { file: LogFile::open(path.as_ref())?, head: None }))
            .collect::<Result<Vec<_>, _>>()?;
        let waiting = (0..sources.len()).rev().collect();
        Ok(Self { sources, heads: BinaryHeap::new(), waiting })
    }

    /// The next record, or what is wrong with the line where it should be; nothing: all logs have ended.
    ///
    /// A broken line comes as soon as it is met, right after the record before it; ask again to read on after it.
    pub fn next_record(&mut self) -> Option<Result<LogRecord<'_>, LogError>> {
        if let Err(error) = self.read_heads() {
            return Some(Err(error));
        }
        let Reverse((_, index)) = self.heads.pop()?;
        self.waiting.push(index);
        let source = self.sources.get(index)?;
        Some(Ok(source.head.as_ref()?.record(source.file.line())))
    }

    /// How many bytes of the files have been read so far.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.sources.iter().map(|source| source.file.bytes_read()).sum()
    }

    /// How many bytes the files have, compressed where they are.
    #[must_use]
    pub fn bytes_total(&self) -> u64 {
        self.sources.iter().map(|source| source.file.bytes_total).sum()
    }

    /// Reads the next line of every source that waits for it. Stops at a broken one; the next call goes on after it.
    fn read_heads(&mut self) -> Result<(), LogError> {
        while let Some(&index) = self.waiting.last() {
            if let Some(source) = self.sources.get_mut(index)
                && let Some(timestamp_ms) = source.read_head()?
            {
                self.heads.push(Reverse((timestamp_ms, index)));
            }
            self.waiting.pop();
        }
        Ok(())
    }
}

impl Source {
    fn read_head(&mut self) -> Result<Option<i64>, LogError> {
        self.head = match self.file.advance()? {
            Advance::End => None,
            Advance::Line => Some(Parsed::of(self.file.line()).map_err(|reason| self.file.broken(reason))?),
        };
        Ok(self.head.as_ref().map(|head| head.timestamp_ms))
    }
}
