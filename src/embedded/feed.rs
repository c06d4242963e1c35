//! Event logs as the stream's input, chunk by chunk.

use std::path::PathBuf;

use topology::event_log::{EventLogReader, LogError};

use super::Embedded;
use crate::failure::Failure;

/// Records between two commits, at least. A chunk ends where the time changes: records of one moment are chosen by the
/// order of their topics, so all of them must be there.
const CHUNK: u64 = 20_000;

/// Reads logs into the stream.
pub struct Feed {
    reader: EventLogReader,
    /// Read, and belongs to the next chunk.
    ahead: Option<Line>,
    /// Records read.
    pub records: u64,
    /// Records of topics that the stream does not read.
    pub other_topics: u64,
    /// The newest time.
    pub time_ms: i64,
}

/// A record of a log, kept.
struct Line {
    topic: String,
    key: Option<String>,
    timestamp_ms: i64,
    value: Option<Vec<u8>>,
}

/// What is to be known of a feed as it goes.
pub trait FeedWatcher {
    /// A record of topic `session`: titles are in there.
    fn session(&mut self, key: &str, value: &[u8]);
    /// A line that is no record.
    ///
    /// # Errors
    /// When that can not be reported.
    fn broken(&mut self, error: &LogError) -> Result<(), Failure>;
}

impl Feed {
    /// Opens the logs.
    ///
    /// # Errors
    /// Refused when one can not be read.
    pub fn open(logs: &[PathBuf]) -> Result<Self, Failure> {
        let reader = EventLogReader::open(logs)
            .map_err(|error| Failure::refused(error, "name event logs that exist and that you may read"))?;
        Ok(Self { reader, ahead: None, records: 0, other_topics: 0, time_ms: i64::MIN })
    }

    /// Bytes of the logs read so far.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.reader.bytes_read()
    }

    /// Sends the next chunk; says whether there was one.
    ///
    /// # Errors
    /// A log that can not be read on, or what the broker or the watcher says.
    pub fn next_chunk(&mut self, stream: &mut Embedded, watcher: &mut impl FeedWatcher) -> Result<bool, Failure> {
        let mut sent = 0;
        let mut last = i64::MIN;
        if let Some(line) = self.ahead.take() {
            last = line.timestamp_ms;
            let known =
                stream.send(&line.topic, line.key.as_deref().map(str::as_bytes), last, line.value.as_deref())?;
            self.other_topics += u64::from(!known);
            sent += 1;
        }
        while let Some(next) = self.reader.next_record() {
            let record = match next {
                Ok(record) => record,
                Err(error @ LogError::Line { .. }) => {
                    watcher.broken(&error)?;
                    continue;
                }
                Err(error) => return Err(Failure::failed(error)),
            };
            self.records += 1;
            self.time_ms = self.time_ms.max(record.timestamp_ms);
            if record.topic == topology::wire::topics::SESSION {
                watcher.session(record.key.unwrap_or_default(), record.value.unwrap_or_default());
            }
            if sent >= CHUNK && record.timestamp_ms != last {
                self.ahead = Some(Line {
                    topic: record.topic.to_owned(),
                    key: record.key.map(str::to_owned),
                    timestamp_ms: record.timestamp_ms,
                    value: record.value.map(<[u8]>::to_vec),
                });
                return Ok(true);
            }
            last = record.timestamp_ms;
            let known = stream.send(record.topic, record.key.map(str::as_bytes), last, record.value)?;
            self.other_topics += u64::from(!known);
            sent += 1;
        }
        Ok(sent > 0)
    }
}
