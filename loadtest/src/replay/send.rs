//! Sends the records when they are due.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use streams::broker::{BrokerError, TransactionalProducer};
use streams::partition::partition_of;
use topology::event_log::{EventLogReader, LogError, LogRecord};

use super::batch::{Batch, Outgoing, Sent};
use super::shift::{Grid, shift, shifted};
use crate::clock::Pacing;
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use topology::event_log::Speed;

/// A transaction is open for so long: who reads committed records sees an event that much later at most.
const COMMIT_EVERY_MS: i64 = 100;
/// Waits are cut into pieces of this, so that an end that is asked for comes soon.
const WAIT_MS_MAX: i64 = 50;

/// The topics that are fed, with their numbers of partitions.
pub(super) type Targets = BTreeMap<Arc<str>, u32>;

/// When records are due, and by how much their times move.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    pub(super) speed: Speed,
    /// The timestamp in the logs of what is sent first at that speed; what lies before is sent at once.
    pub(super) first_ms: i64,
    /// When it is sent.
    pub(super) start_ms: i64,
    /// What is added to each timestamp.
    pub(super) shift_ms: i64,
}

impl Schedule {
    /// For logs with this span, from `now_ms` on, when the lead has gone by; without a grid times stay as they are.
    pub(super) fn new(
        speed: Speed,
        (first_ms, last_ms): (i64, i64),
        lead_ms: i64,
        now_ms: i64,
        grid: Option<Grid>,
    ) -> Self {
        let first_ms = first_ms.saturating_add(lead_ms).min(last_ms);
        let shift_ms = grid.map_or(0, |grid| shift((first_ms, last_ms), now_ms, speed, grid));
        Self { speed, first_ms, start_ms: now_ms, shift_ms }
    }

    /// How far ahead of the clock a timestamp of the logs will lie when its record is sent.
    pub(super) fn ahead_ms(&self, timestamp_ms: i64) -> i64 {
        timestamp_ms.saturating_add(self.shift_ms).saturating_sub(self.due_ms(timestamp_ms))
    }

    fn due_ms(&self, timestamp_ms: i64) -> i64 {
        self.start_ms.saturating_add(self.speed.due_ms(timestamp_ms.saturating_sub(self.first_ms)))
    }
}

/// Sends records when they are due, in short transactions.
pub(super) struct Sender<'a, P> {
    batch: Batch<P>,
    schedule: Schedule,
    targets: &'a Targets,
    clock: &'a dyn Pacing,
    interrupt: &'a Interrupt,
    /// When the open transaction is to end.
    commit_at_ms: i64,
}

impl<'a, P: TransactionalProducer> Sender<'a, P> {
    /// The producer is ready to begin a transaction.
    pub(super) fn new(
        producer: P,
        schedule: Schedule,
        targets: &'a Targets,
        clock: &'a dyn Pacing,
        interrupt: &'a Interrupt,
    ) -> Self {
        Self { batch: Batch::new(producer), schedule, targets, clock, interrupt, commit_at_ms: i64::MAX }
    }

    /// Sends the logs to their end, or until somebody asks for one; either way everything that was sent is committed.
    pub(super) fn run(mut self, logs: &[PathBuf], progress: &Progress) -> Result<Sent, Error> {
        let mut reader = EventLogReader::open(logs)?;
        while !self.interrupt.is_asked()
            && let Some(next) = reader.next_record()
        {
            match next {
                Ok(record) => self.take(&record, progress)?,
                // The survey has told it.
                Err(LogError::Line { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.commit()?;
        Ok(self.batch.into_sent())
    }

    fn take(&mut self, record: &LogRecord<'_>, progress: &Progress) -> Result<(), Error> {
        let Some((topic, partitions)) = self.targets.get_key_value(record.topic) else { return Ok(()) };
        if !self.wait_until(self.schedule.due_ms(record.timestamp_ms))? {
            return Ok(());
        }
        let key = record.key.map(str::as_bytes);
        let by = self.schedule.shift_ms;
        let moved = record.value.and_then(|value| shifted(record.topic, value, by));
        let outgoing = Outgoing {
            topic: Arc::clone(topic),
            partition: partition_of(key.unwrap_or_default(), *partitions),
            timestamp_ms: record.timestamp_ms.saturating_add(by),
            key: key.map(<[u8]>::to_vec),
            value: moved.or_else(|| record.value.map(<[u8]>::to_vec)),
        };
        if self.batch.is_empty() {
            self.commit_at_ms = self.clock.now_ms().saturating_add(COMMIT_EVERY_MS);
        }
        self.batch.send(outgoing).map_err(|source| self.failed(source))?;
        progress.advance(1);
        if self.batch.is_full() {
            self.commit()?;
        }
        Ok(())
    }

    /// Waits, and commits meanwhile; says whether the time has come: not when somebody asks for an end.
    fn wait_until(&mut self, due_ms: i64) -> Result<bool, Error> {
        while !self.interrupt.is_asked() {
            let now_ms = self.clock.now_ms();
            if now_ms >= self.commit_at_ms {
                self.commit()?;
            }
            if now_ms >= due_ms {
                return Ok(true);
            }
            let wait_ms = (due_ms.min(self.commit_at_ms) - now_ms).clamp(1, WAIT_MS_MAX);
            self.clock.pass(wait_ms.unsigned_abs());
        }
        Ok(false)
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.commit_at_ms = i64::MAX;
        self.batch.commit().map_err(|source| self.failed(source))
    }

    fn failed(&self, source: BrokerError) -> Error {
        Error::Send { committed: self.batch.sent().topics.values().sum(), source }
    }
}
