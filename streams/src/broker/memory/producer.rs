//! The producer, with transactions or without.

use super::MemoryBroker;
use super::log::{Outcome, ProducerId, Refusal};
use super::outbox::Outbox;
use super::topic::LogIndex;
use super::transaction::Identity;
use crate::broker::{
    BrokerError, Delivery, GroupMetadata, Offset, ProducerConfig, ProducerRecord, TopicPartition, TransactionalProducer,
};

/// Reports that wait to be asked for; a producer that nobody asks accepts no more.
const REPORTS_MAX: usize = 100_000;

/// Where the client stands.
#[derive(Debug)]
enum Phase {
    /// `init_transactions` comes first.
    New,
    /// Between transactions.
    Ready(Identity),
    /// In a transaction.
    Open(Identity),
    /// In a transaction that can only be aborted.
    Failed(Identity),
    /// A newer producer has the id.
    Fenced(Identity),
}

/// Writes to a [`MemoryBroker`].
///
/// Records are collected and written in batches: when a batch is full, on `deliveries` and on `commit`. A producer whose
/// transaction was aborted by the broker for its age gets `AbortRequired` and may go on after `abort`; one that was replaced by a
/// newer producer gets `ProducerFenced` for ever. Dropping one sends nothing: an open transaction waits for its time-out.
pub struct MemoryProducer {
    broker: MemoryBroker,
    config: ProducerConfig,
    /// Whether there are transactions at all.
    is_transactional: bool,
    phase: Phase,
    outbox: Outbox,
    /// Partitions of this transaction that the coordinator knows; sorted.
    added: Vec<LogIndex>,
    reports: Vec<Delivery>,
}

impl MemoryProducer {
    pub(super) fn new(broker: MemoryBroker, config: ProducerConfig) -> Self {
        Self {
            broker,
            config,
            is_transactional: true,
            phase: Phase::New,
            outbox: Outbox::default(),
            added: Vec::new(),
            reports: Vec::new(),
        }
    }

    pub(super) fn plain(broker: MemoryBroker, config: ProducerConfig) -> Self {
        Self { is_transactional: false, ..Self::new(broker, config) }
    }

    /// The identity, if a transaction is open and sound.
    fn open(&self, operation: &'static str) -> Result<&Identity, BrokerError> {
        match &self.phase {
            Phase::Open(identity) => Ok(identity),
            Phase::Failed(identity) => Err(identity.abort_required(operation)),
            Phase::Fenced(identity) => Err(identity.fenced()),
            Phase::New => Err(BrokerError::InvalidState { operation, state: "not initialised" }),
            Phase::Ready(_) => Err(BrokerError::InvalidState { operation, state: "no transaction is open" }),
        }
    }

    /// Moves on to what the error means for the transaction, and passes it on.
    fn fail(&mut self, error: BrokerError) -> BrokerError {
        if let Phase::Ready(identity) | Phase::Open(identity) | Phase::Failed(identity) = &self.phase {
            let identity = identity.clone();
            match error {
                BrokerError::ProducerFenced { .. } => self.phase = Phase::Fenced(identity),
                BrokerError::Unavailable { .. } => {}
                _ => self.phase = Phase::Failed(identity),
            }
        }
        error
    }

    /// Writes what was sent. A record that can not be written is reported without an offset and fails the transaction.
    fn flush(&mut self, operation: &'static str) -> Result<(), BrokerError> {
        if self.outbox.is_empty() {
            return Ok(());
        }
        let identity = self.open(operation)?.clone();
        let writer = self.is_transactional.then_some((identity.producer, identity.epoch));
        let mut failure = None;
        let mut is_refused = false;
        let mut cluster = self.broker.lock();
        let (added, reports) = (&mut self.added, &mut self.reports);
        self.outbox.drain(|log, record, opaque| {
            if let (None, Some(_), Err(place)) = (&failure, writer, added.binary_search(&log)) {
                match cluster.add_partition(&identity, log) {
                    Ok(()) => added.insert(place, log),
                    Err(error) => failure = Some(error),
                }
            }
            let mut offset = None;
            if failure.is_none() {
                match cluster.append(log, writer, record) {
                    Ok(written) => offset = Some(written),
                    Err(Refusal::Invalid) => is_refused = true,
                    Err(Refusal::Fenced) => failure = Some(cluster.why_fenced(&identity, operation)),
                }
            }
            reports.push(Delivery { opaque, offset });
        });
        drop(cluster);
        if is_refused || failure.is_some() {
            self.outbox.forget_handles();
            self.phase = Phase::Failed(identity);
        }
        failure.map_or(Ok(()), |error| Err(self.fail(error)))
    }

