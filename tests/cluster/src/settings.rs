//! How the broker is set. `docker-compose.kafka.yml` says the same, and a test holds them equal.

use std::path::Path;

/// The port that Kafka's clients expect, where `make kafka` listens.
pub const KAFKA_PORT: u16 = 9092;
/// The port that a registry's clients expect, where `make kafka` listens.
pub const REGISTRY_PORT: u16 = 8081;

/// How much memory Java may take for either.
pub const HEAP: &str = "-Xmx512m";

/// What makes one broker behave like a cluster's, only smaller and without waiting.
pub const BROKER: [(&str, &str); 10] = [
    ("auto.create.topics.enable", "false"),
    ("group.initial.rebalance.delay.ms", "0"),
    ("offsets.topic.num.partitions", "4"),
    ("offsets.topic.replication.factor", "1"),
    ("share.coordinator.state.topic.min.isr", "1"),
    ("share.coordinator.state.topic.num.partitions", "1"),
    ("share.coordinator.state.topic.replication.factor", "1"),
    ("transaction.state.log.min.isr", "1"),
    ("transaction.state.log.num.partitions", "4"),
    ("transaction.state.log.replication.factor", "1"),
];

/// Where it listens, and where its data are.
pub(crate) fn addresses(port: u16, controller: u16, data: &Path) -> Vec<(&'static str, String)> {
    vec![
        ("process.roles", "broker,controller".to_owned()),
        ("node.id", "1".to_owned()),
        ("listeners", format!("PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}")),
        ("controller.listener.names", "CONTROLLER".to_owned()),
        ("controller.quorum.bootstrap.servers", format!("127.0.0.1:{controller}")),
        ("log.dirs", data.display().to_string()),
    ]
}
