//! Topics as the topology needs them and as the cluster has them: checked at start, because a record to a partition that does
//! not exist fails only at the commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::assignment::{AssignmentError, CoPartitioned, check_inputs, check_leads};
use super::error::ThreadError;
use crate::broker::{Admin, TopicDescription, TopicSpec};
use crate::task::PartitionCounts;
use crate::topology::{InternalTopicKind, Topology};

/// A state may be this much younger than the oldest tombstone and still miss one: clocks differ, and restores take time.
const TOMBSTONE_MARGIN_MS: u64 = 60 * 60 * 1000;

/// The topics of a topology, as the cluster has them.
pub(crate) type Descriptions = BTreeMap<Arc<str>, TopicDescription>;

/// What a thread knows of the topics.
pub(crate) struct Topics {
    /// How many partitions each topic has.
    pub(crate) counts: Arc<PartitionCounts>,
    /// By sub-topology.
    pub(crate) shapes: Vec<CoPartitioned>,
    /// By sub-topology: the changelog of each store, none when stores are not logged.
    changelogs: Vec<Vec<Arc<str>>>,
    /// By sub-topology: the cluster, and the ids of inputs and changelogs. Offsets mean something only together with these.
    identities: Vec<Vec<u8>>,
    /// By sub-topology: how long every changelog keeps its tombstones; nothing without changelogs.
    tombstones_ms: Vec<Option<u64>>,
}

/// Looks every topic of the topology up; one that is missing is an error.
pub(crate) fn describe_topics(
    admin: &impl Admin,
    topology: &Topology,
    is_logged: bool,
) -> Result<Descriptions, ThreadError> {
    let mut found = Descriptions::new();
    for topic in topics_of(topology, is_logged) {
        if found.contains_key(&topic) {
            continue;
        }
        let Some(description) = admin.describe_topic(&topic)? else {
            return Err(AssignmentError::MissingTopic { topic }.into());
        };
        found.insert(topic, description);
    }
    Ok(found)
}

/// Inputs, outputs, global tables, changelogs, and the dead letters' topic; some more than once.
fn topics_of(topology: &Topology, is_logged: bool) -> Vec<Arc<str>> {
    let parts = topology.sub_topologies();
    let inputs = parts.iter().flat_map(|part| part.inputs.iter().map(|input| Arc::clone(&input.topic)));
    let sinks = parts.iter().flat_map(|part| part.sinks.iter().map(|sink| Arc::clone(&sink.topic)));
    let globals = topology.global_tables().map(|table| Arc::clone(&table.topic));
    let changelogs = changelogs_of(topology, is_logged).into_iter().flatten();
    inputs.chain(sinks).chain(globals).chain(changelogs).chain([topology.dead_letter_topic()]).collect()
}

fn changelogs_of(topology: &Topology, is_logged: bool) -> Vec<Vec<Arc<str>>> {
    let logged = topology.sub_topologies().iter().filter(|_| is_logged);
    logged.map(|part| part.stores.iter().map(|store| topology.changelog_topic(store)).collect()).collect()
}

/// What has become of the topics, if that is something that the stream can not go on with.
pub(crate) fn difference(before: &Descriptions, now: &Descriptions) -> Option<AssignmentError> {
    before.iter().find_map(|(topic, before)| {
        let now = now.get(topic)?;
        let topic = Arc::clone(topic);
        if now.id != before.id {
            return Some(AssignmentError::CreatedAgain { topic });
        }
        let (before, now) = (before.spec.partitions, now.spec.partitions);
        (before != now).then_some(AssignmentError::PartitionsChanged { topic, before, now })
    })
}

impl Topics {
    /// Looks every topic of the topology up and checks that they fit together.
    pub(crate) fn read(admin: &impl Admin, topology: &Topology, is_logged: bool) -> Result<Self, ThreadError> {
        let shapes = shapes_of(topology);
        check_leads(&shapes)?;
        let seen = describe_topics(admin, topology, is_logged)?;
        let changelogs = changelogs_of(topology, is_logged);
        let count = |topic: &Arc<str>| seen.get(topic).map(|topic| topic.spec.partitions);
        let cluster = admin.cluster_id()?;
        let mut identities = Vec::with_capacity(shapes.len());
        let mut tombstones_ms = Vec::with_capacity(shapes.len());
        for (place, shape) in shapes.iter().enumerate() {
            let tasks = check_inputs(shape, count)?;
            let logs = changelogs.get(place).map_or(&[][..], Vec::as_slice);
            let mut identity = cluster.clone().into_bytes();
            for topic in shape.inputs.iter().chain(logs) {
                let id = seen.get(topic).map_or(0, |topic| topic.id);
                identity.extend_from_slice(&id.to_be_bytes());
            }
            for topic in logs {
                let partitions = count(topic).unwrap_or(0);
                if partitions < tasks {
                    let topic = Arc::clone(topic);
                    return Err(AssignmentError::TooFewPartitions { topic, partitions, tasks }.into());
                }
            }
            identities.push(identity);
            tombstones_ms.push(logs.iter().filter_map(|topic| seen.get(topic)?.delete_retention_ms.into()).min());
        }
        let counts = seen.iter().map(|(name, topic)| (Arc::clone(name), topic.spec.partitions)).collect();
        Ok(Self { counts: Arc::new(counts), shapes, changelogs, identities, tombstones_ms })
    }

