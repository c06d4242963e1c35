//! Writes an event log.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::value::RawValue;

use super::error::WriteError;
use super::line::LogRecord;
use super::{LINE_BYTES_MAX, is_compressed};

/// How much is written to the file at once.
const WRITE_BYTES: usize = 256 * 1024;
/// Zstandard's own default: more takes several times as long for a few percent.
const COMPRESSION_LEVEL: i32 = 3;

/// Writes records to a file, compressed when its name ends in `.zst`. The same records give the same bytes.
///
/// [`Self::finish`] must be called: a log that is dropped before lacks its end.
#[must_use]
pub struct EventLogWriter {
    path: PathBuf,
    output: Output,
    last_timestamp_ms: i64,
    /// Whether a record may be older than the one before it.
    takes_any_order: bool,
    line: Vec<u8>,
}

enum Output {
    Plain(BufWriter<File>),
    Compressed(zstd::Encoder<'static, BufWriter<File>>),
}

/// A line as it is read.
#[derive(Serialize)]
struct Line<'a> {
    topic: &'a str,
    key: Option<&'a str>,
    timestamp_ms: i64,
    value: Option<&'a RawValue>,
}

impl EventLogWriter {
    /// Makes the file, or empties the one that is there.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        let failed = |source| WriteError::Create { path: path.to_owned(), source };
        let file = BufWriter::with_capacity(WRITE_BYTES, File::create(path).map_err(failed)?);
        let output = if is_compressed(path) {
            let mut encoder = zstd::Encoder::new(file, COMPRESSION_LEVEL).map_err(failed)?;
            encoder.include_checksum(true).map_err(failed)?;
            Output::Compressed(encoder)
        } else {
            Output::Plain(file)
        };
        Ok(Self {
            path: path.to_owned(),
            output,
            last_timestamp_ms: i64::MIN,
            takes_any_order: false,
            line: Vec::new(),
        })
    }

    /// Takes records in the order in which they come, older ones behind newer ones too: for a log of what lies on a broker, where
    /// a partition is in order of arrival. Readers keep the order of a log, whatever its times.
    pub fn in_order_of_arrival(self) -> Self {
        Self { takes_any_order: true, ..self }
    }

    /// Appends a record; after an error about the record itself, others can still be written.
    ///
    /// # Errors
    /// The record is older than the one before it (unless that was allowed), its value is not JSON, its line is too long, or the disk is full.
    pub fn write(&mut self, record: &LogRecord<'_>) -> Result<(), WriteError> {
        let LogRecord { topic, key, timestamp_ms, value } = *record;
        if timestamp_ms < self.last_timestamp_ms && !self.takes_any_order {
            return Err(WriteError::OutOfOrder { timestamp_ms, last_timestamp_ms: self.last_timestamp_ms });
        }
        let not_json = |error: serde_json::Error| WriteError::Value { reason: error.to_string() };
        let value: Option<&RawValue> = value.map(serde_json::from_slice).transpose().map_err(not_json)?;
        self.line.clear();
        serde_json::to_writer(&mut self.line, &Line { topic, key, timestamp_ms, value }).map_err(not_json)?;
        // JSON allows line breaks between its tokens, and nowhere else: as blanks they mean the same.
        for byte in &mut self.line {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        if self.line.len() > LINE_BYTES_MAX {
            return Err(WriteError::TooLong { bytes: self.line.len() });
        }
        self.line.push(b'\n');
        let written = match &mut self.output {
            Output::Plain(file) => file.write_all(&self.line),
            Output::Compressed(encoder) => encoder.write_all(&self.line),
        };
        written.map_err(|source| WriteError::Write { path: self.path.clone(), source })?;
        self.last_timestamp_ms = timestamp_ms;
        Ok(())
    }

    /// Writes what is still in memory, and the end of the compression.
    ///
    /// # Errors
    /// The disk is full.
    pub fn finish(self) -> Result<(), WriteError> {
        let flushed = match self.output {
            Output::Plain(mut file) => file.flush(),
            Output::Compressed(encoder) => encoder.finish().and_then(|mut file: BufWriter<File>| file.flush()),
        };
        flushed.map_err(|source: io::Error| WriteError::Write { path: self.path, source })
    }
}
