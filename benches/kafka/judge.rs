//! Whether the work was done: what was written, read as committed, is what the input asks for.

use std::time::Duration;

use rdkafka::config::FromClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::job::{Job, PARTITIONS, Scenario};
use crate::load::{Load, fingerprint};

/// A whole partition comes within this, or nothing does.
const PATIENCE: Duration = Duration::from_secs(30);

/// What lies in an output.
struct Found {
    records: u64,
    fingerprints: u64,
    /// The last count of each key, by its number.
    counts: Vec<u64>,
}

/// Ends the measurement when something is missing, or there twice.
pub(crate) fn judge(job: &Job, load: &Load) {
    let found = read(job, load.counts.len());
    match job.scenario {
        Scenario::Copy => {
            assert_eq!(found.records, load.records, "records copied");
            assert_eq!(found.fingerprints, load.fingerprints, "what was copied is not what was read");
        }
        Scenario::EveryUpdate => assert_eq!(found.records, load.records, "updates"),
        Scenario::OncePerCommit => assert!(found.records < load.records, "every update is there: {}", found.records),
        Scenario::Restart | Scenario::Application | Scenario::Live => return,
    }
    if job.scenario != Scenario::Copy {
        let wrong = found.counts.iter().zip(&load.counts).filter(|(found, truth)| found != truth).count();
        assert_eq!(wrong, 0, "keys whose last count is not the true one");
    }
}

fn read(job: &Job, keys: usize) -> Found {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &job.bootstrap_servers)
        .set("group.id", "judge")
        .set("isolation.level", "read_committed")
        .set("enable.partition.eof", "true")
        .set("enable.auto.commit", "false");
    let consumer = BaseConsumer::from_config(&config).unwrap();
    let mut partitions = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        partitions.add_partition_offset(&job.output, partition as i32, Offset::Beginning).unwrap();
    }
    consumer.assign(&partitions).unwrap();
    let mut found = Found { records: 0, fingerprints: 0, counts: vec![0; keys] };
    let mut open = PARTITIONS;
    while open > 0 {
        match consumer.poll(PATIENCE) {
            Some(Ok(message)) => {
                let (key, value) = (message.key().unwrap_or_default(), message.payload().unwrap_or_default());
                found.records += 1;
                if job.scenario == Scenario::Copy {
                    found.fingerprints = found.fingerprints.wrapping_add(fingerprint(key, value));
                } else {
                    let key: usize = std::str::from_utf8(key).unwrap().trim_start_matches("key-").parse().unwrap();
                    found.counts[key] = u64::from_be_bytes(value.try_into().unwrap());
                }
            }
            Some(Err(KafkaError::PartitionEOF(_))) => open -= 1,
            Some(Err(error)) => panic!("{}: {error}", job.output),
            None => panic!("{} can not be read", job.output),
        }
    }
    found
}
