//! The input, written once and read by everybody, and the truth about it.

use std::time::Duration;

use loadtest::clock::SystemClock;
use loadtest::interrupt::Interrupt;
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use streams::broker::Cleanup;
use streams::clock::Clock;
use streams::partition::partition_of;

use crate::job::PARTITIONS;
use crate::stage::Stage;

const KEYS: u64 = 10_000;
const FLUSH: Duration = Duration::from_secs(60);

/// What is written.
pub(crate) struct Plan {
    records: u64,
    value_bytes: usize,
    /// Drawn from so many keys; none: each record has its own, one after the other from here on.
    keys: Keys,
}

enum Keys {
    Drawn,
    Fresh { from: u64 },
}

/// Records of 10,000 keys with values of 100 bytes.
pub(crate) fn small(records: u64) -> Plan {
    Plan { records, value_bytes: 100, keys: Keys::Drawn }
}

/// Rows of a kibibyte, each with a key of its own.
pub(crate) fn rows(from: u64, records: u64) -> Plan {
    Plan { records, value_bytes: 1_024, keys: Keys::Fresh { from } }
}

/// What lies in a topic.
pub(crate) struct Load {
    pub(crate) topic: String,
    pub(crate) records: u64,
    /// How often each of the keys was drawn.
    pub(crate) counts: Vec<u64>,
    /// The sum of [`fingerprint`] over all records.
    pub(crate) fingerprints: u64,
}

pub(crate) fn load(stage: &Stage, topic: &str, plan: &Plan, interrupt: &Interrupt) -> Load {
    stage.create_topic(topic, Cleanup::Delete);
    append(stage, topic, plan, interrupt)
}

/// Writes to a topic that is there.
pub(crate) fn append(stage: &Stage, topic: &str, plan: &Plan, interrupt: &Interrupt) -> Load {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", stage.servers())
        .set("enable.idempotence", "true")
        .set("compression.codec", "lz4")
        .set("linger.ms", "20")
        .set("queue.buffering.max.kbytes", "65536")
        .set("delivery.report.only.error", "true")
        .create()
        .unwrap();
    let now_ms = SystemClock::start().now_ms();
    let mut load =
        Load { topic: topic.to_owned(), records: plan.records, counts: vec![0; KEYS as usize], fingerprints: 0 };
    let mut random = SplitMix(7);
    let mut value = Vec::with_capacity(plan.value_bytes);
    for number in 0..plan.records {
        if number % 65_536 == 0 && interrupt.is_asked() {
            std::process::exit(i32::from(loadtest::interrupt::EXIT_CODE));
        }
        let key = match plan.keys {
            Keys::Drawn => {
                let key = random.next() % KEYS;
                load.counts[key as usize] += 1;
                key
            }
            Keys::Fresh { from } => from + number,
        };
        let key = format!("key-{key:08}");
        fill(&mut value, plan.value_bytes, &mut random);
        load.fingerprints = load.fingerprints.wrapping_add(fingerprint(key.as_bytes(), &value));
        let partition = partition_of(key.as_bytes(), PARTITIONS) as i32;
        let mut record = BaseRecord::to(topic).partition(partition).key(&key).payload(&value).timestamp(now_ms);
        while let Err((error, back)) = producer.send(record) {
            assert!(matches!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)), "{error}");
            producer.poll(Duration::from_millis(10));
            record = back;
        }
    }
    producer.flush(FLUSH).unwrap();
    load
}

/// Half of it is chance: about as compressible as what people send.
fn fill(value: &mut Vec<u8>, bytes: usize, random: &mut SplitMix) {
    value.clear();
    while value.len() < bytes {
        value.extend_from_slice(format!("{:08x}-chatter", random.next() as u32).as_bytes());
    }
    value.truncate(bytes);
}

/// Tells records apart; summed up, it does not depend on their order.
pub(crate) fn fingerprint(key: &[u8], value: &[u8]) -> u64 {
    key.iter()
        .chain(value)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// Sebastiano Vigna's generator: the same numbers in every run.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}
