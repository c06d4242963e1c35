//! Topics, by those who may create them.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::RDKafkaErrorCode;

use super::block_on::block_on;
use super::error::Call;
use super::member::list_with_offsets;
use super::native;
use super::settings::KafkaSettings;
use super::told::Told;
use crate::broker::{Admin, BrokerError, Cleanup, Offset, TopicDescription, TopicPartition, TopicSpec};

pub(super) type AdminHandle = Arc<AdminClient<DefaultClientContext>>;

const CLEANUP: &str = "cleanup.policy";
const RETENTION: &str = "retention.ms";
const DELETE_RETENTION: &str = "delete.retention.ms";
const TIMESTAMP_AFTER_MAX: &str = "message.timestamp.after.max.ms";
/// Kafka's own default.
const DELETE_RETENTION_MS: u64 = 24 * 60 * 60 * 1000;

/// How often, and how long each time, a new topic is waited for.
const KNOWN_TRIES: u32 = 500;
const KNOWN_WAIT: Duration = Duration::from_millis(10);

/// Looks after the topics of a [`KafkaBroker`](super::KafkaBroker).
pub struct KafkaAdmin {
    client: AdminHandle,
    settings: Arc<KafkaSettings>,
}

impl KafkaAdmin {
    pub(super) fn connect(settings: &KafkaSettings, client_id: &str) -> Result<AdminHandle, BrokerError> {
        let mut native = settings.admin();
        native.set("client.id", client_id);
        let client = native.create_with_context(DefaultClientContext);
        Ok(Arc::new(client.map_err(|error| Call::read("connect").failed_with(&error))?))
    }

    pub(super) fn new(client: AdminHandle, settings: Arc<KafkaSettings>) -> Self {
        Self { client, settings }
    }

    fn timeout(&self) -> Duration {
        Duration::from_millis(self.settings.request_timeout_ms)
    }

    pub(super) fn member_names(&self, group: &str) -> Result<Vec<String>, BrokerError> {
        let call = Call::read("member_names");
        let groups = self.client.inner().fetch_group_list(Some(group), self.timeout());
        let groups = groups.map_err(|error| call.failed_with(&error))?;
        let members = groups.groups().iter().flat_map(|group| group.members());
        Ok(members.map(|member| name_in(member.id()).to_owned()).collect())
    }

    /// The controller knows a new topic before the brokers do, and a member that asks too early gets no share of it.
    fn wait_until_known(&self, name: &str) -> Result<(), BrokerError> {
        let timeout_ms = i32::try_from(self.settings.request_timeout_ms).unwrap_or(i32::MAX);
        for _ in 0..KNOWN_TRIES {
            match native::describe_topic(self.client.inner(), name, timeout_ms, || true) {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => std::thread::park_timeout(KNOWN_WAIT),
                Err(code) => return Err(Call::read("create_topics").failed(code)),
            }
        }
        Err(BrokerError::Unavailable { operation: "create_topics" })
    }

    fn options(&self) -> AdminOptions {
        AdminOptions::new().request_timeout(Some(self.timeout())).operation_timeout(Some(self.timeout()))
    }
}

/// The coordinator makes a member's id of its name, a hyphen and a UUID.
fn name_in(member: &str) -> &str {
    const UUID_CHARS: usize = 36;
    let end = member.len().checked_sub(UUID_CHARS + 1);
    end.and_then(|end| member.get(..end)).unwrap_or(member)
}

fn policy_of(cleanup: Cleanup) -> &'static str {
    match cleanup {
        Cleanup::Delete => "delete",
        Cleanup::Compact => "compact",
        Cleanup::CompactAndDelete => "compact,delete",
    }
}

fn cleanup_of(policy: &str) -> Cleanup {
    match (policy.contains("compact"), policy.contains("delete")) {
        (true, true) => Cleanup::CompactAndDelete,
        (true, false) => Cleanup::Compact,
        _ => Cleanup::Delete,
    }
}

