//! How the brokers are set. `docker-compose.kafka.yml` says the same, and a test holds them equal.

use std::path::Path;

use crate::certificate::KEY_PASSWORD;

/// The port that Kafka's clients expect, where `make kafka` listens.
pub const KAFKA_PORT: u16 = 9092;
/// The port that a registry's clients expect, where `make kafka` listens.
pub const REGISTRY_PORT: u16 = 8081;

/// How much memory Java may take for either.
pub const HEAP: &str = "-Xmx512m";

/// The same for one broker of several.
pub const HEAP_OF_SEVERAL: &str = "-Xmx320m";

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

/// What a cluster of three has instead: everything is there three times, and who writes waits for two.
pub const REPLICATED: [(&str, &str); 8] = [
    ("default.replication.factor", "3"),
    ("min.insync.replicas", "2"),
    ("offsets.topic.replication.factor", "3"),
    ("share.coordinator.state.topic.min.isr", "2"),
    ("share.coordinator.state.topic.replication.factor", "3"),
    ("transaction.state.log.min.isr", "2"),
    ("transaction.state.log.replication.factor", "3"),
    ("unclean.leader.election.enable", "false"),
];

/// What a secured listener is called.
const SECURED: &str = "SECURED";

/// What a broker needs for a listener to which one user may come, by TLS.
pub(crate) fn secured(keystore: &Path, user: &str, password: &str) -> Vec<(String, String)> {
    let login = "org.apache.kafka.common.security.plain.PlainLoginModule";
    let of_listener = |key: &str, value: String| (format!("listener.name.secured.{key}"), value);
    let map = format!("PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,{SECURED}:SASL_SSL");
    vec![
        ("listener.security.protocol.map".to_owned(), map),
        ("inter.broker.listener.name".to_owned(), "PLAINTEXT".to_owned()),
        of_listener("sasl.enabled.mechanisms", "PLAIN".to_owned()),
        of_listener("plain.sasl.jaas.config", format!("{login} required user_{user}=\"{password}\";")),
        of_listener("ssl.keystore.type", "PKCS12".to_owned()),
        of_listener("ssl.keystore.location", keystore.display().to_string()),
        of_listener("ssl.keystore.password", KEY_PASSWORD.to_owned()),
    ]
}

/// Who a broker is, and where it listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Kafka's name for it.
    pub(crate) id: i32,
    /// For clients and the other brokers.
    pub(crate) port: u16,
    /// For the controllers: each broker is one, too.
    pub(crate) controller: u16,
    /// For clients that come by TLS and with a password, where there are such.
    pub(crate) secured: Option<u16>,
}

/// Where this one of all brokers listens, and where its data are.
pub(crate) fn addresses(place: Place, all: &[Place], data: &Path) -> Vec<(&'static str, String)> {
    let Place { id, port, controller, secured } = place;
    let mut listeners = format!("PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}");
    if let Some(port) = secured {
        listeners += &format!(",{SECURED}://127.0.0.1:{port}");
    }
    let voters: Vec<String> =
        all.iter().map(|Place { id, controller, .. }| format!("{id}@127.0.0.1:{controller}")).collect();
    vec![
        ("process.roles", "broker,controller".to_owned()),
        ("node.id", id.to_string()),
        ("listeners", listeners),
        ("controller.listener.names", "CONTROLLER".to_owned()),
        ("controller.quorum.voters", voters.join(",")),
        ("log.dirs", data.display().to_string()),
    ]
}
