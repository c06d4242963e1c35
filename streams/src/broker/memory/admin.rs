//! Topics, by those who may create them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::MemoryBroker;
use crate::broker::{Admin, BrokerError, Offset, TopicDescription, TopicPartition, TopicSpec};

/// Looks after the topics of a [`MemoryBroker`].
pub struct MemoryAdmin {
    broker: MemoryBroker,
}

impl MemoryAdmin {
    pub(super) fn new(broker: MemoryBroker) -> Self {
        Self { broker }
    }

    /// Deletes a topic with its records; says whether there was one. Clients that hold it learn with their next call.
    pub fn delete_topic(&self, name: &str) -> bool {
        let mut cluster = self.broker.lock();
        let is_deleted = cluster.topics.delete(name);
        if is_deleted {
            cluster.rebalance_readers_of(&BTreeSet::from([Arc::from(name)]));
        }
        is_deleted
    }
}

impl Admin for MemoryAdmin {
    fn cluster_id(&self) -> Result<String, BrokerError> {
        Ok(self.broker.lock().cluster_id.clone())
    }

    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), BrokerError> {
        let mut cluster = self.broker.lock();
        let delete_retention_ms = cluster.settings.delete_retention_ms;
        let mut created = BTreeSet::new();
        for spec in topics {
            if cluster.topics.create(spec, delete_retention_ms) {
                created.insert(Arc::from(spec.name.as_str()));
            }
        }
        cluster.rebalance_readers_of(&created);
        Ok(())
    }

    fn describe_topic(&self, name: &str) -> Result<Option<TopicDescription>, BrokerError> {
        Ok(self.broker.lock().topics.describe(name).cloned())
    }

    fn delete_records(&self, before: &[(TopicPartition, Offset)]) -> Result<(), BrokerError> {
        self.broker.lock().topics.delete_records(before)
    }
}
