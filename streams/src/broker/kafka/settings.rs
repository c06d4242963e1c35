//! How the cluster is reached: servers, properties of the client, time-outs.

use core::fmt;
use std::collections::BTreeMap;
use std::sync::Arc;

use rdkafka::ClientConfig;

/// Whom properties are for; a property without a prefix is for all clients.
const CONSUMER: &str = "consumer.";
const PRODUCER: &str = "producer.";
const ADMIN: &str = "admin.";
/// Configuration of topics that are created.
const TOPIC: &str = "topic.";

/// What a group member and a reader start from; properties of the same name replace these.
const CONSUMER_DEFAULTS: &[(&str, &str)] = &[
    // Per partition, since each has a queue of its own. The default takes 500 MB for the same speed.
    ("queued.max.messages.kbytes", "2048"),
    // The bound above does not count what the client keeps beside each record, which is more than a small one is long.
    ("queued.min.messages", "5000"),
    ("max.partition.fetch.bytes", "524288"),
    // A full queue is looked at again this soon; the default of a second would be a pause.
    ("fetch.queue.backoff.ms", "10"),
    // So soon a topic or a partition that is new is noticed, if nothing else tells.
    ("topic.metadata.refresh.interval.ms", "10000"),
];

/// What a producer starts from.
const PRODUCER_DEFAULTS: &[(&str, &str)] = &[
    // A commit waits for it; 1 to 5 cost about the same.
    ("linger.ms", "2"),
    ("compression.codec", "lz4"),
    ("queue.buffering.max.messages", "200000"),
    ("queue.buffering.max.kbytes", "65536"),
];

/// Properties that the engine sets itself, each with the reason.
const OWNED: &[(&str, &str)] = &[
    ("bootstrap.servers", "the servers are a setting of their own"),
    ("metadata.broker.list", "the servers are a setting of their own"),
    ("client.id", "the engine names its clients"),
    ("client.rack", "a follower may lag behind what the engine knows of the leader"),
    ("allow.auto.create.topics", "topics are created with an explicit configuration, or not at all"),
    ("isolation.level", "inputs are always read as committed"),
    ("group.id", "the group is the application's id"),
    ("group.instance.id", "there is one per consumer, made from the instance's name"),
    ("group.protocol", "the engine answers the classic protocol's rebalances"),
    ("partition.assignment.strategy", "tasks move cooperatively, and stick"),
    ("session.timeout.ms", "it is a setting of the engine"),
    ("heartbeat.interval.ms", "it follows from the session time-out"),
    ("max.poll.interval.ms", "it is a setting of the engine"),
    ("enable.auto.commit", "offsets are committed in the transaction"),
    ("auto.commit.enable", "offsets are committed in the transaction"),
    ("enable.auto.offset.store", "offsets are committed in the transaction"),
    ("auto.offset.reset", "the engine decides where a task begins; a silent reset would lose or repeat records"),
    ("enable.partition.eof", "the engine's positions depend on it"),
    ("transactional.id", "it is made from the application, the instance and the thread"),
    ("transaction.timeout.ms", "it is a setting of the engine"),
    ("enable.idempotence", "transactions need it"),
    ("enable.gapless.guarantee", "transactions give more"),
    ("acks", "transactions need all"),
    ("request.required.acks", "transactions need all"),
    ("message.timeout.ms", "it follows from the transaction's time-out"),
    ("delivery.timeout.ms", "it follows from the transaction's time-out"),
    ("delivery.report.only.error", "the state stores need the offsets of what was delivered"),
    ("partitioner", "the engine chooses partitions as Java's clients do"),
    ("log.queue", "the client's lines are served with its events"),
    ("topic.cleanup.policy", "it follows from what the topic is for"),
    ("topic.retention.ms", "it follows from what the topic is for"),
    ("topic.message.timestamp.type", "times are those of the records"),
];

/// How a cluster is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct KafkaSettings {
    /// `host:port`, separated by commas.
    pub bootstrap_servers: String,
    /// Properties of librdkafka, handed on as they are. With the prefix `consumer.`, `producer.` or `admin.` they are for those
    /// clients only; with `topic.` they configure topics that are created.
    pub properties: BTreeMap<String, String>,
    /// How long a call may take that cannot be left out: offsets of the group, the end of a transaction, topics.
    pub request_timeout_ms: u64,
    /// How long a look at the ends of partitions may take. It is made all the time, and an outage must show soon.
    pub lookup_timeout_ms: u64,
    /// How long leaving a group may hold the caller up.
    pub leave_timeout_ms: u64,
}

impl KafkaSettings {
    /// The defaults, for these servers.
    #[must_use]
    pub fn new(bootstrap_servers: impl Into<String>) -> Self {
        Self {
            bootstrap_servers: bootstrap_servers.into(),
            properties: BTreeMap::new(),
            request_timeout_ms: 10_000,
            lookup_timeout_ms: 1_000,
            leave_timeout_ms: 5_000,
        }
    }

    /// Whether every property may be set, and has a value that the client takes.
    pub(super) fn check(&self) -> Result<(), KafkaSettingsError> {
        for key in self.properties.keys() {
            let bare = [CONSUMER, PRODUCER, ADMIN].iter().find_map(|prefix| key.strip_prefix(prefix)).unwrap_or(key);
            if let Some((_, reason)) = OWNED.iter().find(|(owned, _)| *owned == bare) {
                return Err(OwnedProperty { key: key.as_str().into(), reason }.into());
            }
            if key.starts_with(TOPIC) {
                continue;
            }
            let mut config = ClientConfig::new();
            config.set(bare, self.properties.get(key).map_or("", String::as_str));
            // What the client says would repeat the value, which may be a secret.
            config.create_native_config().map_err(|_| InvalidProperty { key: key.as_str().into() })?;
        }
        Ok(())
    }

