//! One event log, line by line, in bounded memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{LineError, LogError, OpenError};
use super::{BROKEN_LINE_BYTES_KEPT, LINE_BYTES_MAX, is_compressed};

/// How much is read from the file at once.
const READ_BYTES: usize = 256 * 1024;

/// A log that is being read.
pub(super) struct LogFile {
    path: PathBuf,
    input: Box<dyn BufRead + Send>,
    /// How many lines have been read.
    line_number: u64,
    /// The current line, without its end.
    line: Vec<u8>,
    /// The file's size, compressed if it is.
    pub(super) bytes_total: u64,
    bytes_read: Arc<AtomicU64>,
    /// The end was reached, or an error that nothing can be read after.
    ended: bool,
}

/// What [`LogFile::advance`] came to.
pub(super) enum Advance {
    /// [`LogFile::line`] holds the next line.
    Line,
    /// The log ends here.
    End,
}

impl LogFile {
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let unreadable = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => OpenError::Missing { path: path.to_owned() },
            _ => OpenError::Unreadable { path: path.to_owned(), source },
        };
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(OpenError::NotAFile { path: path.to_owned() });
        }
        let bytes_read = Arc::new(AtomicU64::new(0));
        let file = Counting { input: File::open(path).map_err(unreadable)?, bytes_read: Arc::clone(&bytes_read) };
        let input: Box<dyn BufRead + Send> = if is_compressed(path) {
            let decoder = zstd::Decoder::new(file).map_err(unreadable)?;
            Box::new(BufReader::with_capacity(READ_BYTES, decoder))
        } else {
            Box::new(BufReader::with_capacity(READ_BYTES, file))
        };
        Ok(Self {
            path: path.to_owned(),
            input,
            line_number: 0,
            line: Vec::new(),
            bytes_total: metadata.len(),
            bytes_read,
            ended: false,
        })
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// The current line.
    pub(super) fn line(&self) -> &[u8] {
        &self.line
    }

    /// Goes to the next line that is not blank.
    pub(super) fn advance(&mut self) -> Result<Advance, LogError> {
        while !self.ended {
            self.line.clear();
            let limit = LINE_BYTES_MAX as u64 + 1;
            let read =
                self.input.by_ref().take(limit).read_until(b'\n', &mut self.line).map_err(|e| self.broken_off(e))?;
            if read == 0 {
                self.ended = true;
                break;
            }
            self.line_number += 1;
            if self.line.ends_with(b"\n") {
                self.line.pop();
            } else if self.line.len() > LINE_BYTES_MAX {
                let broken = self.broken(LineError::TooLong);
                self.skip_line()?;
                return Err(broken);
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(Advance::Line);
            }
        }
        // A line may have needed 16 MiB: give that back as soon as the log has ended.
        self.line = Vec::new();
        Ok(Advance::End)
    }

    /// The current line is no record.
    pub(super) fn broken(&self, reason: LineError) -> LogError {
        let bytes = self.line.get(..BROKEN_LINE_BYTES_KEPT).unwrap_or(&self.line).to_vec();
        LogError::Line { file: self.path.clone(), line: self.line_number, reason, bytes }
    }

    /// Drops the rest of a line that is too long to be kept.
    fn skip_line(&mut self) -> Result<(), LogError> {
        self.input.skip_until(b'\n').map_err(|error| self.broken_off(error))?;
        Ok(())
    }

    fn broken_off(&mut self, source: io::Error) -> LogError {
        self.ended = true;
        LogError::Read { file: self.path.clone(), line: self.line_number, source }
    }
}

/// Counts what is read from the file, for progress; that is less than the lines when the file is compressed.
struct Counting {
    input: File,
    bytes_read: Arc<AtomicU64>,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.bytes_read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
