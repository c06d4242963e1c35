//! The floor: what a careful hand writes around the client for exactly this, and for nothing else. It restores nothing, it
//! survives no rebalance, it counts nothing.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use foldhash::fast::FixedState;
use loadtest::clock::SystemClock;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, DeliveryResult, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use rocksdb::{DB, Options, WriteBatch};
use streams::clock::Clock;

use crate::contestant::end_with_the_owner;
use crate::job::{COMMIT_INTERVAL_MS, Job, PARTITIONS, Scenario};

const TIMEOUT: Duration = Duration::from_secs(10);
/// The clock is looked at, and reports are taken, once in so many records.
const SLICE: u32 = 256;

/// Keeps what the changelog's reports say: a store must know how far its changelog goes.
#[derive(Default)]
struct Reports {
    ends: Mutex<[i64; PARTITIONS as usize]>,
}

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    /// Whether it is a row of the changelog.
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, is_row: usize) {
        let message = result.as_ref().unwrap();
        if is_row == 1 {
            let mut ends = self.ends.lock().unwrap();
            let end = &mut ends[message.partition() as usize];
            *end = (*end).max(message.offset() + 1);
        }
    }
}

type BareProducer = BaseProducer<Reports>;

struct Loop<'a> {
    job: &'a Job,
    changelog: String,
    consumer: BaseConsumer,
    producer: BareProducer,
    database: Option<DB>,
    /// Uncommitted counts, by key; the partition is that of the key.
    overlay: HashMap<Box<[u8]>, (u64, i32), FixedState>,
    next: [i64; PARTITIONS as usize],
}

pub(crate) fn run(job: &Job) {
    end_with_the_owner();
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &job.bootstrap_servers)
        .set("group.id", &job.application)
        .set("group.instance.id", "bare")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("isolation.level", "read_committed")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("queued.max.messages.kbytes", "2048")
        .set("fetch.queue.backoff.ms", "10")
        .create()
        .unwrap();
    let producer: BareProducer = ClientConfig::new()
        .set("bootstrap.servers", &job.bootstrap_servers)
        .set("transactional.id", &job.application)
        .set("transaction.timeout.ms", "10000")
        .set("message.timeout.ms", "8000")
        .set("linger.ms", "2")
        .set("compression.codec", "lz4")
        .set("queue.buffering.max.messages", "200000")
        .set("queue.buffering.max.kbytes", "65536")
        .create_with_context(Reports::default())
        .unwrap();
    producer.init_transactions(TIMEOUT).unwrap();
    consumer.subscribe(&[&job.input]).unwrap();
    let database = (job.scenario != Scenario::Copy).then(|| {
        let mut options = Options::default();
        options.create_if_missing(true);
        DB::open(&options, &job.state_dir).unwrap()
    });
    let changelog = format!("{}-rows-changelog", job.application);
    let next = [-1; PARTITIONS as usize];
    Loop { job, changelog, consumer, producer, database, overlay: HashMap::default(), next }.run();
}

impl Loop<'_> {
    fn run(mut self) -> ! {
        let clock = SystemClock::start();
        loop {
            self.producer.begin_transaction().unwrap();
            let mut due_ms = None;
            let mut records = 0_u32;
            while due_ms.is_none_or(|due_ms| !records.is_multiple_of(SLICE) || clock.now_ms() < due_ms) {
                let wait = Duration::from_millis(if due_ms.is_none() { COMMIT_INTERVAL_MS } else { 1 });
                match self.consumer.poll(wait) {
                    Some(message) => {
                        // The consumer is borrowed by its message.
                        let message = message.unwrap();
                        records += 1;
                        let (overlay, next) = (&mut self.overlay, &mut self.next);
                        next[message.partition() as usize] = message.offset() + 1;
                        handle(self.job, &self.producer, self.database.as_ref(), overlay, &message);
                        due_ms = due_ms.or_else(|| Some(clock.now_ms() + COMMIT_INTERVAL_MS as i64));
                    }
                    // The end is reached: the count of records would never come to a slice.
                    None if due_ms.is_some_and(|due_ms| clock.now_ms() >= due_ms) => break,
                    None => {}
                }
                if records.is_multiple_of(SLICE) {
                    self.producer.poll(Duration::ZERO);
                }
            }
            self.commit();
        }
    }

    fn commit(&mut self) {
        for (key, (count, partition)) in &self.overlay {
            let (key, value) = (&key[..], count.to_be_bytes());
            if self.job.scenario == Scenario::OncePerCommit {
                send(
                    &self.producer,
                    BaseRecord::with_opaque_to(&self.job.output, 0).partition(*partition).key(key).payload(&value[..]),
                );
            }
            send(
                &self.producer,
                BaseRecord::with_opaque_to(&self.changelog, 1).partition(*partition).key(key).payload(&value[..]),
            );
        }
        while self.producer.in_flight_count() > 0 {
            self.producer.poll(Duration::from_millis(1));
        }
        let mut offsets = TopicPartitionList::new();
        for (partition, next) in self.next.iter().enumerate().filter(|(_, next)| **next >= 0) {
            offsets.add_partition_offset(&self.job.input, partition as i32, Offset::Offset(*next)).unwrap();
        }
        let group = self.consumer.group_metadata().unwrap();
        self.producer.send_offsets_to_transaction(&offsets, &group, TIMEOUT).unwrap();
        self.producer.commit_transaction(TIMEOUT).unwrap();
        let Some(database) = &self.database else { return };
        let mut batch = WriteBatch::default();
        for (key, (count, _)) in self.overlay.drain() {
            batch.put(key, count.to_be_bytes());
        }
        batch.put(b"offsets", self.next.map(i64::to_be_bytes).concat());
        batch.put(b"changelog", self.producer.context().ends.lock().unwrap().map(i64::to_be_bytes).concat());
        database.write(batch).unwrap();
    }
}

fn handle(
    job: &Job,
    producer: &BareProducer,
    database: Option<&DB>,
    overlay: &mut HashMap<Box<[u8]>, (u64, i32), FixedState>,
    message: &BorrowedMessage<'_>,
) {
    let key = message.key().unwrap_or_default();
    let partition = message.partition();
    let output = || {
        let record = BaseRecord::with_opaque_to(&job.output, 0).partition(partition).key(key);
        record.timestamp(message.timestamp().to_millis().unwrap_or(0))
    };
    let Some(database) = database else {
        return send(producer, output().payload(message.payload().unwrap_or_default()));
    };
    let count = match overlay.get_mut(key) {
        Some((count, _)) => {
            *count += 1;
            *count
        }
        None => {
            let row = database.get_pinned(key).unwrap();
            let count = row.and_then(|row| row[..].try_into().ok()).map_or(0, u64::from_be_bytes) + 1;
            overlay.insert(key.into(), (count, partition));
            count
        }
    };
    if job.scenario == Scenario::EveryUpdate {
        send(producer, output().payload(&count.to_be_bytes()[..]));
    }
}

fn send(producer: &BareProducer, record: BaseRecord<'_, [u8], [u8], usize>) {
    let mut record = record;
    while let Err((error, back)) = producer.send(record) {
        assert!(matches!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)), "{error}");
        producer.poll(Duration::from_millis(1));
        record = back;
    }
}
