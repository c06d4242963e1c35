//! The event log that is being written.

use std::path::Path;

use topology::codec::Format;
use topology::event_log::{EventLogWriter, LogRecord};
use topology::simulated::Input;

use crate::error::Error;
use crate::summary::Counts;
use crate::unfinished::Unfinished;

/// An event log that appears under its name when it is whole, and counts what goes into it.
#[must_use]
pub struct Output {
    writer: EventLogWriter,
    file: Unfinished,
    /// The value of the record at hand, kept for its memory.
    value: Vec<u8>,
    counts: Counts,
}

impl Output {
    /// Begins the log `target`.
    ///
    /// # Errors
    /// It is there already and is not to be replaced, or cannot be made.
    pub fn create(target: &Path, replace: bool) -> Result<Self, Error> {
        let file = Unfinished::new(target, replace)?;
        let writer = EventLogWriter::create(file.path())?;
        Ok(Self { file, writer, value: Vec::new(), counts: Counts::default() })
    }

    /// Appends a record of a session.
    ///
    /// # Errors
    /// The record breaks the contract, lies before the last one, or the disk is full.
    pub fn write(&mut self, session: &str, at_ms: i64, input: &Input) -> Result<(), Error> {
        self.value.clear();
        input.encode(Format::Json, &mut self.value)?;
        let topic = input.topic();
        let (key, value) = (Some(session), Some(self.value.as_slice()));
        self.writer.write(&LogRecord { topic, key, timestamp_ms: at_ms, value })?;
        self.counts.add(topic, at_ms);
        Ok(())
    }

    /// Ends the log and gives it its name.
    ///
    /// # Errors
    /// The disk is full, or the file cannot be moved.
    pub fn finish(self) -> Result<Counts, Error> {
        self.writer.finish()?;
        self.file.finish()?;
        Ok(self.counts)
    }
}
