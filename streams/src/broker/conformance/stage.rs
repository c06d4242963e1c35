//! What the cases have in common: a topic of their own, and clients that are driven patiently.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Harness;
use crate::broker::{
    Admin, Broker, BrokerError, Cleanup, Consumer, ConsumerConfig, ConsumerRecord, Delivery, ErrorKind, GroupEvent,
    Offset, ProducerConfig, ProducerRecord, TopicPartition, TopicSpec, TransactionalProducer,
};

/// How often a retriable call is made before the test gives up.
const TRIES: usize = 1000;
pub(super) const TRANSACTION_TIMEOUT_MS: u64 = 10_000;
pub(super) const SESSION_TIMEOUT_MS: u64 = 6_000;
pub(super) const MAX_POLL_INTERVAL_MS: u64 = 20_000;

pub(super) type ConsumerOf<H> = <<H as Harness>::Broker as Broker>::Consumer;
pub(super) type ProducerOf<H> = <<H as Harness>::Broker as Broker>::Producer;

/// A topic of this case, and clients of it.
pub(super) struct Stage<'a, H: Harness> {
    pub(super) harness: &'a H,
    pub(super) broker: H::Broker,
    pub(super) topic: Arc<str>,
    pub(super) group: String,
}

/// A group member that does as it is told.
pub(super) struct Member<C> {
    pub(super) consumer: C,
    pub(super) owned: BTreeSet<TopicPartition>,
    /// All events, for cases that look at how it came about.
    pub(super) events: Vec<GroupEvent>,
    /// Whether the group has answered yet: silence before that is no sign of rest.
    has_joined: bool,
}

impl<'a, H: Harness> Stage<'a, H> {
    pub(super) fn new(harness: &'a H, partitions: u32) -> Self {
        Self::with_cleanup(harness, partitions, Cleanup::Delete)
    }

    pub(super) fn with_cleanup(harness: &'a H, partitions: u32, cleanup: Cleanup) -> Self {
        let stage = Self {
            harness,
            broker: harness.broker(),
            topic: harness.name("topic").into(),
            group: harness.name("group"),
        };
        stage.create(&stage.topic, partitions, cleanup);
        stage
    }

    pub(super) fn create(&self, topic: &str, partitions: u32, cleanup: Cleanup) {
        let spec = TopicSpec { name: topic.to_owned(), partitions, cleanup, retention_ms: None };
        self.broker.admin().unwrap().create_topics(&[spec]).unwrap();
    }

    pub(super) fn partition(&self, number: u32) -> TopicPartition {
        TopicPartition::new(Arc::clone(&self.topic), number)
    }

    /// Repeats a call while it is only too early.
    pub(super) fn retry<T>(&self, mut call: impl FnMut() -> Result<T, BrokerError>) -> Result<T, BrokerError> {
        for _ in 0..TRIES {
            match call() {
                Err(error) if error.kind() == ErrorKind::Retriable => self.harness.settle(),
                other => return other,
            }
        }
        panic!("not done after {TRIES} tries")
    }

    /// Asks until there is an answer.
    pub(super) fn until<T>(&self, mut ask: impl FnMut() -> Option<T>) -> T {
        for _ in 0..TRIES {
            if let Some(answer) = ask() {
                return answer;
            }
            self.harness.settle();
        }
        panic!("no answer after {TRIES} tries")
    }

    /// A producer, ready to begin.
    pub(super) fn producer(&self, id: &str) -> ProducerOf<H> {
        let transactional_id = format!("{}-{id}", self.topic);
        let config = ProducerConfig { transactional_id, transaction_timeout_ms: TRANSACTION_TIMEOUT_MS };
        let mut producer = self.broker.producer(&config).unwrap();
        self.retry(|| producer.init_transactions()).unwrap();
        producer
    }

    /// A producer without transactions, ready to begin.
    pub(super) fn plain_producer(&self, id: &str) -> ProducerOf<H> {
        let transactional_id = format!("{}-{id}", self.topic);
        let config = ProducerConfig { transactional_id, transaction_timeout_ms: TRANSACTION_TIMEOUT_MS };
        let mut producer = self.broker.plain_producer(&config).unwrap();
        self.retry(|| producer.init_transactions()).unwrap();
        producer
    }

    pub(super) fn begin(&self, producer: &mut ProducerOf<H>) {
        self.retry(|| producer.begin()).unwrap();
    }

    pub(super) fn send(&self, producer: &mut ProducerOf<H>, partition: u32, value: &str) -> Result<(), BrokerError> {
        self.send_keyed(producer, partition, value, Some(value))
    }

    pub(super) fn send_keyed(
        &self,
        producer: &mut ProducerOf<H>,
        partition: u32,
        key: &str,
        value: Option<&str>,
    ) -> Result<(), BrokerError> {
        let record = ProducerRecord {
            topic: &self.topic,
            partition,
            timestamp_ms: 0,
            key: Some(key.as_bytes()),
            value: value.map(str::as_bytes),
            headers: &[],
        };
        self.retry(|| producer.send(&record, 0))
    }

    /// Waits until nothing is in flight.
    pub(super) fn deliver(&self, producer: &mut ProducerOf<H>) -> Result<Vec<Delivery>, BrokerError> {
        let mut deliveries = Vec::new();
        for _ in 0..TRIES {
            if self.retry(|| producer.deliveries(&mut |delivery| deliveries.push(delivery)))? == 0 {
                return Ok(deliveries);
            }
            self.harness.settle();
        }
        panic!("still in flight after {TRIES} tries")
    }

