//! What a topic holds, as everyone who reads committed records sees it.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster::clock::wait_for;
use streams::broker::kafka::KafkaBroker;
use streams::broker::{Admin, Broker, Consumer, ConsumerConfig, ConsumerRecord, Offset, TopicPartition};

const PATIENCE: Duration = Duration::from_secs(60);

/// All partitions of a topic.
pub(crate) fn partitions(broker: &KafkaBroker, topic: &str) -> Vec<TopicPartition> {
    let found = broker.admin().unwrap().describe_topic(topic).unwrap().unwrap();
    (0..found.spec.partitions).map(|partition| TopicPartition::new(topic, partition)).collect()
}

/// Every record of a topic that is committed by now, by partition.
pub(crate) fn read(broker: &KafkaBroker, topic: &str) -> BTreeMap<u32, Vec<ConsumerRecord>> {
    let partitions = partitions(broker, topic);
    let mut reader = broker.reader().unwrap();
    let ends = wait_for(PATIENCE, || reader.ends(&partitions).ok()).unwrap();
    let from: Vec<_> = partitions.iter().cloned().zip(ends.iter().map(|ends| ends.log_start)).collect();
    reader.assign(&from).unwrap();
    let mut found = BTreeMap::new();
    for (partition, ends) in partitions.iter().zip(&ends) {
        let mut records = Vec::new();
        let reached = wait_for(PATIENCE, || {
            reader.fetch(partition, 10_000, &mut records).unwrap();
            reader.position(partition).is_some_and(|position| position >= ends.last_stable).then_some(())
        });
        assert!(reached.is_some(), "the end of {partition} is not reached");
        found.insert(partition.partition, records);
    }
    found
}

/// Offsets of these partitions that the group has not committed yet.
pub(crate) fn lag(broker: &KafkaBroker, group: &str, partitions: &[TopicPartition]) -> Option<Offset> {
    let config = ConsumerConfig {
        group: group.to_owned(),
        client: "audit".to_owned(),
        group_instance: None,
        session_timeout_ms: 6_000,
        max_poll_interval_ms: 60_000,
    };
    let mut consumer = broker.consumer(&config).unwrap();
    let committed = consumer.committed(partitions).ok()?;
    let ends = consumer.ends(partitions).ok()?;
    let left =
        committed.iter().zip(&ends).map(|(committed, ends)| ends.last_stable - committed.unwrap_or(ends.log_start));
    Some(left.sum())
}
