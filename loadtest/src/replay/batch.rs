//! Records in one transaction.
//!
//! They are sent at once, so that they are under way while others come, and kept until they are committed: a record that the
//! cluster refuses spoils its transaction, and the others go again without it.

use std::collections::BTreeMap;
use std::sync::Arc;

use streams::broker::{BrokerError, ErrorKind, ProducerRecord, TransactionalProducer};
use streams::partition::Partition;

/// So often a batch is sent again, each time without what was refused.
const TRIES_MAX: u32 = 5;
/// A batch takes no more than this.
const RECORDS_MAX: usize = 10_000;
const BYTES_MAX: usize = 8 << 20;
/// So often, in records, it is asked what was delivered.
const ASK_EVERY: usize = 256;
/// One wait for deliveries.
const WAIT_MS: u64 = 50;

/// A record that is kept until it is committed.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub(super) topic: Arc<str>,
    pub(super) partition: Partition,
    pub(super) timestamp_ms: i64,
    pub(super) key: Option<Vec<u8>>,
    /// `None` is a tombstone.
    pub(super) value: Option<Vec<u8>>,
}

/// What a batch has done so far.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// Committed records, by topic.
    pub(super) topics: BTreeMap<Arc<str>, u64>,
    /// Records that the cluster did not take.
    pub(super) refused: u64,
    /// Transactions that were committed.
    pub(super) transactions: u64,
}

/// The open transaction, if there is one.
pub(super) struct Batch<P> {
    producer: P,
    records: Vec<Outgoing>,
    bytes: usize,
    /// Places, in `records`, of what was refused.
    refused: Vec<usize>,
    /// Whether the transaction can only be aborted; nothing is sent in it any more.
    is_spoilt: bool,
    sent: Sent,
}

impl<P: TransactionalProducer> Batch<P> {
    /// No transaction yet. The producer is ready to begin one.
    pub(super) fn new(producer: P) -> Self {
        Self { producer, records: Vec::new(), bytes: 0, refused: Vec::new(), is_spoilt: false, sent: Sent::default() }
    }

    pub(super) fn sent(&self) -> &Sent {
        &self.sent
    }

    pub(super) fn into_sent(self) -> Sent {
        self.sent
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.records.len() >= RECORDS_MAX || self.bytes >= BYTES_MAX
    }

    pub(super) fn send(&mut self, record: Outgoing) -> Result<(), BrokerError> {
        if self.records.is_empty() {
            self.producer.begin()?;
        }
        self.bytes += record.key.as_ref().map_or(0, Vec::len) + record.value.as_ref().map_or(0, Vec::len);
        self.records.push(record);
        self.hand_over(self.records.len() - 1)
    }

    /// Commits everything that was sent, except what the cluster refuses.
    pub(super) fn commit(&mut self) -> Result<(), BrokerError> {
        let mut failure = Ok(());
        for _ in 0..TRIES_MAX {
            if self.records.is_empty() {
                return Ok(());
            }
            failure = self.try_commit();
            match &failure {
                Ok(()) => {
                    self.settle();
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::AbortRequired => self.send_anew()?,
                Err(_) => return failure,
            }
        }
        failure
    }

    fn hand_over(&mut self, place: usize) -> Result<(), BrokerError> {
        let Some(record) = self.records.get(place).filter(|_| !self.is_spoilt) else { return Ok(()) };
        let outgoing = ProducerRecord {
            topic: &record.topic,
            partition: record.partition,
            timestamp_ms: record.timestamp_ms,
            key: record.key.as_deref(),
            value: record.value.as_deref(),
            headers: &[],
        };
        match self.producer.send(&outgoing, place as u64) {
            // The commit finds out what was refused.
            Err(error) if error.kind() == ErrorKind::AbortRequired => self.is_spoilt = true,
            other => other?,
        }
        if place % ASK_EVERY == ASK_EVERY - 1 {
            self.take_reports()?;
        }
        Ok(())
    }

    /// Takes what is known of deliveries; how many are still under way.
    fn take_reports(&mut self) -> Result<usize, BrokerError> {
        let refused = &mut self.refused;
        self.producer.deliveries(&mut |delivery| {
            if delivery.offset.is_none() {
                refused.extend(usize::try_from(delivery.opaque));
            }
        })
    }

    fn try_commit(&mut self) -> Result<(), BrokerError> {
        // It ends: what is not delivered within the transaction's time is reported as refused.
        while self.take_reports()? > 0 {
            self.producer.wait(WAIT_MS);
        }
        if self.records.len() > 1 && self.refused.len() >= self.records.len() {
            // That is no fault of a record.
            return Err(BrokerError::Unavailable { operation: "deliver" });
        }
        if self.is_spoilt || !self.refused.is_empty() {
            return Err(BrokerError::AbortRequired { operation: "commit", transactional_id: String::new() });
        }
        self.producer.commit()
    }

    fn settle(&mut self) {
        for record in self.records.drain(..) {
            *self.sent.topics.entry(record.topic).or_default() += 1;
        }
        self.sent.transactions += 1;
        self.bytes = 0;
    }

    /// Aborts, and sends everything again that was not refused.
    fn send_anew(&mut self) -> Result<(), BrokerError> {
        self.producer.abort()?;
        // What the abort threw away is reported like what was refused.
        self.producer.deliveries(&mut |_| {})?;
        self.refused.sort_unstable();
        for place in self.refused.drain(..).rev() {
            if place < self.records.len() {
                self.records.remove(place);
                self.sent.refused += 1;
            }
        }
        self.is_spoilt = false;
        if self.records.is_empty() {
            self.bytes = 0;
            return Ok(());
        }
        self.producer.begin()?;
        (0..self.records.len()).try_for_each(|place| self.hand_over(place))
    }
}
