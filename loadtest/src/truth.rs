//! The truth about simulated sessions: what goes wrong in them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use domain::audience::SessionPlan;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::unfinished::Unfinished;

/// One planned anomaly: a line of the truth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// The session.
    pub session: String,
    /// The anomaly's class, as on the wire.
    pub class: String,
    /// When it begins.
    pub onset_ms: i64,
    /// When it stops acting.
    pub end_ms: i64,
}

/// Writes the truth, one JSON line per anomaly; it appears under its name when it is whole.
#[must_use]
pub struct TruthWriter {
    writer: BufWriter<File>,
    file: Unfinished,
    count: u64,
}

impl TruthWriter {
    /// Begins the file `target`.
    ///
    /// # Errors
    /// It is there already and is not to be replaced, or cannot be made.
    pub fn create(target: &Path, replace: bool) -> Result<Self, Error> {
        let file = Unfinished::new(target, replace)?;
        let writer = File::create(file.path()).map_err(|source| Error::file(target, source))?;
        Ok(Self { file, writer: BufWriter::new(writer), count: 0 })
    }

    /// Appends the anomalies of a session, in order of their onsets.
    ///
    /// # Errors
    /// The disk is full.
    pub fn write(&mut self, session: &str, plan: &SessionPlan) -> Result<(), Error> {
        for anomaly in &plan.anomalies {
            let truth = Truth {
                session: session.to_owned(),
                class: anomaly.class.name().to_owned(),
                onset_ms: anomaly.onset_ms,
                end_ms: anomaly.end_ms,
            };
            let written = serde_json::to_writer(&mut self.writer, &truth).map_err(std::io::Error::from);
            written
                .and_then(|()| self.writer.write_all(b"\n"))
                .map_err(|source| Error::file(self.file.path(), source))?;
            self.count += 1;
        }
        Ok(())
    }

    /// Ends the file and gives it its name; how many anomalies it holds.
    ///
    /// # Errors
    /// The disk is full, or the file cannot be moved.
    pub fn finish(mut self) -> Result<u64, Error> {
        self.writer.flush().map_err(|source| Error::file(self.file.path(), source))?;
        self.file.finish()?;
        Ok(self.count)
    }
}
