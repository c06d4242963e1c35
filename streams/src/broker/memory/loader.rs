//! Writes from outside any transaction: a log that is replayed, a test's input. Each record is visible once it is flushed.

use super::MemoryBroker;
use super::outbox::Outbox;
use crate::broker::{BrokerError, ProducerRecord};

/// A plain producer. Records are written in batches; what was not flushed when it is dropped is lost.
pub struct Loader {
    broker: MemoryBroker,
    outbox: Outbox,
    /// Records that could not be written.
    refused: u64,
}

impl Loader {
    pub(super) fn new(broker: MemoryBroker) -> Self {
        Self { broker, outbox: Outbox::default(), refused: 0 }
    }

    /// Sends one record.
    pub fn send(&mut self, record: &ProducerRecord<'_>) -> Result<(), BrokerError> {
        if self.outbox.is_full() {
            self.flush();
        }
        self.outbox.push(&self.broker, record, 0)
    }

    /// Writes what was sent, and returns how many records in all could not be written: larger than the limit, or
    /// without a key in a compacted topic.
    pub fn flush(&mut self) -> u64 {
        if !self.outbox.is_empty() {
            let mut cluster = self.broker.lock();
            let refused = &mut self.refused;
            self.outbox.drain(|log, record, _| *refused += u64::from(cluster.append(log, None, record).is_err()));
        }
        self.refused
    }
}
