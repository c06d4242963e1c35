//! From lead partitions to tasks. The group shares out ONE topic per sub-topology, its lead; every other input follows its
//! lead, so that co-partitioning needs no assignor of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::broker::TopicPartition;
use crate::partition::Partition;
use crate::task::TaskId;

/// What the assignment needs to know of a sub-topology.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CoPartitioned {
    pub(crate) sub_topology: u32,
    pub(crate) lead: Arc<str>,
    /// All inputs, the lead among them, in the order of the task's input numbers.
    pub(crate) inputs: Vec<Arc<str>>,
}

/// Topics that do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssignmentError {
    /// An input, output or internal topic is not there.
    #[error("the topic {topic} does not exist; create it first (internal topics: create_internal_topics)")]
    MissingTopic {
        /// Its name.
        topic: Arc<str>,
    },
    /// Inputs of one sub-topology must have the same number of partitions.
    #[error(
        "sub-topology {sub_topology} reads {lead} with {lead_partitions} partitions and {topic} with {partitions}; create one of them again with the number of the other"
    )]
    PartitionMismatch {
        /// The sub-topology.
        sub_topology: u32,
        /// Its lead topic.
        lead: Arc<str>,
        /// How many partitions that has.
        lead_partitions: u32,
        /// The input that does not fit.
        topic: Arc<str>,
        /// How many partitions that has.
        partitions: u32,
    },
    /// An internal topic must have a partition per task.
    #[error("{topic} has {partitions} partitions but there are {tasks} tasks; delete it and create it again")]
    TooFewPartitions {
        /// The internal topic.
        topic: Arc<str>,
        /// How many partitions it has.
        partitions: u32,
        /// How many it needs.
        tasks: u32,
    },
    /// A key's partition depends on how many there are.
    #[error(
        "{topic} has {now} partitions, and had {before} when the stream started: its keys belong to other partitions now; \
         give it {before} again, or go on under another application id from an empty state"
    )]
    PartitionsChanged {
        /// The topic.
        topic: Arc<str>,
        /// How many partitions it had.
        before: u32,
        /// How many it has.
        now: u32,
    },
    /// Offsets of a topic mean nothing in another one of its name.
    #[error(
        "{topic} was deleted and created again while the stream ran; start again, and states are built anew as needed"
    )]
    CreatedAgain {
        /// The topic.
        topic: Arc<str>,
    },
    /// The group's share of a topic must lead to one task.
    #[error("{topic} leads two sub-topologies, {first} and {second}; choose another lead for one of them")]
    SharedLead {
        /// The topic.
        topic: Arc<str>,
        /// One sub-topology.
        first: u32,
        /// The other.
        second: u32,
    },
}

/// The tasks that follow from lead partitions, in task order. Partitions of topics that lead nothing are ignored.
pub(crate) fn tasks_of(shapes: &[CoPartitioned], leads: &[TopicPartition]) -> Vec<TaskId> {
    let mut tasks: Vec<TaskId> = leads
        .iter()
        .filter_map(|lead| {
            let shape = shapes.iter().find(|shape| shape.lead == lead.topic)?;
            Some(TaskId { sub_topology: shape.sub_topology, partition: lead.partition })
        })
        .collect();
    tasks.sort_unstable();
    tasks.dedup();
    tasks
}

/// The lead partition of a task: what the group calls it.
pub(crate) fn lead_of(shapes: &[CoPartitioned], task: TaskId) -> Option<TopicPartition> {
    let shape = shapes.iter().find(|shape| shape.sub_topology == task.sub_topology)?;
    Some(TopicPartition::new(Arc::clone(&shape.lead), task.partition))
}

/// The inputs of a task, in the order of its input numbers.
pub(crate) fn inputs_of(shapes: &[CoPartitioned], task: TaskId) -> Vec<TopicPartition> {
    let partition: Partition = task.partition;
    shapes
        .iter()
        .filter(|shape| shape.sub_topology == task.sub_topology)
        .flat_map(|shape| &shape.inputs)
        .map(|topic| TopicPartition::new(Arc::clone(topic), partition))
        .collect()
}

/// Checks that every lead leads one sub-topology.
pub(crate) fn check_leads(shapes: &[CoPartitioned]) -> Result<(), AssignmentError> {
    let mut leads = BTreeMap::new();
    for shape in shapes {
        if let Some(first) = leads.insert(Arc::clone(&shape.lead), shape.sub_topology) {
            let (topic, second) = (Arc::clone(&shape.lead), shape.sub_topology);
            return Err(AssignmentError::SharedLead { topic, first, second });
        }
    }
    Ok(())
}

/// The number of tasks of a sub-topology: all its inputs must have that many partitions.
pub(crate) fn check_inputs(
    shape: &CoPartitioned,
    partitions_of: impl Fn(&Arc<str>) -> Option<u32>,
) -> Result<u32, AssignmentError> {
    let count = |topic: &Arc<str>| {
        partitions_of(topic).ok_or_else(|| AssignmentError::MissingTopic { topic: Arc::clone(topic) })
    };
    let lead_partitions = count(&shape.lead)?;
    for topic in &shape.inputs {
        let partitions = count(topic)?;
        if partitions != lead_partitions {
            return Err(AssignmentError::PartitionMismatch {
                sub_topology: shape.sub_topology,
                lead: Arc::clone(&shape.lead),
                lead_partitions,
                topic: Arc::clone(topic),
                partitions,
            });
        }
    }
    Ok(lead_partitions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(sub_topology: u32, inputs: &[&str]) -> CoPartitioned {
        let inputs: Vec<Arc<str>> = inputs.iter().map(|topic| Arc::from(*topic)).collect();
        CoPartitioned { sub_topology, lead: Arc::clone(&inputs[0]), inputs }
    }

    fn partition(topic: &str, partition: u32) -> TopicPartition {
        TopicPartition::new(topic, partition)
    }

    #[test]
    fn a_lead_partition_brings_the_same_partition_of_every_input() {
        let shapes = [shape(0, &["chat", "poll"]), shape(1, &["results"])];
        let tasks = tasks_of(&shapes, &[partition("results", 0), partition("chat", 2), partition("poll", 9)]);
        let names: Vec<String> = tasks.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["0_2", "1_0"]);
        assert_eq!(inputs_of(&shapes, tasks[0]), [partition("chat", 2), partition("poll", 2)]);
        assert_eq!(lead_of(&shapes, tasks[1]), Some(partition("results", 0)));
    }

    #[test]
    fn unequal_partition_counts_are_refused_by_name() {
        let counts = |topic: &Arc<str>| match &**topic {
            "chat" => Some(4),
            "poll" => Some(6),
            _ => None,
        };
        let error = check_inputs(&shape(0, &["chat", "poll"]), counts).unwrap_err().to_string();
        assert!(error.contains("chat with 4") && error.contains("poll with 6"), "{error}");
        let error = check_inputs(&shape(0, &["chat", "presence"]), counts).unwrap_err().to_string();
        assert!(error.contains("presence does not exist"), "{error}");
        assert_eq!(check_inputs(&shape(0, &["chat"]), counts), Ok(4));
    }

    #[test]
    fn a_topic_can_not_lead_twice() {
        let error = check_leads(&[shape(0, &["chat"]), shape(1, &["chat"])]).unwrap_err();
        assert!(error.to_string().contains("choose another lead"), "{error}");
    }
}
