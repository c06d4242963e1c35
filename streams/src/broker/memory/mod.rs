//! The broker in one process: Kafka's semantics without its wire protocol.
//!
//! One lock around all state, taken once per batch. Nothing here runs by itself: time-outs are noticed whenever a client
//! calls (or on [`MemoryBroker::tick`]), and with [`Settings::deferred_markers`] the markers that end a transaction wait until
//! somebody runs them one by one, in whatever order they like.
//!
//! What is told apart, because a fault may fall between: a record's append, offsets joining a transaction, the decision, and
//! the marker of each partition.
//!
//! - `log`, `compaction`: one partition. `topic`: names and logs.
//! - `transaction`, `background`: decisions, and markers on their way.
//! - `group`, `assignor`: members, generations, who has what.
//! - `consumer`, `producer`, `outbox`, `loader`, `admin`: the clients. `inspection`: what a test or an audit may look at.

mod admin;
mod assignor;
mod background;
mod compaction;
mod consumer;
mod group;
mod inspection;
mod loader;
mod log;
mod outbox;
mod producer;
#[cfg(test)]
mod tests;
mod topic;
mod transaction;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use admin::MemoryAdmin;
pub use consumer::MemoryConsumer;
pub use loader::Loader;
pub use log::Outcome;
pub use producer::MemoryProducer;
pub use transaction::TransactionState;

use self::background::Marker;
use self::group::{Group, PartitionCounts};
use self::log::{NewRecord, Refusal, Writer};
use self::topic::{LogIndex, Topics};
use self::transaction::Transactions;
use super::{Broker, BrokerError, ConsumerConfig, Offset, ProducerConfig};
use crate::clock::Clock;

/// How the broker behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The cluster's id; `None` = made from the clock, so that state kept on disk is not taken for this cluster's.
    pub cluster_id: Option<String>,
    /// Whether markers wait for [`MemoryBroker::run_background`] instead of following their decision at once.
    pub deferred_markers: bool,
    /// A larger record (key and value) is not delivered.
    pub max_record_bytes: usize,
    /// How long compaction keeps a tombstone for readers that are on their way. A backtest, whose clock stands still, sets 0.
    pub delete_retention_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cluster_id: None,
            deferred_markers: false,
            max_record_bytes: 1 << 20,
            delete_retention_ms: 24 * 60 * 60 * 1000,
        }
    }
}

/// A cluster in memory. Clones share it.
#[derive(Clone)]
pub struct MemoryBroker {
    clock: Arc<dyn Clock>,
    cluster: Arc<Mutex<Cluster>>,
}

/// All state.
#[derive(Debug)]
struct Cluster {
    settings: Settings,
    cluster_id: String,
    /// The clock's reading at the start of the current call.
    now_ms: i64,
    topics: Topics,
    transactions: Transactions,
    groups: BTreeMap<String, Group>,
    /// Decided, not yet written.
    markers: VecDeque<Marker>,
}

impl MemoryBroker {
    /// An empty cluster.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, settings: Settings) -> Self {
        let now_ms = clock.now_ms();
        let cluster_id = settings.cluster_id.clone().unwrap_or_else(|| format!("memory-{now_ms}"));
        let cluster = Cluster {
            settings,
            cluster_id,
            now_ms,
            topics: Topics::default(),
            transactions: Transactions::default(),
            groups: BTreeMap::new(),
            markers: VecDeque::new(),
        };
        Self { clock, cluster: Arc::new(Mutex::new(cluster)) }
    }

    /// Notices what the clock has brought about: transactions that are open for too long, members that were silent for too long.
    pub fn tick(&self) {
        drop(self.lock());
    }

    /// The state, with its time-outs up to now.
    fn lock(&self) -> MutexGuard<'_, Cluster> {
        // Every change is complete before anything can panic, so a poisoned lock still guards sound state.
        let mut cluster = self.cluster.lock().unwrap_or_else(PoisonError::into_inner);
        cluster.advance(self.clock.now_ms());
        cluster
    }
}

impl Broker for MemoryBroker {
    type Consumer = MemoryConsumer;
    type Producer = MemoryProducer;
    type Admin = MemoryAdmin;

    fn consumer(&self, config: &ConsumerConfig) -> Result<MemoryConsumer, BrokerError> {
        Ok(MemoryConsumer::new(self.clone(), Some(config.clone())))
    }

    fn reader(&self) -> Result<MemoryConsumer, BrokerError> {
        Ok(MemoryConsumer::new(self.clone(), None))
    }

    fn producer(&self, config: &ProducerConfig) -> Result<MemoryProducer, BrokerError> {
        Ok(MemoryProducer::new(self.clone(), config.clone()))
    }

    fn plain_producer(&self, config: &ProducerConfig) -> Result<MemoryProducer, BrokerError> {
        Ok(MemoryProducer::plain(self.clone(), config.clone()))
    }

    fn admin(&self) -> Result<MemoryAdmin, BrokerError> {
        Ok(MemoryAdmin::new(self.clone()))
    }
}

impl Cluster {
    fn advance(&mut self, now_ms: i64) {
        if now_ms == self.now_ms {
            return;
        }
        self.now_ms = now_ms;
        self.expire_transactions(now_ms);
        let names: Vec<String> = self.groups.keys().cloned().collect();
        for name in names {
            if self.groups.get_mut(&name).is_some_and(|group| group.expire(now_ms)) {
                self.rebalance(&name);
            }
        }
    }

    fn rebalance(&mut self, name: &str) {
        if let Some(group) = self.groups.get_mut(name) {
            let counts: PartitionCounts =
                group.topics().into_iter().map(|topic| (Arc::clone(&topic), self.topics.partitions(&topic))).collect();
            group.rebalance(&counts);
        }
    }

    /// Gives the groups that read one of these topics a new plan.
    fn rebalance_readers_of(&mut self, topics: &BTreeSet<Arc<str>>) {
        let affected = self.groups.iter().filter(|(_, group)| !group.topics().is_disjoint(topics));
        let names: Vec<String> = affected.map(|(name, _)| name.clone()).collect();
        for name in names {
            self.rebalance(&name);
        }
    }

    fn append(&mut self, index: LogIndex, writer: Writer, record: &NewRecord<'_>) -> Result<Offset, Refusal> {
        let size = record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
        if size > self.settings.max_record_bytes {
            return Err(Refusal::Invalid);
        }
        let log = self.topics.log_mut(index).ok_or(Refusal::Invalid)?;
        let offset = log.append(writer, record)?;
        // Transactions compact with their markers.
        if writer.is_none() && log.compaction_is_due() {
            log.compact(self.now_ms, self.settings.delete_retention_ms);
        }
        Ok(offset)
    }
}
