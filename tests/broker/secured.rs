//! What a client shows to the brokers, and they to it, does not fit.

use std::time::Duration;

use cluster::clock::wait_for;
use cluster::{Certificate, Cluster, Options};
use streams::broker::conformance::Harness;
use streams::broker::kafka::{KafkaBroker, KafkaSettings};
use streams::broker::{Admin, Broker, BrokerError, Consumer, ConsumerConfig};

use crate::harness::RealKafka;

/// How long it takes until several connections were refused.
const A_WHILE: Duration = Duration::from_secs(2);

/// Of several brokers another may be better, and certificates are replaced while members live. Who has just begun is told: by the topics.
#[test]
fn a_member_that_trusts_no_broker_goes_on_trying_and_a_look_at_a_topic_says_why() {
    let [used, trusted] = [(); 2].map(|()| Certificate::new().unwrap());
    let cluster = Cluster::start(Options::new().secured(&used, "user", "password")).unwrap();
    let mut settings = KafkaSettings::new(cluster.secured_servers());
    for (key, value) in [
        ("security.protocol", "sasl_ssl"),
        ("sasl.mechanism", "PLAIN"),
        ("sasl.username", "user"),
        ("sasl.password", "password"),
        ("ssl.ca.location", &trusted.authority().display().to_string()),
    ] {
        settings.properties.insert(key.to_owned(), value.to_owned());
    }
    let broker = KafkaBroker::new(settings).unwrap();
    let config = ConsumerConfig {
        group: RealKafka.name("group"),
        client: RealKafka.name("client"),
        group_instance: None,
        session_timeout_ms: 10_000,
        max_poll_interval_ms: 60_000,
    };
    let mut member = broker.consumer(&config).unwrap();
    member.subscribe(&["any"]).unwrap();
    let failed = wait_for(A_WHILE, || member.poll_group().err());
    assert_eq!(failed, None);

    let told = broker.admin().unwrap().describe_topic("any").unwrap_err();
    assert!(matches!(told, BrokerError::NotTrusted { .. }), "{told}");
}
