//! Writes to a topic as the stream does: in transactions, each record into the partition of its key.

use std::sync::Arc;
use std::time::Duration;

use cluster::clock::wait_for;
use engagement_conductor::clock::SystemClock;
use streams::broker::kafka::KafkaProducer;
use streams::broker::{Admin, Broker, ProducerConfig, ProducerRecord, TransactionalProducer};
use streams::partition::partition_of;

use crate::records::Record;
use crate::stage::Stage;

const PATIENCE: Duration = Duration::from_secs(60);
/// Records of one transaction, where it does not matter.
const PORTION: usize = 2_000;

pub(crate) struct Writer {
    producer: KafkaProducer,
    topic: Arc<str>,
    partitions: u32,
}

impl Writer {
    pub(crate) fn new(stage: &Stage, topic: &str) -> Self {
        let broker = stage.broker();
        let partitions = broker.admin().unwrap().describe_topic(topic).unwrap().unwrap().spec.partitions;
        let config = ProducerConfig { transactional_id: format!("bench-{topic}"), transaction_timeout_ms: 10_000 };
        let mut producer = broker.producer(&config).unwrap();
        wait_for(PATIENCE, || producer.init_transactions().ok()).unwrap();
        Self { producer, topic: topic.into(), partitions }
    }

    /// One transaction; it is committed when this returns.
    pub(crate) fn write(&mut self, records: &[Record]) {
        self.producer.begin().unwrap();
        for (key, value) in records {
            let record = ProducerRecord {
                topic: &self.topic,
                partition: partition_of(key.as_bytes(), self.partitions),
                timestamp_ms: SystemClock.now_ms(),
                key: Some(key.as_bytes()),
                value: Some(value),
                headers: &[],
            };
            self.producer.send(&record, 0).unwrap();
        }
        let mut refused = 0;
        while self.producer.deliveries(&mut |delivery| refused += u64::from(delivery.offset.is_none())).unwrap() > 0 {
            self.producer.wait(10);
        }
        assert_eq!(refused, 0, "records that the cluster has not taken");
        self.producer.commit().unwrap();
    }

    /// As many transactions as it takes.
    pub(crate) fn write_all(&mut self, records: &[Record]) {
        records.chunks(PORTION).for_each(|portion| self.write(portion));
    }
}