    pub(crate) fn changelogs(&self, sub_topology: u32) -> &[Arc<str>] {
        self.changelogs.get(sub_topology as usize).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn identity(&self, sub_topology: u32) -> &[u8] {
        self.identities.get(sub_topology as usize).map_or(&[], Vec::as_slice)
    }

    /// A state that was committed before this is rebuilt: its changelogs may have forgotten deletions since.
    pub(crate) fn oldest_state_ms(&self, sub_topology: u32, now_ms: i64) -> i64 {
        match self.tombstones_ms.get(sub_topology as usize).copied().flatten() {
            Some(kept_ms) => now_ms.saturating_sub_unsigned(kept_ms - TOMBSTONE_MARGIN_MS.min(kept_ms / 2)),
            None => i64::MIN,
        }
    }
}

/// What members of the group subscribe to.
pub(crate) fn leads_of(topology: &Topology) -> Vec<Arc<str>> {
    shapes_of(topology).into_iter().map(|shape| shape.lead).collect()
}

fn shapes_of(topology: &Topology) -> Vec<CoPartitioned> {
    let shape = |part: &crate::topology::SubTopology| {
        let lead = part.lead().or_else(|| part.inputs.first())?;
        Some(CoPartitioned {
            sub_topology: part.id,
            lead: Arc::clone(&lead.topic),
            inputs: part.inputs.iter().map(|input| Arc::clone(&input.topic)).collect(),
        })
    };
    topology.sub_topologies().iter().filter_map(shape).collect()
}

/// The internal topics as they should be: changelogs, repartition topics, dead letters. `partitions` tells how many an input
/// has, or will have once it is created.
///
/// # Errors
/// An input that is not known.
pub fn plan_internal_topics(
    topology: &Topology,
    partitions: impl Fn(&str) -> Option<u32>,
) -> Result<Vec<TopicSpec>, AssignmentError> {
    let shapes = shapes_of(topology);
    let mut counts = PartitionCounts::new();
    for topic in shapes.iter().flat_map(|shape| &shape.inputs) {
        if let Some(partitions) = partitions(topic) {
            counts.insert(Arc::clone(topic), partitions);
        }
    }
    let lead_of = |id: u32| shapes.iter().find(|shape| shape.sub_topology == id).map(|shape| &shape.lead);
    // A repartition topic may be fed by the reader of another one: each round fixes at least one more.
    for _ in topology.internal_topics() {
        for topic in topology.internal_topics() {
            let InternalTopicKind::Repartition { sub_topology, partitions } = topic.kind else { continue };
            let derived = || lead_of(sub_topology).and_then(|lead| counts.get(lead)).copied();
            if let (false, Some(partitions)) = (counts.contains_key(&topic.name), partitions.or_else(derived)) {
                counts.insert(Arc::clone(&topic.name), partitions);
            }
        }
    }
    let count_of = |topic: &Arc<str>| {
        let missing = || AssignmentError::MissingTopic { topic: Arc::clone(topic) };
        counts.get(topic).copied().ok_or_else(missing)
    };
    let mut tasks = BTreeMap::new();
    for shape in &shapes {
        tasks.insert(shape.sub_topology, count_of(&shape.lead)?);
    }
    let most = tasks.values().max().copied().unwrap_or(1);
    let spec = |topic: &crate::topology::InternalTopic| TopicSpec {
        name: topic.name.to_string(),
        partitions: match topic.kind {
            InternalTopicKind::Changelog { sub_topology } => tasks.get(&sub_topology).copied().unwrap_or(most),
            InternalTopicKind::Repartition { .. } => counts.get(&topic.name).copied().unwrap_or(most),
            InternalTopicKind::DeadLetters => most,
        },
        cleanup: topic.cleanup,
        retention_ms: topic.retention_ms,
    };
    Ok(topology.internal_topics().iter().map(spec).collect())
}

/// Creates the internal topics that are not there yet.
///
/// # Errors
/// A user's topic that does not exist, or the broker's.
pub fn create_internal_topics(admin: &impl Admin, topology: &Topology) -> Result<(), ThreadError> {
    let mut found = BTreeMap::new();
    for topic in shapes_of(topology).iter().flat_map(|shape| &shape.inputs) {
        if let Some(description) = admin.describe_topic(topic)? {
            found.insert(Arc::clone(topic), description.spec.partitions);
        }
    }
    let plan = plan_internal_topics(topology, |topic| found.get(topic).copied())?;
    Ok(admin.create_topics(&plan)?)
}