impl Admin for KafkaAdmin {
    fn cluster_id(&self) -> Result<String, BrokerError> {
        let id = self.client.inner().fetch_cluster_id(self.timeout());
        id.ok_or(BrokerError::Unavailable { operation: "cluster_id" })
    }

    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), BrokerError> {
        if topics.is_empty() {
            return Ok(());
        }
        let call = Call::write("create_topics");
        let retentions: Vec<String> = topics
            .iter()
            .map(|spec| spec.retention_ms.map_or_else(|| "-1".to_owned(), |retention_ms| retention_ms.to_string()))
            .collect();
        let mut wanted = Vec::with_capacity(topics.len());
        for (spec, retention) in topics.iter().zip(&retentions) {
            let partition = TopicPartition::new(spec.name.as_str(), spec.partitions);
            let count = i32::try_from(spec.partitions);
            let count = count.map_err(|_| call.of_partition(&partition).failed(RDKafkaErrorCode::InvalidPartitions))?;
            // The cluster's own replication.
            let mut topic = NewTopic::new(&spec.name, count, TopicReplication::Fixed(-1))
                .set(CLEANUP, policy_of(spec.cleanup))
                .set(RETENTION, retention)
                .set("message.timestamp.type", "CreateTime");
            for (key, value) in self.settings.topic_configs() {
                topic = topic.set(key, value);
            }
            wanted.push(topic);
        }
        let results = block_on(self.client.create_topics(&wanted, &self.options()));
        for result in results.map_err(|error| call.failed_with(&error))? {
            match result {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((_, code)) => return Err(call.failed(code)),
            }
        }
        topics.iter().try_for_each(|spec| self.wait_until_known(&spec.name))
    }

    fn describe_topic(&self, name: &str) -> Result<Option<TopicDescription>, BrokerError> {
        let call = Call::read("describe_topic");
        let timeout_ms = i32::try_from(self.settings.request_timeout_ms).unwrap_or(i32::MAX);
        let mut told = Told::default();
        let described =
            native::describe_topic(self.client.inner(), name, timeout_ms, || !told.is_final(self.client.inner()));
        let described = described.map_err(|code| told.error(call.operation).unwrap_or_else(|| call.failed(code)))?;
        let Some((partitions, id)) = described else { return Ok(None) };
        let configs = block_on(self.client.describe_configs(&[ResourceSpecifier::Topic(name)], &self.options()));
        let mut cleanup = Cleanup::Delete;
        let mut retention_ms = None;
        let mut delete_retention_ms = DELETE_RETENTION_MS;
        let mut timestamp_after_max_ms = None;
        for config in configs.map_err(|error| call.failed_with(&error))? {
            let config = match config {
                Ok(config) => config,
                // It was deleted in between.
                Err(RDKafkaErrorCode::UnknownTopicOrPartition) => return Ok(None),
                Err(code) => return Err(call.failed(code)),
            };
            let value = |name: &str| config.get(name).and_then(|entry| entry.value.as_deref());
            cleanup = value(CLEANUP).map_or(cleanup, cleanup_of);
            retention_ms = value(RETENTION).and_then(|value| value.parse().ok());
            delete_retention_ms =
                value(DELETE_RETENTION).and_then(|value| value.parse().ok()).unwrap_or(delete_retention_ms);
            timestamp_after_max_ms = value(TIMESTAMP_AFTER_MAX).and_then(|value| value.parse().ok());
        }
        let partitions = u32::try_from(partitions).unwrap_or(u32::MAX);
        let spec = TopicSpec { name: name.to_owned(), partitions, cleanup, retention_ms };
        Ok(Some(TopicDescription { spec, id, delete_retention_ms, timestamp_after_max_ms }))
    }

    fn delete_records(&self, before: &[(TopicPartition, Offset)]) -> Result<(), BrokerError> {
        if before.is_empty() {
            return Ok(());
        }
        // Deleting twice does no harm: without an answer it may simply be done again.
        let call = Call::read("delete_records");
        let list = list_with_offsets(before)?;
        let deleted = block_on(self.client.delete_records(&list, &self.options()));
        let deleted = deleted.map_err(|error| call.failed_with(&error))?;
        for element in deleted.elements() {
            let partition =
                TopicPartition::new(element.topic(), u32::try_from(element.partition()).unwrap_or(u32::MAX));
            element.error().map_err(|error| call.of_partition(&partition).failed_with(&error))?;
        }
        Ok(())
    }
}
