//! What lies outside the seam: loading, running what was deferred, and looking at everything for tests and audits.

use std::collections::{BTreeMap, BTreeSet};

use super::background::Target;
use super::loader::Loader;
use super::transaction::TransactionState;
use super::{MemoryBroker, Outcome};
use crate::broker::{BrokerError, ConsumerRecord, Ends, Offset, ProducerRecord, TopicPartition};

/// A marker that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingMarker {
    /// Whose transaction.
    pub transactional_id: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it goes to a group's offsets; to a partition's data otherwise.
    pub is_for_offsets: bool,
}

impl MemoryBroker {
    /// A plain producer without transactions.
    #[must_use]
    pub fn loader(&self) -> Loader {
        Loader::new(self.clone())
    }

    /// Writes these records at once, without a transaction, and returns how many could not be written.
    pub fn append(&self, records: &[ProducerRecord<'_>]) -> Result<u64, BrokerError> {
        let mut loader = self.loader();
        for record in records {
            loader.send(record)?;
        }
        Ok(loader.flush())
    }

    /// Every committed record that still exists, with its offset.
    pub fn records(&self, partition: &TopicPartition) -> Result<Vec<ConsumerRecord>, BrokerError> {
        let cluster = self.lock();
        let mut records = Vec::new();
        if let Some(log) = cluster.topics.log(cluster.topics.find(partition)?) {
            log.read(log.start, usize::MAX, &mut records);
        }
        Ok(records)
    }

    /// Where the partition ends.
    pub fn ends_of(&self, partition: &TopicPartition) -> Result<Ends, BrokerError> {
        self.lock().topics.ends(partition)
    }

    /// Entries that the partition holds in memory, markers and aborted records included.
    pub fn entries_held(&self, partition: &TopicPartition) -> Result<usize, BrokerError> {
        let cluster = self.lock();
        Ok(cluster.topics.log(cluster.topics.find(partition)?).map_or(0, |log| log.len()))
    }

    /// The group's committed offsets, without those of transactions that have not reached it.
    #[must_use]
    pub fn group_offsets(&self, group: &str) -> BTreeMap<TopicPartition, Offset> {
        self.lock().groups.get(group).map(|group| group.offsets().clone()).unwrap_or_default()
    }

    /// Sets offsets of a group, whoever its members are.
    pub fn set_group_offsets(&self, group: &str, offsets: &[(TopicPartition, Offset)]) {
        self.lock().groups.entry(group.to_owned()).or_default().set_offsets(offsets);
    }

    /// How far the group's offsets are behind the last stable offset, where it has one.
    #[must_use]
    pub fn group_lag(&self, group: &str) -> BTreeMap<TopicPartition, i64> {
        let offsets = self.group_offsets(group);
        let lag = |(partition, offset): (TopicPartition, Offset)| {
            let ends = self.ends_of(&partition).ok()?;
            Some((partition, (ends.last_stable - offset).max(0)))
        };
        offsets.into_iter().filter_map(lag).collect()
    }

    /// Which member has which partitions of the lead topics, by member id.
    #[must_use]
    pub fn group_owners(&self, group: &str) -> BTreeMap<String, BTreeSet<TopicPartition>> {
        self.lock().groups.get(group).map(|group| group.owners()).unwrap_or_default()
    }

    /// Where the transactional id stands; `None` = never heard of it.
    #[must_use]
    pub fn transaction_state(&self, transactional_id: &str) -> Option<TransactionState> {
        self.lock().transaction_state(transactional_id)
    }

    /// How many markers wait.
    #[must_use]
    pub fn background_len(&self) -> usize {
        self.lock().markers.len()
    }

    /// The markers that wait, by number.
    #[must_use]
    pub fn background(&self) -> Vec<WaitingMarker> {
        let cluster = self.lock();
        let describe = |marker: &super::Marker| WaitingMarker {
            transactional_id: marker.transactional_id.to_string(),
            outcome: marker.outcome,
            is_for_offsets: matches!(marker.target, Target::Group(_)),
        };
        cluster.markers.iter().map(describe).collect()
    }

    /// Writes the waiting marker of this number; says whether there was one.
    pub fn run_background(&self, index: usize) -> bool {
        self.lock().run_marker(index)
    }

    /// Writes all waiting markers.
    pub fn run_all_background(&self) {
        self.lock().run_all_markers();
    }

    /// Compacts a topic now; topics that are not compacted stay as they are.
    pub fn compact(&self, topic: &str) {
        let mut cluster = self.lock();
        let (now_ms, tombstone_ms) = (cluster.now_ms, cluster.settings.delete_retention_ms);
        cluster.topics.compact(topic, now_ms, tombstone_ms);
    }

    /// Deletes, in every topic that has a retention and is not only compacted, what the clock says is too old.
    pub fn enforce_retention(&self) {
        let mut cluster = self.lock();
        let now_ms = cluster.now_ms;
        cluster.topics.enforce_retention(now_ms);
    }
}
