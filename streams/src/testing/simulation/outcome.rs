//! Whether all is done, and what it came to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::report::{OutputRecord, SimulationReport};
use super::world::{World, text};
use crate::broker::{Admin, Broker, TopicPartition};
use crate::runtime::TaskState;
use crate::store::StoreIndex;
use crate::task::{Counts, TaskId};

impl World {
    fn tasks(&self) -> Result<BTreeSet<TaskId>, String> {
        let admin = self.broker.admin().map_err(text)?;
        let mut tasks = BTreeSet::new();
        for part in self.topology.sub_topologies() {
            let lead = part.lead().or(part.inputs.first()).ok_or("a sub-topology without inputs")?;
            let topic = admin.describe_topic(&lead.topic).map_err(text)?;
            for partition in 0..topic.map_or(0, |topic| topic.spec.partitions) {
                tasks.insert(TaskId { sub_topology: part.id, partition });
            }
        }
        Ok(tasks)
    }

    /// What is missing until all is done.
    pub(super) fn awaited(&self) -> Result<Option<String>, String> {
        let offsets = self.broker.group_offsets(self.topology.application_id());
        let tasks = self.tasks()?;
        for task in &tasks {
            let inputs = self.topology.sub_topologies().get(task.sub_topology as usize).map(|part| &part.inputs);
            for input in inputs.into_iter().flatten() {
                let partition = TopicPartition::new(Arc::clone(&input.topic), task.partition);
                let last = self.broker.records(&partition).map_err(text)?.last().map(|record| record.offset);
                let next = offsets.get(&partition).copied().unwrap_or(0);
                if last.is_some_and(|last| next <= last) {
                    return Ok(Some(format!("{partition} is committed up to {next} of {last:?}")));
                }
            }
        }
        let shared = self.lock();
        let mut running = BTreeSet::new();
        for process in shared.instances.iter().flatten().filter_map(|instance| instance.process.as_ref()) {
            if process.thread.is_undecided() {
                return Ok(Some("a commit is undecided".to_owned()));
            }
            let tasks = process.thread.tasks().filter(|task| task.state == TaskState::Running);
            running.extend(tasks.map(|task| task.id));
        }
        let missing = tasks.difference(&running).next();
        Ok(missing.map(|task| format!("task {task} runs nowhere")))
    }

    /// What is committed, and that the disks agree with the changelogs.
    pub(super) fn report(&self) -> Result<SimulationReport, String> {
        self.broker.run_all_background();
        let own = self.topology.internal_topics();
        let sinks = self.topology.sub_topologies().iter().flat_map(|part| &part.sinks).map(|sink| &sink.topic);
        let (repartitions, topics): (Vec<_>, Vec<_>) =
            sinks.cloned().partition(|topic| own.iter().any(|own| own.name == *topic));
        let outputs = self.records_of(topics.into_iter().chain([self.topology.dead_letter_topic()]))?;
        let repartitions = self.records_of(repartitions)?;
        let (mut counts, mut stores) = (BTreeMap::<TaskId, Counts>::new(), BTreeMap::new());
        let mut shared = self.lock();
        let mut disturbances = shared.disturbances;
        for instance in shared.instances.iter_mut().flatten() {
            let is_exactly_once = instance.settings.is_exactly_once();
            let Some(process) = &mut instance.process else { continue };
            disturbances.aborts += process.thread.counts().aborts;
            disturbances.settled += process.thread.counts().outcomes_settled;
            let running: Vec<TaskId> = process.thread.tasks().map(|task| task.id).collect();
            for id in running {
                let Some(task) = process.thread.task(id) else { continue };
                if counts.insert(id, task.counts()).is_some() {
                    return Err(format!("task {id} runs twice"));
                }
                for (number, spec) in task.stores().to_vec().iter().enumerate() {
                    let partition = TopicPartition::new(self.topology.changelog_topic(spec), id.partition);
                    // What was deleted is in it as well: a disk that still has the row is wrong.
                    let mut logged = BTreeMap::new();
                    let held = task.checkpoint().changelog.get(number).copied().flatten();
                    for record in self.broker.records(&partition).map_err(text)? {
                        // A former owner that noticed too late may have written more; a store need only hold what it claims.
                        if !is_exactly_once && held.is_none_or(|held| record.offset >= held) {
                            continue;
                        }
                        let value = record.value.map(|value| value.to_vec());
                        logged.insert(record.key.unwrap_or_default().to_vec(), value);
                    }
                    for (key, value) in &logged {
                        if task.get(StoreIndex(number), key).map_err(text)? != value.as_deref() {
                            return Err(format!(
                                "task {id}, store {}: the disk has another row than the changelog",
                                spec.name
                            ));
                        }
                    }
                    let rows = logged.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
                    stores.insert((id, Arc::clone(&spec.name)), rows);
                }
            }
        }
        Ok(SimulationReport { outputs, repartitions, counts, stores, disturbances })
    }

    fn records_of(
        &self,
        topics: impl IntoIterator<Item = Arc<str>>,
    ) -> Result<BTreeMap<TopicPartition, Vec<OutputRecord>>, String> {
        let admin = self.broker.admin().map_err(text)?;
        let mut found = BTreeMap::new();
        for topic in topics {
            let partitions = admin.describe_topic(&topic).map_err(text)?.map_or(0, |topic| topic.spec.partitions);
            for partition in (0..partitions).map(|partition| TopicPartition::new(Arc::clone(&topic), partition)) {
                let records = self.broker.records(&partition).map_err(text)?.into_iter();
                let records = records.map(|record| OutputRecord {
                    key: record.key,
                    value: record.value,
                    timestamp_ms: record.timestamp_ms,
                });
                found.insert(partition, records.collect());
            }
        }
        Ok(found)
    }
}