    /// A consumer's configuration; the caller adds what makes it a member or a reader.
    pub(super) fn consumer(&self) -> ClientConfig {
        let mut config = self.client(CONSUMER, CONSUMER_DEFAULTS);
        config
            .set("isolation.level", "read_committed")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("enable.partition.eof", "true")
            .set("allow.auto.create.topics", "false");
        config
    }

    /// A producer's configuration; the caller adds the transaction.
    pub(super) fn producer(&self) -> ClientConfig {
        let mut config = self.client(PRODUCER, PRODUCER_DEFAULTS);
        config.set("enable.idempotence", "true").set("partitioner", "murmur2_random");
        config
    }

    /// The configuration of the client that looks after topics.
    pub(super) fn admin(&self) -> ClientConfig {
        self.client(ADMIN, &[])
    }

    /// What is asked for every topic that is created.
    pub(super) fn topic_configs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.properties.iter().filter_map(|(key, value)| Some((key.strip_prefix(TOPIC)?, value.as_str())))
    }

    fn client(&self, prefix: &str, defaults: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        for (key, value) in defaults {
            config.set(*key, *value);
        }
        let is_prefixed = |key: &str| [CONSUMER, PRODUCER, ADMIN, TOPIC].iter().any(|prefix| key.starts_with(prefix));
        for (key, value) in self.properties.iter().filter(|(key, _)| !is_prefixed(key)) {
            config.set(key, value);
        }
        for (key, value) in &self.properties {
            if let Some(key) = key.strip_prefix(prefix) {
                config.set(key, value);
            }
        }
        config.set("bootstrap.servers", &self.bootstrap_servers);
        config
    }
}

/// Values stay out: there may be passwords among them.
impl fmt::Debug for KafkaSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaSettings")
            .field("bootstrap_servers", &self.bootstrap_servers)
            .field("properties", &self.properties.keys().collect::<Vec<_>>())
            .field("request_timeout_ms", &self.request_timeout_ms)
            .field("lookup_timeout_ms", &self.lookup_timeout_ms)
            .field("leave_timeout_ms", &self.leave_timeout_ms)
            .finish()
    }
}

/// Settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KafkaSettingsError {
    /// The engine sets it itself.
    #[error(transparent)]
    Owned(#[from] OwnedProperty),
    /// The client does not take it.
    #[error(transparent)]
    Invalid(#[from] InvalidProperty),
}

/// A property that the engine sets itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the Kafka property {key} can not be set: {reason}")]
pub struct OwnedProperty {
    /// As it was set.
    pub key: Arc<str>,
    /// Why it belongs to the engine.
    pub reason: &'static str,
}

/// A property that the client does not know, or with a value that it does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the Kafka property {key} is not known to the client, or its value is not valid; see the list of librdkafka 2.12"
)]
pub struct InvalidProperty {
    /// As it was set.
    pub key: Arc<str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(properties: &[(&str, &str)]) -> KafkaSettings {
        let properties = properties.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        KafkaSettings { properties, ..KafkaSettings::new("localhost:9092") }
    }

    #[test]
    fn a_property_that_the_engine_owns_is_refused_with_the_reason() {
        for (key, reason) in OWNED {
            let error = settings(&[(key, "x")]).check().unwrap_err();
            assert_eq!(error, OwnedProperty { key: (*key).into(), reason }.into());
        }
        let error = settings(&[("consumer.auto.offset.reset", "latest")]).check().unwrap_err();
        assert!(
            error.to_string().starts_with("the Kafka property consumer.auto.offset.reset can not be set: "),
            "{error}"
        );
    }

    #[test]
    fn a_property_that_the_client_does_not_take_is_refused_by_name() {
        for (key, value) in
            [("no.such.property", "1"), ("consumer.fetch.min.bytes", "many"), ("producer.linger.ms", "-7")]
        {
            let error = settings(&[(key, value)]).check().unwrap_err();
            assert_eq!(error, InvalidProperty { key: key.into() }.into());
            assert!(!error.to_string().contains(value) || value == "1", "{error}");
        }
        assert_eq!(settings(&[("consumer.fetch.min.bytes", "7"), ("topic.segment.ms", "1")]).check(), Ok(()));
    }

    #[test]
    fn a_prefix_says_whom_a_property_is_for() {
        let settings = settings(&[
            ("socket.keepalive.enable", "true"),
            ("consumer.fetch.min.bytes", "7"),
            ("producer.linger.ms", "9"),
            ("admin.socket.timeout.ms", "700"),
            ("topic.segment.ms", "5"),
        ]);
        let (consumer, producer, admin) = (settings.consumer(), settings.producer(), settings.admin());
        for config in [&consumer, &producer, &admin] {
            assert_eq!(config.get("socket.keepalive.enable"), Some("true"));
            assert_eq!(config.get("bootstrap.servers"), Some("localhost:9092"));
        }
        assert_eq!(consumer.get("fetch.min.bytes"), Some("7"));
        assert_eq!((producer.get("linger.ms"), consumer.get("linger.ms")), (Some("9"), None));
        assert_eq!(admin.get("socket.timeout.ms"), Some("700"));
        assert_eq!(settings.topic_configs().collect::<Vec<_>>(), [("segment.ms", "5")]);
    }

    #[test]
    fn a_secret_is_not_shown() {
        let settings = settings(&[("sasl.password", "tiger-tiger")]);
        assert!(!format!("{settings:?}").contains("tiger"), "{settings:?}");
        assert!(format!("{settings:?}").contains("sasl.password"));
    }
}