    fn end(&mut self, outcome: Outcome, identity: Identity) -> Result<(), BrokerError> {
        let result =
            if self.is_transactional { self.broker.lock().end_transaction(&identity, outcome) } else { Ok(()) };
        result.map_err(|error| self.fail(error))?;
        self.finish(identity);
        Ok(())
    }

    fn finish(&mut self, identity: Identity) {
        self.added.clear();
        self.phase = Phase::Ready(identity);
    }
}

impl TransactionalProducer for MemoryProducer {
    fn init_transactions(&mut self) -> Result<(), BrokerError> {
        if !matches!(self.phase, Phase::New) {
            return Err(BrokerError::InvalidState { operation: "init_transactions", state: "initialised already" });
        }
        let config = &self.config;
        if !self.is_transactional {
            let transactional_id = config.transactional_id.as_str().into();
            self.phase = Phase::Ready(Identity { transactional_id, producer: ProducerId(0), epoch: 0 });
            return Ok(());
        }
        let identity = self.broker.lock().init_producer(&config.transactional_id, config.transaction_timeout_ms)?;
        self.phase = Phase::Ready(identity);
        Ok(())
    }

    fn begin(&mut self) -> Result<(), BrokerError> {
        match &self.phase {
            Phase::Ready(identity) => {
                let identity = identity.clone();
                let result = if self.is_transactional { self.broker.lock().check_begin(&identity) } else { Ok(()) };
                result.map_err(|error| self.fail(error))?;
                self.phase = Phase::Open(identity);
                Ok(())
            }
            Phase::Open(_) => Err(BrokerError::InvalidState { operation: "begin", state: "a transaction is open" }),
            _ => self.open("begin").map(|_| ()),
        }
    }

    fn send(&mut self, record: &ProducerRecord<'_>, opaque: u64) -> Result<(), BrokerError> {
        self.open("send")?;
        if self.outbox.is_full() {
            self.flush("send")?;
            self.open("send")?;
        }
        if self.reports.len() >= REPORTS_MAX {
            return Err(BrokerError::Unavailable { operation: "send" });
        }
        self.outbox.push(&self.broker, record, opaque)?;
        // One by one: a crash may fall between any two, as it may on a real cluster.
        if self.is_transactional { Ok(()) } else { self.flush("send") }
    }

    fn deliveries(&mut self, report: &mut dyn FnMut(Delivery)) -> Result<usize, BrokerError> {
        let result = self.flush("deliveries");
        for delivery in self.reports.drain(..) {
            report(delivery);
        }
        result.map(|()| 0)
    }

    fn send_offsets(&mut self, offsets: &[(TopicPartition, Offset)], group: &GroupMetadata) -> Result<(), BrokerError> {
        let identity = self.open("send_offsets")?.clone();
        if !self.is_transactional {
            return Err(BrokerError::InvalidState { operation: "send_offsets", state: "no transactions" });
        }
        if offsets.is_empty() {
            return Ok(());
        }
        let result = self.broker.lock().add_offsets(&identity, offsets, group);
        result.map_err(|error| self.fail(error))
    }

    fn commit(&mut self) -> Result<(), BrokerError> {
        self.flush("commit")?;
        let identity = self.open("commit")?.clone();
        self.end(Outcome::Commit, identity)
    }

    fn abort(&mut self) -> Result<(), BrokerError> {
        self.outbox.drain(|_, _, opaque| self.reports.push(Delivery { opaque, offset: None }));
        match &self.phase {
            Phase::Open(identity) => {
                let identity = identity.clone();
                match self.end(Outcome::Abort, identity) {
                    // The broker was faster.
                    Err(BrokerError::AbortRequired { .. }) => self.abort(),
                    other => other,
                }
            }
            Phase::Failed(identity) if !self.is_transactional => {
                let identity = identity.clone();
                self.finish(identity);
                Ok(())
            }
            Phase::Failed(identity) => {
                let identity = self.broker.lock().resume_after_timeout(&Identity::clone(identity));
                let identity = identity.map_err(|error| self.fail(error))?;
                self.end(Outcome::Abort, identity)
            }
            _ => self.open("abort").map(|_| ()),
        }
    }

    fn wait(&mut self, _max_ms: u64) {
        // What was flushed is delivered.
    }
}
