//! The thread's one open transaction: what was sent in it, for which task, and what became of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::settings::ThreadSettings;
use crate::broker::{
    BrokerError, Delivery, GroupMetadata, Header, Headers, Offset, ProducerRecord, TopicPartition,
    TransactionalProducer,
};
use crate::store::StoreIndex;
use crate::task::{Collector, Origin, TaskError, TaskId};

/// The name of the header that carries when an output was produced: milliseconds since the epoch, in decimal digits.
pub const PRODUCED_MS: &str = "produced_ms";

/// The header of outputs that are produced now; none where it is not asked for.
pub(crate) fn produced(settings: &ThreadSettings, now_ms: i64) -> Headers {
    let header = || (Arc::from(PRODUCED_MS), Bytes::from(now_ms.to_string()));
    settings.produced_header.then(header).into_iter().collect()
}

/// What was written to each changelog.
pub(crate) type ChangelogEnds = BTreeMap<(TaskId, StoreIndex), Written>;

/// Rows that were written to one changelog.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// The offset behind the last row.
    pub(crate) end: Offset,
    /// How many rows.
    pub(crate) rows: Offset,
}

impl Written {
    /// Whether these rows follow `held` without a gap. Where nothing keeps strangers out, a gap is a row of another writer.
    pub(crate) fn follows(&self, held: Option<Offset>) -> bool {
        self.end - self.rows == held.unwrap_or(0)
    }
}

/// What a record was that was sent.
#[derive(Debug, Clone, Copy)]
enum Sent {
    Output { task: TaskId, origin: Option<Origin> },
    Changelog { task: TaskId, store: StoreIndex },
}

/// A record that could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Undelivered {
    pub(crate) task: TaskId,
    /// The input record whose processing made it; none for timers and changelogs.
    pub(crate) origin: Option<Origin>,
}

/// A producer with the bookkeeping of its transaction.
pub(crate) struct Transaction<P> {
    producer: P,
    is_begun: bool,
    /// Whether a record or offset is in it. An abort of one that holds nothing can be fatal to a real client.
    is_used: bool,
    /// The opaque of the first record of this transaction: reports of earlier ones are of no interest.
    first_opaque: u64,
    sent: Vec<Sent>,
    ends: ChangelogEnds,
    undelivered: Vec<Undelivered>,
}

impl<P: TransactionalProducer> Transaction<P> {
    /// Takes a producer over that was initialised.
    pub(crate) fn new(producer: P) -> Self {
        Self {
            producer,
            is_begun: false,
            is_used: false,
            first_opaque: 0,
            sent: Vec::new(),
            ends: ChangelogEnds::new(),
            undelivered: Vec::new(),
        }
    }

    /// Begins, unless that was done.
    pub(crate) fn begin(&mut self) -> Result<(), BrokerError> {
        if !self.is_begun {
            self.producer.begin()?;
            self.is_begun = true;
        }
        Ok(())
    }

    pub(crate) fn is_used(&self) -> bool {
        self.is_used
    }

    /// Records sent so far.
    pub(crate) fn len(&self) -> usize {
        self.sent.len()
    }

    fn send(&mut self, record: &ProducerRecord<'_>, sent: Sent) -> Result<(), BrokerError> {
        let opaque = self.first_opaque + self.sent.len() as u64;
        // Whatever the answer is, the record may be in.
        self.is_used = true;
        self.sent.push(sent);
        self.producer.send(record, opaque)
    }

    /// Takes the delivery reports in, and returns how many records are still on their way.
    pub(crate) fn deliveries(&mut self) -> Result<usize, BrokerError> {
        let (first, sent) = (self.first_opaque, &self.sent);
        let (ends, undelivered) = (&mut self.ends, &mut self.undelivered);
        self.producer.deliveries(&mut |delivery: Delivery| {
            let place = delivery.opaque.checked_sub(first).and_then(|place| usize::try_from(place).ok());
            let Some(sent) = place.and_then(|place| sent.get(place)) else { return };
            match (*sent, delivery.offset) {
                (Sent::Changelog { task, store }, Some(offset)) => {
                    let written: &mut Written = ends.entry((task, store)).or_default();
                    written.end = written.end.max(offset + 1);
                    written.rows += 1;
                }
                (Sent::Output { .. }, Some(_)) => {}
                (Sent::Output { task, origin }, None) => undelivered.push(Undelivered { task, origin }),
                (Sent::Changelog { task, .. }, None) => undelivered.push(Undelivered { task, origin: None }),
            }
        })
    }

    /// Waits for deliveries.
    pub(crate) fn wait(&mut self, max_ms: u64) {
        self.producer.wait(max_ms);
    }

    /// What could not be written so far.
    pub(crate) fn undelivered(&self) -> &[Undelivered] {
        &self.undelivered
    }

    pub(crate) fn take_ends(&mut self) -> ChangelogEnds {
        std::mem::take(&mut self.ends)
    }

    pub(crate) fn send_offsets(
        &mut self,
        offsets: &[(TopicPartition, Offset)],
        group: &GroupMetadata,
    ) -> Result<(), BrokerError> {
        self.is_used = true;
        self.producer.send_offsets(offsets, group)
    }

    pub(crate) fn commit(&mut self) -> Result<(), BrokerError> {
        self.producer.commit()?;
        self.finish();
        Ok(())
    }

    pub(crate) fn abort(&mut self) -> Result<(), BrokerError> {
        // One that holds nothing stays begun and serves the replay.
        if self.is_used {
            self.producer.abort()?;
            self.finish();
        }
        Ok(())
    }

    fn finish(&mut self) {
        self.is_begun = false;
        self.is_used = false;
        self.first_opaque += self.sent.len() as u64;
        self.sent.clear();
        self.ends.clear();
        self.undelivered.clear();
    }
}

/// One task's effects on their way into the transaction.
pub(crate) struct Effects<'a, P> {
    pub(crate) transaction: &'a mut Transaction<P>,
    pub(crate) task: TaskId,
    /// The changelog of each store; none: stores are not logged.
    pub(crate) changelogs: &'a [Arc<str>],
    /// Changelog records carry the time of production: retention must not eat the fresh changelog of old events.
    pub(crate) now_ms: i64,
    /// What every output carries besides its own headers.
    pub(crate) produced: &'a [Header],
}

impl<P: TransactionalProducer> Collector for Effects<'_, P> {
    fn send(&mut self, record: &ProducerRecord<'_>, origin: Option<Origin>) -> Result<(), TaskError> {
        let sent = Sent::Output { task: self.task, origin };
        let mut headers = Headers::new();
        let headers = match (record.headers, self.produced) {
            (own, []) => own,
            ([], produced) => produced,
            (own, produced) => {
                headers.extend(own.iter().chain(produced).cloned());
                &headers
            }
        };
        Ok(self.transaction.send(&ProducerRecord { headers, ..*record }, sent)?)
    }

    fn changelog(&mut self, store: StoreIndex, key: &[u8], value: Option<&[u8]>) -> Result<(), TaskError> {
        let Some(topic) = self.changelogs.get(store.0) else { return Ok(()) };
        let record = ProducerRecord {
            topic,
            partition: self.task.partition,
            timestamp_ms: self.now_ms,
            key: Some(key),
            value,
            headers: &[],
        };
        Ok(self.transaction.send(&record, Sent::Changelog { task: self.task, store })?)
    }
}
