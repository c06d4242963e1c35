//! The transaction coordinator: who may write under a transactional id, what the transaction holds, and how it ended.
//!
//! The decision and each marker are separate steps. The decision is final once it is made; the markers follow in any order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Cluster;
use super::background::{Marker, Target};
use super::log::{Epoch, Outcome, ProducerId};
use super::topic::LogIndex;
use crate::broker::{BrokerError, GroupMetadata, Offset, TopicPartition};

/// Where a transactional id stands, in Kafka's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionState {
    /// Nothing was written yet.
    Empty,
    /// Open.
    Ongoing,
    /// Decided; markers are on their way.
    Prepare(Outcome),
    /// Decided, and every marker is out.
    Complete(Outcome),
}

/// One life of a transactional id.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) transactional_id: Arc<str>,
    pub(super) producer: ProducerId,
    pub(super) epoch: Epoch,
}

impl Identity {
    pub(super) fn fenced(&self) -> BrokerError {
        BrokerError::ProducerFenced { transactional_id: self.transactional_id.to_string() }
    }

    pub(super) fn abort_required(&self, operation: &'static str) -> BrokerError {
        BrokerError::AbortRequired { operation, transactional_id: self.transactional_id.to_string() }
    }
}

#[derive(Debug)]
struct Transaction {
    producer: ProducerId,
    epoch: Epoch,
    /// The epoch whose transaction timed out: its producer may still abort and go on (KIP-588).
    timed_out: Option<Epoch>,
    timeout_ms: u64,
    state: TransactionState,
    /// Data partitions that take part.
    logs: BTreeSet<LogIndex>,
    /// Groups whose offsets take part.
    groups: BTreeSet<String>,
    started_ms: i64,
    markers_left: usize,
}

/// All transactional ids.
#[derive(Debug, Default)]
pub(super) struct Transactions {
    by_id: BTreeMap<Arc<str>, Transaction>,
    producers: u64,
}

impl Cluster {
    /// A new life for the id: the older ones are fenced, and what they left open is aborted.
    ///
    /// Says `Unavailable` until the markers of the id's last transaction are out.
    pub(super) fn init_producer(&mut self, transactional_id: &str, timeout_ms: u64) -> Result<Identity, BrokerError> {
        let id: Arc<str> = Arc::from(transactional_id);
        let transactions = &mut self.transactions;
        let transaction = transactions.by_id.entry(Arc::clone(&id)).or_insert_with(|| {
            transactions.producers += 1;
            Transaction {
                producer: ProducerId(transactions.producers),
                epoch: 0,
                timed_out: None,
                timeout_ms,
                state: TransactionState::Empty,
                logs: BTreeSet::new(),
                groups: BTreeSet::new(),
                started_ms: 0,
                markers_left: 0,
            }
        });
        if transaction.state == TransactionState::Ongoing {
            // The abort carries a newer epoch: each marker fences the old producer on its partition.
            transaction.epoch += 1;
            transaction.timed_out = None;
            self.decide(&id, Outcome::Abort);
        }
        let Some(transaction) = self.transactions.by_id.get_mut(&id) else {
            return Err(BrokerError::Unavailable { operation: "init_transactions" });
        };
        if matches!(transaction.state, TransactionState::Prepare(_)) {
            return Err(BrokerError::Unavailable { operation: "init_transactions" });
        }
        transaction.epoch += 1;
        transaction.timed_out = None;
        transaction.timeout_ms = timeout_ms;
        transaction.state = TransactionState::Empty;
        Ok(Identity { transactional_id: id, producer: transaction.producer, epoch: transaction.epoch })
    }

    /// Whether the next transaction may begin: not before the markers of the last one are out.
    pub(super) fn check_begin(&mut self, identity: &Identity) -> Result<(), BrokerError> {
        match self.current(identity, "begin")?.state {
            TransactionState::Prepare(_) => Err(BrokerError::Unavailable { operation: "begin" }),
            _ => Ok(()),
        }
    }

    /// Makes a partition part of the transaction.
    pub(super) fn add_partition(&mut self, identity: &Identity, log: LogIndex) -> Result<(), BrokerError> {
        self.open(identity, "send")?.logs.insert(log);
        Ok(())
    }

    /// Makes offsets part of the transaction. They count once the group's marker is out.
    pub(super) fn add_offsets(
        &mut self,
        identity: &Identity,
        offsets: &[(TopicPartition, Offset)],
        metadata: &GroupMetadata,
    ) -> Result<(), BrokerError> {
        self.current(identity, "send_offsets")?;
        self.groups.entry(metadata.group.clone()).or_default().check_commit(metadata)?;
        self.open(identity, "send_offsets")?.groups.insert(metadata.group.clone());
        if let Some(group) = self.groups.get_mut(&metadata.group) {
            group.add_pending(identity.producer, offsets);
        }
        Ok(())
    }

