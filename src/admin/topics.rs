//! The topics of the application: which there should be, which there are, and what differs.

use std::fmt::Write as _;

use streams::broker::kafka::KafkaBroker;
use streams::broker::{Admin, Broker, Cleanup, TopicSpec};
use streams::runtime::plan_internal_topics;
use streams::topology::Topology;
use topology::wire::topics;

use super::unreachable;
use crate::cluster;
use crate::failure::Failure;
use crate::settings::Settings;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What there is of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// As it should be.
    Fits,
    /// It does not exist.
    Missing,
    /// It exists, and these things differ.
    Differs(Vec<String>),
}

/// A topic, as it should be, and what there is of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// As it should be.
    pub spec: TopicSpec,
    /// What there is.
    pub found: Found,
}

/// Every topic of the application. Of those that exist the number of partitions is taken as it is: it is the user's.
///
/// # Errors
/// The broker does not answer.
pub fn survey(settings: &Settings) -> Result<Vec<Topic>, Failure> {
    let topology = cluster::topology(settings)?;
    let admin = cluster::broker(settings)?.admin().map_err(unreachable)?;
    let mut surveyed = Vec::new();
    for spec in user_topics(settings.engine.partitions) {
        surveyed.push(look_up(&admin, spec, true)?);
    }
    let partitions =
        |name: &str| surveyed.iter().find(|topic: &&Topic| topic.spec.name == name).map(|topic| topic.spec.partitions);
    let internal = plan_internal_topics(&topology, partitions).map_err(Failure::failed)?;
    for spec in internal {
        surveyed.push(look_up(&admin, spec, false)?);
    }
    Ok(surveyed)
}

/// Creates what is missing; returns the names.
///
/// # Errors
/// The broker refuses.
pub fn create(settings: &Settings, surveyed: &[Topic]) -> Result<Vec<String>, Failure> {
    let missing: Vec<TopicSpec> =
        surveyed.iter().filter(|topic| topic.found == Found::Missing).map(|topic| topic.spec.clone()).collect();
    let admin = cluster::broker(settings)?.admin().map_err(unreachable)?;
    admin.create_topics(&missing).map_err(Failure::failed)?;
    Ok(missing.into_iter().map(|spec| spec.name).collect())
}

/// Refuses to start on a cluster whose topics do not fit: a record to a topic that does not exist would fail only at its commit.
///
/// # Errors
/// Names what is missing, and the remedy.
pub fn check_before_start(broker: &KafkaBroker, topology: &Topology) -> Result<(), Failure> {
    let admin = broker.admin().map_err(unreachable)?;
    let inputs = topology.sub_topologies().iter().flat_map(|part| part.inputs.iter().map(|input| &input.topic));
    let outputs = topology.sub_topologies().iter().flat_map(|part| part.sinks.iter().map(|sink| &sink.topic));
    let tables = topology.global_tables().map(|table| &table.topic);
    let internal = topology.internal_topics().iter().map(|topic| &topic.name);
    let mut missing = Vec::new();
    for topic in inputs.chain(outputs).chain(tables).chain(internal) {
        if admin.describe_topic(topic).map_err(unreachable)?.is_none() && !missing.contains(&topic) {
            missing.push(topic);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|topic| &***topic).collect();
    Err(Failure::refused(
        format_args!("these topics do not exist: {}", names.join(", ")),
        "create them with `conductor topics create`, or see what it would do with `conductor topics plan`",
    ))
}

/// The commands that would create a topic with Kafka's own tool.
#[must_use]
pub fn command(spec: &TopicSpec, bootstrap_servers: &str) -> String {
    let mut command = format!(
        "kafka-topics.sh --bootstrap-server {bootstrap_servers} --create --topic {} --partitions {}",
        spec.name, spec.partitions
    );
    for (key, value) in [("cleanup.policy", cleanup(spec.cleanup).to_owned()), ("retention.ms", retention(spec))] {
        // Writing to a String can not fail.
        let _ = write!(command, " --config {key}={value}");
    }
    command + " --config message.timestamp.type=CreateTime"
}

/// As Kafka writes it.
#[must_use]
pub fn cleanup(cleanup: Cleanup) -> &'static str {
    match cleanup {
        Cleanup::Delete => "delete",
        Cleanup::Compact => "compact",
        Cleanup::CompactAndDelete => "compact,delete",
    }
}

/// As Kafka writes it: for ever is -1.
#[must_use]
pub fn retention(spec: &TopicSpec) -> String {
    spec.retention_ms.map_or_else(|| "-1".to_owned(), |retention| retention.to_string())
}

fn user_topics(partitions: u32) -> Vec<TopicSpec> {
    let kept = |name: &str, days: u64| TopicSpec {
        name: name.into(),
        partitions,
        cleanup: Cleanup::Delete,
        retention_ms: Some(days * DAY_MS),
    };
    let table =
        |name: &str| TopicSpec { name: name.into(), partitions: 1, cleanup: Cleanup::Compact, retention_ms: None };
    vec![
        kept(topics::CHAT, 7),
        kept(topics::POLL, 7),
        kept(topics::PRESENCE, 7),
        kept(topics::REACTION, 7),
        kept(topics::SESSION, 7),
        kept(topics::INTERVENTION_FEEDBACK, 30),
        kept(topics::ENGAGEMENT_SCORES, 7),
        kept(topics::INTERVENTION_COMMANDS, 30),
        kept(topics::INTERVENTION_RESULTS, 30),
        table(topics::POLICY),
        table(topics::BASELINES),
    ]
}

fn look_up(admin: &impl Admin, mut spec: TopicSpec, is_users: bool) -> Result<Topic, Failure> {
    let Some(found) = admin.describe_topic(&spec.name).map_err(unreachable)? else {
        return Ok(Topic { spec, found: Found::Missing });
    };
    let mut differs = Vec::new();
    if found.spec.partitions != spec.partitions && !is_users {
        differs.push(format!("{} partitions instead of {}", found.spec.partitions, spec.partitions));
    }
    if found.spec.cleanup != spec.cleanup {
        let (is, should) = (cleanup(found.spec.cleanup), cleanup(spec.cleanup));
        differs.push(format!("cleanup.policy={is} instead of {should}"));
    }
    // How long the user keeps what is the user's is not ours to judge.
    if found.spec.retention_ms != spec.retention_ms && !is_users {
        differs.push(format!("retention.ms={} instead of {}", retention(&found.spec), retention(&spec)));
    }
    if is_users {
        spec.partitions = found.spec.partitions;
    }
    let found = if differs.is_empty() { Found::Fits } else { Found::Differs(differs) };
    Ok(Topic { spec, found })
}
