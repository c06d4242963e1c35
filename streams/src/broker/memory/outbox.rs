//! Records on their way from a client to the logs: copied once, written in batches.

use std::sync::Arc;

use super::MemoryBroker;
use super::log::NewRecord;
use super::topic::{LogIndex, TopicLogs};
use crate::broker::{BrokerError, Headers, ProducerRecord, TopicPartition};

/// A full outbox is written before the next record: these bound a batch.
const BATCH_RECORDS: usize = 1024;
const BATCH_BYTES: usize = 256 * 1024;
/// Topics whose logs a client remembers.
const HANDLES_MAX: usize = 256;

/// A record that waits; its key and value lie in the outbox, one after the other.
#[derive(Debug)]
struct Pending {
    log: LogIndex,
    timestamp_ms: i64,
    key_len: Option<usize>,
    value_len: Option<usize>,
    headers: Headers,
    opaque: u64,
}

/// What a client has sent and not written.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    pending: Vec<Pending>,
    bytes: Vec<u8>,
    /// Topics seen, found by the address of their name: no hashing per record.
    handles: Vec<(Arc<str>, TopicLogs)>,
}

impl Outbox {
    /// Takes a record in. Refuses one for a partition that does not exist.
    pub(super) fn push(
        &mut self,
        broker: &MemoryBroker,
        record: &ProducerRecord<'_>,
        opaque: u64,
    ) -> Result<(), BrokerError> {
        let Some(log) = self.find(broker, record.topic).and_then(|logs| logs.partition(record.partition)) else {
            let partition = TopicPartition::new(Arc::clone(record.topic), record.partition);
            return Err(BrokerError::UnknownPartition { partition });
        };
        self.bytes.extend_from_slice(record.key.unwrap_or_default());
        self.bytes.extend_from_slice(record.value.unwrap_or_default());
        self.pending.push(Pending {
            log,
            timestamp_ms: record.timestamp_ms,
            key_len: record.key.map(<[u8]>::len),
            value_len: record.value.map(<[u8]>::len),
            headers: record.headers.to_vec(),
            opaque,
        });
        Ok(())
    }

    pub(super) fn is_full(&self) -> bool {
        self.pending.len() >= BATCH_RECORDS || self.bytes.len() >= BATCH_BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Hands the records over in the order sent, and forgets them.
    pub(super) fn drain(&mut self, mut write: impl FnMut(LogIndex, &NewRecord<'_>, u64)) {
        let mut rest: &[u8] = &self.bytes;
        for pending in self.pending.drain(..) {
            let (key, after_key) = rest.split_at_checked(pending.key_len.unwrap_or(0)).unwrap_or((rest, &[]));
            let (value, after) = after_key.split_at_checked(pending.value_len.unwrap_or(0)).unwrap_or((after_key, &[]));
            rest = after;
            let record = NewRecord {
                timestamp_ms: pending.timestamp_ms,
                key: pending.key_len.map(|_| key),
                value: pending.value_len.map(|_| value),
                headers: &pending.headers,
            };
            write(pending.log, &record, pending.opaque);
        }
        self.bytes.clear();
        // One giant record should not be paid for ever.
        self.bytes.shrink_to(2 * BATCH_BYTES);
    }

    /// Forgets where topics lie: one of them is gone.
    pub(super) fn forget_handles(&mut self) {
        self.handles.clear();
    }

    fn find(&mut self, broker: &MemoryBroker, topic: &Arc<str>) -> Option<TopicLogs> {
        if let Some((_, logs)) = self.handles.iter().find(|(known, _)| Arc::ptr_eq(known, topic)) {
            return Some(*logs);
        }
        let logs = broker.lock().topics.logs_of(topic)?;
        if self.handles.len() >= HANDLES_MAX {
            self.handles.clear();
        }
        self.handles.push((Arc::clone(topic), logs));
        Some(logs)
    }
}