    /// Begins a transaction and delivers these values to the partition.
    pub(super) fn write(&self, producer: &mut ProducerOf<H>, partition: u32, values: &[&str]) {
        self.begin(producer);
        for value in values {
            self.send(producer, partition, value).unwrap();
        }
        self.deliver(producer).unwrap();
    }

    /// The same, committed.
    pub(super) fn write_and_commit(&self, producer: &mut ProducerOf<H>, partition: u32, values: &[&str]) {
        self.write(producer, partition, values);
        producer.commit().unwrap();
        self.harness.settle();
    }

    /// A reader of the partition.
    pub(super) fn reader(&self, partition: u32, from: Offset) -> ConsumerOf<H> {
        let mut reader = self.broker.reader().unwrap();
        reader.assign(&[(self.partition(partition), from)]).unwrap();
        reader
    }

    /// All that the consumer can reach of the partition now.
    pub(super) fn drain(&self, consumer: &mut ConsumerOf<H>, partition: u32) -> Vec<ConsumerRecord> {
        let partition = self.partition(partition);
        let target = consumer.ends(std::slice::from_ref(&partition)).unwrap()[0].last_stable;
        let mut records = Vec::new();
        for _ in 0..TRIES {
            consumer.fetch(&partition, 100, &mut records).unwrap();
            if consumer.position(&partition).unwrap() >= target {
                return records;
            }
            self.harness.settle();
        }
        panic!("the end of {partition} was not reached after {TRIES} tries")
    }

    /// The same, once so many records can be reached: the marker of a commit follows it in the background.
    pub(super) fn drain_count(
        &self,
        consumer: &mut ConsumerOf<H>,
        partition: u32,
        count: usize,
    ) -> Vec<ConsumerRecord> {
        let mut records = Vec::new();
        self.until(|| {
            records.append(&mut self.drain(consumer, partition));
            (records.len() >= count).then_some(())
        });
        records
    }

    /// The partition's committed values, once there are as many as expected.
    pub(super) fn expect_values(&self, partition: u32, expected: &[&str]) {
        let records = self.drain_count(&mut self.reader(partition, 0), partition, expected.len());
        assert_eq!(records.iter().map(value_of).collect::<Vec<_>>(), expected);
    }

    pub(super) fn config(&self, client: &str, group_instance: Option<&str>) -> ConsumerConfig {
        ConsumerConfig {
            group: self.group.clone(),
            client: client.to_owned(),
            group_instance: group_instance.map(str::to_owned),
            session_timeout_ms: SESSION_TIMEOUT_MS,
            max_poll_interval_ms: MAX_POLL_INTERVAL_MS,
        }
    }

    /// A member that has subscribed to the topic, and seen nothing yet.
    pub(super) fn member(&self, client: &str, group_instance: Option<&str>) -> Member<ConsumerOf<H>> {
        self.member_of(client, group_instance, &[&self.topic])
    }

    pub(super) fn member_of(
        &self,
        client: &str,
        group_instance: Option<&str>,
        topics: &[&str],
    ) -> Member<ConsumerOf<H>> {
        let mut consumer = self.broker.consumer(&self.config(client, group_instance)).unwrap();
        consumer.subscribe(topics).unwrap();
        Member { consumer, owned: BTreeSet::new(), events: Vec::new(), has_joined: false }
    }

    /// Polls the members until none has anything to do. Nobody may ever own what another owns.
    pub(super) fn settle_group(&self, members: &mut [&mut Member<ConsumerOf<H>>]) {
        let mut quiet = 0;
        for _ in 0..TRIES {
            quiet += 1;
            for number in 0..members.len() {
                if members[number].poll().is_some() || !members[number].has_joined {
                    quiet = 0;
                }
                let owned: usize = members.iter().map(|member| member.owned.len()).sum();
                let distinct: BTreeSet<_> = members.iter().flat_map(|member| &member.owned).collect();
                assert_eq!(owned, distinct.len(), "a partition has two owners");
            }
            if quiet >= self.harness.quiet_polls() {
                return;
            }
            self.harness.settle();
        }
        panic!("the group was not settled after {TRIES} rounds")
    }
}

impl<C: Consumer> Member<C> {
    /// Serves one event: takes what comes, releases what must go, forgets what is lost.
    pub(super) fn poll(&mut self) -> Option<GroupEvent> {
        let event = self.consumer.poll_group().unwrap()?;
        match &event {
            GroupEvent::Assigned(partitions) => {
                for partition in partitions {
                    assert!(self.owned.insert(partition.clone()), "{partition} was assigned twice");
                }
            }
            GroupEvent::Revoked(partitions) => {
                for partition in partitions {
                    assert!(self.owned.remove(partition), "{partition} was revoked and not owned");
                }
                self.consumer.release(partitions).unwrap();
            }
            GroupEvent::Lost(partitions) => {
                assert_eq!(partitions.iter().cloned().collect::<BTreeSet<_>>(), self.owned);
                self.owned.clear();
            }
        }
        self.has_joined = true;
        self.events.push(event.clone());
        Some(event)
    }

    pub(super) fn was_interrupted(&self) -> bool {
        self.events.iter().any(|event| !matches!(event, GroupEvent::Assigned(_)))
    }
}

pub(super) fn value_of(record: &ConsumerRecord) -> String {
    String::from_utf8(record.value.as_deref().unwrap_or_default().to_vec()).unwrap()
}