    /// Decides. Without anything written there is nothing to decide.
    pub(super) fn end_transaction(&mut self, identity: &Identity, outcome: Outcome) -> Result<(), BrokerError> {
        let operation = match outcome {
            Outcome::Commit => "commit",
            Outcome::Abort => "abort",
        };
        let transaction = self.current(identity, operation)?;
        if transaction.state == TransactionState::Ongoing {
            self.decide(&identity.transactional_id, outcome);
        }
        Ok(())
    }

    /// The new life of a producer whose transaction the broker has aborted for its age; the same when it was not.
    pub(super) fn resume_after_timeout(&mut self, identity: &Identity) -> Result<Identity, BrokerError> {
        let transaction = self.transactions.by_id.get_mut(&identity.transactional_id);
        match transaction {
            Some(transaction) if transaction.epoch == identity.epoch => Ok(identity.clone()),
            Some(transaction) if transaction.timed_out == Some(identity.epoch) => {
                transaction.timed_out = None;
                Ok(Identity { epoch: transaction.epoch, ..identity.clone() })
            }
            _ => Err(identity.fenced()),
        }
    }

    /// Aborts what is open for too long.
    pub(super) fn expire_transactions(&mut self, now_ms: i64) {
        let mut expired = Vec::new();
        for (id, transaction) in &mut self.transactions.by_id {
            let deadline = transaction.started_ms.saturating_add_unsigned(transaction.timeout_ms);
            if transaction.state == TransactionState::Ongoing && now_ms > deadline {
                transaction.timed_out = Some(transaction.epoch);
                transaction.epoch += 1;
                expired.push(Arc::clone(id));
            }
        }
        for id in expired {
            self.decide(&id, Outcome::Abort);
        }
    }

    /// Why a partition has refused the producer's epoch.
    pub(super) fn why_fenced(&mut self, identity: &Identity, operation: &'static str) -> BrokerError {
        self.current(identity, operation).err().unwrap_or_else(|| identity.fenced())
    }

    /// Counts one marker of the id's decided transaction as written.
    pub(super) fn marker_is_out(&mut self, transactional_id: &str) {
        if let Some(transaction) = self.transactions.by_id.get_mut(transactional_id) {
            transaction.markers_left = transaction.markers_left.saturating_sub(1);
            if let (0, TransactionState::Prepare(outcome)) = (transaction.markers_left, transaction.state) {
                transaction.state = TransactionState::Complete(outcome);
            }
        }
    }

    pub(super) fn transaction_state(&self, transactional_id: &str) -> Option<TransactionState> {
        self.transactions.by_id.get(transactional_id).map(|transaction| transaction.state)
    }

    /// The transaction, if the caller is its newest producer.
    fn current(&mut self, identity: &Identity, operation: &'static str) -> Result<&mut Transaction, BrokerError> {
        match self.transactions.by_id.get_mut(&identity.transactional_id) {
            Some(transaction) if transaction.epoch == identity.epoch => Ok(transaction),
            Some(transaction) if transaction.timed_out == Some(identity.epoch) => {
                Err(identity.abort_required(operation))
            }
            _ => Err(identity.fenced()),
        }
    }

    /// The same, opened: its clock starts with the first partition or offset.
    fn open(&mut self, identity: &Identity, operation: &'static str) -> Result<&mut Transaction, BrokerError> {
        let now_ms = self.now_ms;
        let transaction = self.current(identity, operation)?;
        match transaction.state {
            TransactionState::Ongoing => {}
            TransactionState::Prepare(_) => return Err(BrokerError::Unavailable { operation }),
            TransactionState::Empty | TransactionState::Complete(_) => {
                transaction.state = TransactionState::Ongoing;
                transaction.started_ms = now_ms;
            }
        }
        Ok(transaction)
    }

    /// Records the outcome and queues a marker for each partition that took part.
    fn decide(&mut self, transactional_id: &Arc<str>, outcome: Outcome) {
        let Some(transaction) = self.transactions.by_id.get_mut(transactional_id) else { return };
        let data = std::mem::take(&mut transaction.logs).into_iter().map(Target::Log);
        let offsets = std::mem::take(&mut transaction.groups).into_iter().map(Target::Group);
        let targets: Vec<Target> = data.chain(offsets).collect();
        transaction.markers_left = targets.len();
        transaction.state = TransactionState::Prepare(outcome);
        let (producer, epoch) = (transaction.producer, transaction.epoch);
        for target in targets {
            let transactional_id = Arc::clone(transactional_id);
            self.markers.push_back(Marker { transactional_id, producer, epoch, outcome, target });
        }
        if !self.settings.deferred_markers {
            self.run_all_markers();
        }
    }
}
