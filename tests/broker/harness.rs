//! The cluster that the tests share, and the power over it.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cluster::clock::wait_for;
use cluster::{Cluster, Options};
use streams::broker::conformance::Harness;
use streams::broker::kafka::{KafkaBroker, KafkaConsumer, KafkaSettings};
use streams::broker::{
    Broker, Consumer, ConsumerConfig, ConsumerRecord, Ends, ProducerConfig, ProducerRecord, TopicPartition,
    TransactionalProducer,
};

use crate::proxy::Proxy;

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster behind its proxy. It ends with the process.
struct Shared {
    _cluster: Cluster,
    proxy: Proxy,
}

static SHARED: OnceLock<Shared> = OnceLock::new();
static NAMES: AtomicU64 = AtomicU64::new(0);

fn shared() -> &'static Shared {
    SHARED.get_or_init(|| {
        let proxy = Proxy::new();
        let options = Options::new()
            .set("advertised.listeners", format!("PLAINTEXT://{}", proxy.address()))
            .set("transaction.abort.timed.out.transaction.cleanup.interval.ms", 500)
            .set("log.cleaner.backoff.ms", 200);
        let cluster = Cluster::start(options).unwrap();
        proxy.forward_to(&cluster.bootstrap_servers());
        warm_up(&proxy);
        Shared { _cluster: cluster, proxy }
    })
}

/// The first transaction makes the cluster create a topic for all of them, which takes seconds.
fn warm_up(proxy: &Proxy) {
    let broker = KafkaBroker::new(KafkaSettings::new(proxy.address())).unwrap();
    let config = ProducerConfig { transactional_id: "warm-up".to_owned(), transaction_timeout_ms: 10_000 };
    let mut producer = broker.producer(&config).unwrap();
    wait_for(PATIENCE, || producer.init_transactions().ok()).unwrap();
}

/// The real Kafka, as the cases see it.
pub(crate) struct RealKafka;

impl RealKafka {
    pub(crate) fn settings() -> KafkaSettings {
        let mut settings = KafkaSettings::new(shared().proxy.address());
        // Many tests share two cores: here nothing has to notice an outage soon.
        settings.lookup_timeout_ms = 10_000;
        // Only segments that are closed are compacted, and only when enough of them is dirty.
        for (key, value) in [("topic.segment.ms", "100"), ("topic.min.cleanable.dirty.ratio", "0.001")] {
            settings.properties.insert(key.to_owned(), value.to_owned());
        }
        settings
    }
}

impl Harness for RealKafka {
    type Broker = KafkaBroker;

    fn broker(&self) -> KafkaBroker {
        KafkaBroker::new(Self::settings()).unwrap()
    }

    fn name(&self, name: &str) -> String {
        format!("{name}-{}", NAMES.fetch_add(1, Ordering::Relaxed))
    }

    fn advance(&self, by_ms: u64) {
        // The client looks at its poll interval twice a second.
        pass(by_ms + 600);
    }

    fn settle(&self) {
        pass(1);
    }

    fn kill(&self, consumer: KafkaConsumer) {
        shared().proxy.cut(consumer.client_id());
        // A client that closed would want to say goodbye.
        std::mem::forget(consumer);
    }

    fn compact(&self, partition: &TopicPartition) {
        let broker = self.broker();
        let transactional_id = self.name("compact");
        let mut producer =
            broker.producer(&ProducerConfig { transactional_id, transaction_timeout_ms: 10_000 }).unwrap();
        producer.init_transactions().unwrap();
        let is_compact = wait_for(PATIENCE, || {
            let records = read_all(&broker, partition);
            let keys: BTreeSet<_> = records.iter().map(|record| record.key.clone()).collect();
            if keys.len() == records.len() {
                return Some(());
            }
            // Something that nobody reads makes the broker begin a new segment.
            producer.begin().unwrap();
            let record = ProducerRecord {
                topic: &partition.topic,
                partition: partition.partition,
                timestamp_ms: 1,
                key: Some(b"nobody"),
                value: None,
                headers: &[],
            };
            producer.send(&record, 0).unwrap();
            while producer.deliveries(&mut |_| {}).unwrap() > 0 {}
            producer.abort().unwrap();
            None
        });
        assert!(is_compact.is_some(), "{partition} was not compacted");
    }

    fn quiet_polls(&self) -> usize {
        // A member hears of a rebalance with its next heartbeat; that, a round of joining, and a busy machine.
        80
    }
}

/// The only member of a group that nobody else has.
pub(crate) fn alone() -> ConsumerConfig {
    ConsumerConfig {
        group: RealKafka.name("group"),
        client: RealKafka.name("client"),
        group_instance: None,
        session_timeout_ms: 10_000,
        max_poll_interval_ms: 60_000,
    }
}

/// Lets real time pass.
pub(crate) fn pass(by_ms: u64) {
    wait_for(Duration::from_millis(by_ms), || None::<()>);
}

/// All committed records of the partition up to where it ends now.
pub(crate) fn read_all(broker: &KafkaBroker, partition: &TopicPartition) -> Vec<ConsumerRecord> {
    let mut reader = broker.reader().unwrap();
    let ends = ends_of(&mut reader, partition);
    reader.assign(&[(partition.clone(), ends.log_start)]).unwrap();
    let mut records = Vec::new();
    let is_read = wait_for(PATIENCE, || {
        reader.fetch(partition, 1000, &mut records).unwrap();
        (reader.position(partition).unwrap() >= ends.last_stable).then_some(())
    });
    assert!(is_read.is_some(), "the end of {partition} was not reached");
    records
}

/// Where the partition ends. A new client has to connect first, and on a busy machine that may take longer than one look-up has.
pub(crate) fn ends_of(reader: &mut KafkaConsumer, partition: &TopicPartition) -> Ends {
    let ends = wait_for(PATIENCE, || reader.ends(std::slice::from_ref(partition)).ok());
    ends.expect("the ends are not told")[0]
}
