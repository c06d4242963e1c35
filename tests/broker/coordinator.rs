//! The coordinator of the group goes away, comes back, and is another one: questions about the group's offsets are answered again.

use cluster::clock::wait_for;
use cluster::{Broker as Server, Cluster, Options};
use streams::broker::kafka::{KafkaBroker, KafkaConsumer, KafkaSettings};
use streams::broker::{Broker, BrokerError, Consumer, ConsumerConfig, ErrorKind, TopicPartition};

use crate::harness::PATIENCE;

const UNAVAILABLE: BrokerError = BrokerError::Unavailable { operation: "committed" };

/// A consumer of a group that nobody has joined, and that has offsets of nothing.
struct Asker {
    consumer: KafkaConsumer,
    partitions: Vec<TopicPartition>,
}

impl Asker {
    fn new(cluster: &Cluster) -> Self {
        let mut settings = KafkaSettings::new(cluster.bootstrap_servers());
        settings.request_timeout_ms = 1_000;
        let broker = KafkaBroker::new(settings).unwrap();
        let config = ConsumerConfig {
            group: "group".to_owned(),
            client: "asker".to_owned(),
            group_instance: None,
            session_timeout_ms: 10_000,
            max_poll_interval_ms: 60_000,
        };
        Self { consumer: broker.consumer(&config).unwrap(), partitions: vec![TopicPartition::new("asked", 0)] }
    }

    /// Asks until there is an answer.
    fn is_answered(&mut self) {
        let mut last = None;
        let answered = wait_for(PATIENCE, || match self.consumer.committed(&self.partitions) {
            Ok(offsets) => Some(offsets),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Retriable, "{error}");
                last = Some(error);
                None
            }
        });
        assert_eq!(answered, Some(vec![None]), "{last:?}");
    }
}

#[test]
fn a_question_that_the_coordinator_has_never_answered_does_no_harm_when_it_is_back() {
    let mut cluster = Cluster::start(Options::new()).unwrap();
    let mut asker = Asker::new(&cluster);
    asker.is_answered();
    cluster.kill().unwrap();
    for _ in 0..3 {
        assert_eq!(asker.consumer.committed(&asker.partitions), Err(UNAVAILABLE));
    }
    cluster.restart().unwrap();
    // By the first answer, what was asked in vain would have been sent as well, over the same connection.
    asker.is_answered();
    asker.is_answered();
}

#[test]
fn a_coordinator_that_is_another_one_now_is_found_though_the_old_one_is_back() {
    let mut cluster = Cluster::start(Options::new().replicated().set("broker.session.timeout.ms", 3_000)).unwrap();
    let mut asker = Asker::new(&cluster);
    asker.is_answered();
    // One of them is the coordinator. The asker does not notice that it was away.
    for victim in 0..cluster.brokers().len() {
        cluster.brokers_mut()[victim].kill().unwrap();
        Asker::new(&cluster).is_answered();
        cluster.brokers_mut()[victim].restart().unwrap();
    }
    assert!(cluster.brokers().iter().all(Server::answers));
    asker.is_answered();
}
