//! Topics by name, and their partitions' logs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::log::Log;
use crate::broker::{BrokerError, Cleanup, Ends, Offset, TopicDescription, TopicPartition, TopicSpec};
use crate::partition::Partition;

/// Where a partition's log lies. Never used twice, so that a client's cached one can not come to mean another topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LogIndex(pub(super) usize);

/// The logs of one topic: consecutive, in order of partition.
#[derive(Debug, Clone, Copy)]
pub(super) struct TopicLogs {
    first: usize,
    partitions: u32,
}

impl TopicLogs {
    pub(super) fn partition(self, partition: Partition) -> Option<LogIndex> {
        (partition < self.partitions).then_some(LogIndex(self.first + partition as usize))
    }
}

#[derive(Debug)]
struct Topic {
    description: TopicDescription,
    logs: TopicLogs,
}

/// All topics.
#[derive(Debug, Default)]
pub(super) struct Topics {
    by_name: BTreeMap<Arc<str>, Topic>,
    logs: Vec<Log>,
    /// Counts topics over the cluster's life: the source of topic ids.
    created: u128,
}

impl Topics {
    /// Creates the topic, or leaves it as it is; says whether it is new.
    pub(super) fn create(&mut self, spec: &TopicSpec, delete_retention_ms: u64) -> bool {
        if self.by_name.contains_key(spec.name.as_str()) {
            return false;
        }
        self.created += 1;
        let logs = TopicLogs { first: self.logs.len(), partitions: spec.partitions };
        let is_compacted = spec.cleanup != Cleanup::Delete;
        self.logs.extend((0..spec.partitions).map(|_| Log::new(is_compacted)));
        let description = TopicDescription {
            spec: spec.clone(),
            id: self.created,
            delete_retention_ms,
            timestamp_after_max_ms: None,
        };
        self.by_name.insert(Arc::from(spec.name.as_str()), Topic { description, logs });
        true
    }

    /// Deletes the topic; says whether there was one.
    pub(super) fn delete(&mut self, name: &str) -> bool {
        let Some(topic) = self.by_name.remove(name) else {
            return false;
        };
        for log in self.logs.iter_mut().skip(topic.logs.first).take(topic.logs.partitions as usize) {
            log.close();
        }
        true
    }

    pub(super) fn describe(&self, name: &str) -> Option<&TopicDescription> {
        self.by_name.get(name).map(|topic| &topic.description)
    }

    pub(super) fn logs_of(&self, name: &str) -> Option<TopicLogs> {
        self.by_name.get(name).map(|topic| topic.logs)
    }

    /// How many partitions; 0 = no such topic.
    pub(super) fn partitions(&self, name: &str) -> u32 {
        self.by_name.get(name).map_or(0, |topic| topic.logs.partitions)
    }

    pub(super) fn find(&self, partition: &TopicPartition) -> Result<LogIndex, BrokerError> {
        self.logs_of(&partition.topic)
            .and_then(|logs| logs.partition(partition.partition))
            .ok_or_else(|| BrokerError::UnknownPartition { partition: partition.clone() })
    }

    pub(super) fn ends(&self, partition: &TopicPartition) -> Result<Ends, BrokerError> {
        let log = self.log(self.find(partition)?);
        log.map(Log::ends).ok_or_else(|| BrokerError::UnknownPartition { partition: partition.clone() })
    }

    pub(super) fn log(&self, index: LogIndex) -> Option<&Log> {
        self.logs.get(index.0).filter(|log| !log.is_closed())
    }

    pub(super) fn log_mut(&mut self, index: LogIndex) -> Option<&mut Log> {
        self.logs.get_mut(index.0).filter(|log| !log.is_closed())
    }

    pub(super) fn compact(&mut self, name: &str, now_ms: i64, tombstone_ms: u64) {
        let Some(logs) = self.logs_of(name) else { return };
        for log in self.logs.iter_mut().skip(logs.first).take(logs.partitions as usize) {
            log.compact(now_ms, tombstone_ms);
        }
    }

    pub(super) fn enforce_retention(&mut self, now_ms: i64) {
        for topic in self.by_name.values() {
            let TopicSpec { cleanup, retention_ms, .. } = &topic.description.spec;
            let (Some(retention_ms), true) = (retention_ms, *cleanup != Cleanup::Compact) else { continue };
            let before_ms = now_ms.saturating_sub_unsigned(*retention_ms);
            for log in self.logs.iter_mut().skip(topic.logs.first).take(topic.logs.partitions as usize) {
                log.delete_older(before_ms);
            }
        }
    }

    pub(super) fn delete_records(&mut self, before: &[(TopicPartition, Offset)]) -> Result<(), BrokerError> {
        for (partition, offset) in before {
            let index = self.find(partition)?;
            let Some(log) = self.log_mut(index) else { continue };
            let ends = log.ends();
            if *offset > ends.high_watermark {
                return Err(BrokerError::OffsetOutOfRange {
                    partition: partition.clone(),
                    offset: *offset,
                    log_start: ends.log_start,
                });
            }
            log.delete_before(*offset);
        }
        Ok(())
    }
}
