//! What was true of the topics at the start, looked at again and again: somebody may have added partitions, created a topic anew,
//! or replayed records that are older than their topic keeps them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::assignment::AssignmentError;
use super::status::TaskStatus;
use super::topics::{Descriptions, describe_topics, difference};
use crate::broker::{Broker, Cleanup};
use crate::task::TaskId;
use crate::topology::Topology;

/// A topic that may delete what a task reads or writes at once: it keeps records by their timestamps, and these are older.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlived {
    /// The task.
    pub task: TaskId,
    /// An input or an output of it.
    pub topic: Arc<str>,
    /// How far the task's stream time lies behind.
    pub age_ms: u64,
    /// How long the topic keeps records.
    pub retention_ms: u64,
}

/// Watches over the topics of a topology.
pub(super) struct Watch<B> {
    topology: Arc<Topology>,
    broker: B,
    /// Whether stores have changelogs.
    is_logged: bool,
    /// As they were first seen.
    pub(super) before: Option<Descriptions>,
    /// As they were last seen.
    pub(super) now: Descriptions,
    /// How many records each task had read at the last look.
    read: BTreeMap<TaskId, u64>,
}

impl<B: Broker> Watch<B> {
    pub(super) fn new(topology: &Arc<Topology>, broker: B, is_logged: bool) -> Self {
        let topology = Arc::clone(topology);
        Self { topology, broker, is_logged, before: None, now: Descriptions::new(), read: BTreeMap::new() }
    }

    /// Looks the topics up; an error is one that the stream can not go on with. A broker that does not answer, or misses a
    /// topic, is none: threads tell an outage from a loss.
    pub(super) fn look_at_topics(&mut self) -> Result<(), AssignmentError> {
        let Ok(admin) = self.broker.admin() else { return Ok(()) };
        let Ok(now) = describe_topics(&admin, &self.topology, self.is_logged) else { return Ok(()) };
        let before = self.before.get_or_insert_with(|| now.clone());
        if let Some(error) = difference(before, &now) {
            return Err(error);
        }
        self.now = now;
        Ok(())
    }

    /// Which topics may delete what is read or written right now.
    pub(super) fn look_at_tasks<'a>(
        &mut self,
        tasks: impl Iterator<Item = &'a TaskStatus>,
        now_ms: i64,
    ) -> Vec<Outlived> {
        let mut found = Vec::new();
        for task in tasks {
            let read = self.read.insert(task.id, task.counts.read);
            // Only who reads is concerned: the time of a stream that has nothing to read is as old as its last record.
            let is_reading = read.is_some_and(|read| read < task.counts.read);
            let Some(time_ms) = task.stream_time_ms.filter(|_| is_reading) else { continue };
            let age_ms = now_ms.saturating_sub(time_ms).max(0).unsigned_abs();
            found.extend(self.outlived(task.id, age_ms));
        }
        found
    }

    fn outlived(&self, task: TaskId, age_ms: u64) -> Vec<Outlived> {
        let Some(part) = self.topology.sub_topologies().get(task.sub_topology as usize) else { return Vec::new() };
        let inputs = part.inputs.iter().map(|input| &input.topic);
        let outputs = part.sinks.iter().map(|sink| &sink.topic);
        let outlived = |topic: &Arc<str>| {
            let spec = &self.now.get(topic)?.spec;
            let retention_ms =
                spec.retention_ms.filter(|kept_ms| spec.cleanup != Cleanup::Compact && age_ms > *kept_ms)?;
            Some(Outlived { task, topic: Arc::clone(topic), age_ms, retention_ms })
        };
        inputs.chain(outputs).filter_map(outlived).collect()
    }
}
