//! What a client shows to the brokers, and they to it, does not fit.

use cluster::clock::wait_for;
use cluster::{Certificate, Cluster, Options};
use streams::broker::kafka::{KafkaBroker, KafkaSettings};
use streams::broker::{Admin, Broker, BrokerError, Consumer};

use crate::harness::{PATIENCE, alone};

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
    let config = alone();
    let mut member = broker.consumer(&config).unwrap();
    member.subscribe(&["any"]).unwrap();
    let told = std::thread::scope(|scope| {
        let looking = scope.spawn(|| broker.admin().unwrap().describe_topic("any").unwrap_err());
        // All the while the member is refused as well.
        let is_told = wait_for(PATIENCE, || {
            assert_eq!(member.poll_group(), Ok(None));
            looking.is_finished().then_some(())
        });
        assert!(is_told.is_some());
        looking.join().unwrap()
    });
    assert!(matches!(told, BrokerError::NotTrusted { .. }), "{told}");
}
