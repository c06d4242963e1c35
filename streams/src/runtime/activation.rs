//! From the group's events to running tasks, and back.
//!
//! The order is what keeps state: the producer is initialised, the assignment has come, the group's offsets are read stable,
//! THEN the end of the changelog is looked up and restored to, the global tables are read, the group is served once more, and
//! only a task that is still ours starts at those offsets.

use super::abort::set_suspects_aside;
use super::assignment::{inputs_of, lead_of, tasks_of};
use super::commit::Phase;
use super::error::ThreadError;
use super::idle::IdleClock;
use super::restore::{RebuildReason, Restore, reason_to_rebuild};
use super::slot::{Loaded, Look, Slot, Stage};
use super::status::Blocked;
use super::thread::{StreamThread, is_transient};
use super::transaction::Transaction;
use crate::broker::{Broker, BrokerError, Consumer, Ends, ErrorKind, GroupEvent, Offset, TopicPartition};
use crate::store::{Backend, StoreError, StoreIndex, StoreSpec};
use crate::task::{Task, TaskError, TaskId, TaskSettings};

/// Events in one round; more wait for the next.
const EVENTS_MAX: usize = 64;

/// A restore that stands still for so long waits for a transaction.
const STILL_MS: i64 = 1_000;

/// How long a state is waited for that another process has open.
const OTHER_PROCESS_MS_MAX: i64 = 10_000;

impl<B: Broker> StreamThread<B> {
    /// Serves the group; says whether every event is known.
    pub(super) fn serve_group(&mut self) -> Result<bool, ThreadError> {
        for _ in 0..EVENTS_MAX {
            match self.consumer.poll_group() {
                Ok(None) => return Ok(true),
                Ok(Some(GroupEvent::Assigned(leads))) => {
                    self.is_member = true;
                    for id in tasks_of(&self.topics.shapes, &leads) {
                        self.open_slot(id);
                    }
                }
                Ok(Some(GroupEvent::Revoked(leads))) => self.revoking.extend(leads),
                Ok(Some(GroupEvent::Lost(leads))) => self.lose(&leads)?,
                Err(error) if is_transient(&error) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }

    pub(super) fn open_slot(&mut self, id: TaskId) {
        let inputs = inputs_of(&self.topics.shapes, id);
        self.slots.entry(id).or_insert_with(|| Slot::new(id, inputs));
    }

    pub(super) fn close_slot(&mut self, id: TaskId) -> Result<(), ThreadError> {
        let Some(slot) = self.slots.remove(&id) else { return Ok(()) };
        match slot.stage {
            Stage::Assigned => {}
            Stage::Restoring(_, restore) => restore.cancel(&mut self.reader)?,
            Stage::Running(_) => self.consumer.unassign(&slot.inputs)?,
        }
        Ok(())
    }

    /// The partitions are another's already: what was done for them and not committed never happened.
    fn lose(&mut self, leads: &[TopicPartition]) -> Result<(), ThreadError> {
        self.is_member = false;
        self.revoking.retain(|lead| !leads.contains(lead));
        let mut was_running = false;
        for id in tasks_of(&self.topics.shapes, leads) {
            was_running |= self.slots.get(&id).is_some_and(|slot| slot.running().is_some());
            self.close_slot(id)?;
        }
        let is_used = self.transaction.as_ref().is_some_and(Transaction::is_used);
        match self.phase {
            Phase::Open if !is_used => {}
            Phase::Open | Phase::Delivering(_) | Phase::Committing(_) if was_running => {
                self.abort_because("partitions were lost");
            }
            // An abort is under way already, or the outcome will be looked up for the tasks that are left.
            _ => {}
        }
        Ok(())
    }

    /// Gives up what was revoked, once its work is committed (or was rolled back). Says whether nothing waits any more.
    pub(super) fn finish_revocations(&mut self) -> Result<bool, ThreadError> {
        if self.revoking.is_empty() {
            return Ok(true);
        }
        if self.has_work() {
            self.start_commit()?;
            if !self.drive_commit()? || self.has_work() {
                return Ok(false);
            }
        }
        for id in tasks_of(&self.topics.shapes, &self.revoking) {
            self.close_slot(id)?;
        }
        match self.consumer.release(&self.revoking) {
            Ok(()) => self.revoking.clear(),
            Err(error) if is_transient(&error) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        Ok(true)
    }

    /// Takes every task that does not run yet as far as it can go; says whether something moved.
    pub(super) fn activate(&mut self, is_served: bool) -> Result<bool, ThreadError> {
        let ids: Vec<TaskId> =
            self.slots.values().filter(|slot| slot.running().is_none()).map(|slot| slot.id).collect();
        let mut worked = false;
        for id in ids {
            worked |= self.activate_task(id, is_served)?;
        }
        Ok(worked)
    }

    fn activate_task(&mut self, id: TaskId, is_served: bool) -> Result<bool, ThreadError> {
        let Some(slot) = self.slots.get(&id) else { return Ok(false) };
        if matches!(slot.stage, Stage::Assigned) {
            return match self.load(id) {
                Ok(blocked) => {
                    let is_loaded = blocked.is_none();
                    self.set_blocked(id, blocked);
                    Ok(is_loaded)
                }
                Err(ThreadError::Broker(error)) if is_transient(&error) => {
                    self.set_blocked(id, Some(Blocked::CommittedOffsets));
                    Ok(false)
                }
                Err(error) => Err(error),
            };
        }
        if !self.is_restored(id) {
            return self.restore(id);
        }
        if !self.globals.is_ready() {
            self.set_blocked(id, Some(Blocked::GlobalTables));
            return Ok(false);
        }
        let is_ours = lead_of(&self.topics.shapes, id).is_some_and(|lead| !self.revoking.contains(&lead));
        if !is_served || !is_ours {
            return Ok(false);
        }
        self.start(id)
    }

    /// Reads the group's offsets, opens the state and plans its restore. Says what it waits for.
    fn load(&mut self, id: TaskId) -> Result<Option<Blocked>, ThreadError> {
        let inputs = inputs_of(&self.topics.shapes, id);
        let changelogs: Vec<(StoreIndex, TopicPartition)> = self
            .topics
            .changelogs(id.sub_topology)
            .iter()
            .enumerate()
            .map(|(store, topic)| (StoreIndex(store), TopicPartition::new(topic.clone(), id.partition)))
            .collect();
        let logs: Vec<TopicPartition> = changelogs.iter().map(|(_, partition)| partition.clone()).collect();
        let (group, ends) = self.offsets_then_ends(&inputs, &logs)?;

        let stores = self.topology.sub_topologies().get(id.sub_topology as usize).map_or(&[][..], |part| &part.stores);
        let store_failed = |error| ThreadError::Store { task: id, error };
        let (mut backend, damaged) = match self.open_state(id, stores) {
            Ok(opened) => opened,
            Err(StoreError::InUse { .. }) => return Ok(Some(Blocked::StateInUse)),
            Err(StoreError::OtherProcess { .. }) if self.may_wait_for_the_state(id) => {
                return Ok(Some(Blocked::StateOfAnotherProcess));
            }
            Err(error) => return Err(store_failed(error)),
        };
        let oldest_ms = self.topics.oldest_state_ms(id.sub_topology, self.clock.now_ms());
        let identity = self.topics.identity(id.sub_topology);
        let unusable = reason_to_rebuild(backend.checkpoint(), &ends, identity, oldest_ms);
        if unusable.is_some() {
            backend.clear().map_err(store_failed)?;
        }
        let rebuilt = damaged.or(unusable);
        let found = backend.checkpoint().clone();
        let restore = Restore::new(&changelogs, &found, &ends);
        if !restore.is_done() {
            backend.begin_restore().map_err(store_failed)?;
        }
        let settings = TaskSettings::new(self.topics.counts.clone());
        let task = Task::new(self.topology.clone(), id, backend, settings)
            .map_err(|error| ThreadError::Task { task: id, error })?;
        if let Some(slot) = self.slots.get_mut(&id) {
            let loaded = Loaded {
                task,
                looks: vec![Look::default(); inputs.len()],
                group,
                rewind: Vec::new(),
                idle: IdleClock::default(),
            };
            slot.rebuilt = rebuilt;
            slot.stage = Stage::Restoring(Box::new(loaded), restore);
        }
        Ok(None)
    }

    /// A predecessor that is being stopped soon lets go; a second process on the same directory never does.
    fn may_wait_for_the_state(&mut self, id: TaskId) -> bool {
        let now_ms = self.clock.now_ms();
        let Some(slot) = self.slots.get_mut(&id) else { return false };
        let since_ms = *slot.state_awaited_since_ms.get_or_insert(now_ms);
        now_ms.saturating_sub(since_ms) < OTHER_PROCESS_MS_MAX
    }

    /// Opens the state. One that is damaged is thrown away when a changelog has all of it, and says so.
    fn open_state(
        &self,
        id: TaskId,
        stores: &[StoreSpec],
    ) -> Result<(Box<dyn Backend>, Option<RebuildReason>), StoreError> {
        match self.backends.open(id, stores) {
            Err(error) if error.needs_rebuild() && self.settings.changelog => {
                self.backends.discard(id)?;
                Ok((self.backends.open(id, stores)?, Some(RebuildReason::Damaged)))
            }
            opened => Ok((opened?, None)),
        }
    }

    /// The group's stable offsets, and only then where the changelogs end: an owner that has stalled may commit until the
    /// offsets are read, never after.
    ///
    /// Among our own threads the other order would lose nothing. A thread asks for its offsets to join only when all its records
    /// are delivered, and they join only while it is a member: so both happen before its partitions are handed on. Whatever
    /// is undecided then makes the offsets unstable, and holds the restore up below the high watermark. This order asks for
    /// less: it stays right for an owner whose records follow its offsets.
    fn offsets_then_ends(
        &mut self,
        inputs: &[TopicPartition],
        changelogs: &[TopicPartition],
    ) -> Result<(Vec<Option<Offset>>, Vec<Ends>), BrokerError> {
        let group = self.consumer.committed(inputs)?;
        #[cfg_attr(not(any(test, feature = "testing")), allow(unused_mut, reason = "only sabotage changes it"))]
        let mut ends = self.consumer.ends(changelogs)?;
        #[cfg(any(test, feature = "testing"))]
        if self.settings.is_sabotaged(super::settings::Sabotage::RestoreToLastStable) {
            ends.iter_mut().for_each(|ends| ends.high_watermark = ends.last_stable);
        }
        Ok((group, ends))
    }

    fn is_restored(&self, id: TaskId) -> bool {
        let stage = self.slots.get(&id).map(|slot| &slot.stage);
        matches!(stage, Some(Stage::Restoring(_, restore)) if restore.is_done())
    }

    fn restore(&mut self, id: TaskId) -> Result<bool, ThreadError> {
        let Some(slot) = self.slots.get_mut(&id) else { return Ok(false) };
        let Stage::Restoring(loaded, restore) = &mut slot.stage else { return Ok(false) };
        let before = restore.progress();
        let task = &mut loaded.task;
        let max = self.settings.restore_records_per_step;
        let result = restore
            .step(&mut self.reader, max, &mut self.records, |store, records, next| task.restore(store, records, next));
        match result {
            Ok(_) => {}
            Err(TaskError::Broker(error)) if is_transient(&error) => {}
            Err(error) => return Err(ThreadError::Task { task: id, error }),
        }
        let moved = restore.progress() != before;
        let now_ms = self.clock.now_ms();
        let since_ms = *slot.still_since_ms.get_or_insert(now_ms);
        if moved || restore.is_done() {
            slot.still_since_ms = None;
        }
        // Before that, the next records may be on their way.
        let stands_still = slot.still_since_ms.is_some() && now_ms.saturating_sub(since_ms) >= STILL_MS;
        slot.blocked = stands_still.then_some(Blocked::Changelog);
        Ok(moved)
    }

    /// The task is as it was at the group's offsets: it goes on from there.
    fn start(&mut self, id: TaskId) -> Result<bool, ThreadError> {
        let Some(slot) = self.slots.get_mut(&id) else { return Ok(false) };
        let Stage::Restoring(loaded, restore) = &mut slot.stage else { return Ok(false) };
        let logs = match self.consumer.ends(&slot.inputs) {
            Ok(logs) => logs,
            Err(error) if is_transient(&error) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let stored = &loaded.task.checkpoint().inputs;
        let begin = begin_at(id, &loaded.group, &logs, stored, restore.restored > 0)?;
        if !self.settings.is_exactly_once() && loaded.group.contains(&None) {
            // Before the first row: a state without offsets has no place to go on from.
            let offsets: Vec<_> = slot.inputs.iter().cloned().zip(begin.offsets.iter().copied()).collect();
            let group = self.consumer.group_metadata();
            match group.and_then(|group| self.consumer.commit_offsets(&offsets, &group)) {
                Ok(()) => loaded.group = begin.offsets.iter().copied().map(Some).collect(),
                // Whether we are a member still is told by the group's events.
                Err(error) if is_transient(&error) || error.kind() == ErrorKind::Fenced => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        let task_failed = |error| ThreadError::Task { task: id, error };
        loaded.task.end_restore().map_err(task_failed)?;
        loaded.task.refresh().map_err(task_failed)?;
        loaded.rewind = begin.offsets;
        slot.lost_to_retention += begin.lost;
        slot.restored = restore.restored;
        let begin: Vec<(TopicPartition, Offset)> =
            slot.inputs.iter().cloned().zip(loaded.rewind.iter().copied()).collect();
        self.consumer.assign(&begin)?;
        for (input, offset) in loaded.rewind.iter().enumerate() {
            loaded.task.seek(input, *offset);
        }
        set_suspects_aside(&mut loaded.task, &slot.suspects);
        if let Stage::Restoring(loaded, _) = core::mem::replace(&mut slot.stage, Stage::Assigned) {
            slot.stage = Stage::Running(loaded);
        }
        slot.blocked = None;
        Ok(true)
    }

    fn set_blocked(&mut self, id: TaskId, blocked: Option<Blocked>) {
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.blocked = blocked;
        }
    }
}

/// Where a task begins.
struct Begin {
    offsets: Vec<Offset>,
    /// Offsets between the group's and the log's start.
    lost: u64,
}

/// The group's offset wins. The store's serves where the group has none and nothing had to be restored; after that the
/// log's start, but not for a task that has a past.
fn begin_at(
    task: TaskId,
    group: &[Option<Offset>],
    logs: &[Ends],
    stored: &[Option<Offset>],
    is_restored: bool,
) -> Result<Begin, ThreadError> {
    if is_restored && group.iter().all(Option::is_none) {
        return Err(ThreadError::MissingOffsets { task });
    }
    let mut begin = Begin { offsets: Vec::with_capacity(group.len()), lost: 0 };
    for (input, (group, ends)) in group.iter().zip(logs).enumerate() {
        let stored = stored.get(input).copied().flatten().filter(|_| !is_restored);
        let wanted = group.or(stored).unwrap_or(ends.log_start);
        begin.lost += ends.log_start.saturating_sub(wanted).max(0).unsigned_abs();
        begin.offsets.push(wanted.max(ends.log_start));
    }
    Ok(begin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_offset_wins_and_a_past_without_offsets_is_refused() {
        let task = TaskId { sub_topology: 0, partition: 0 };
        let log = [Ends { log_start: 4, last_stable: 20, high_watermark: 20 }];
        let check = |group: Option<Offset>, stored: Option<Offset>, is_restored: bool| {
            let begin = begin_at(task, &[group], &log, &[stored], is_restored);
            begin.map(|begin| (begin.offsets[0], begin.lost)).map_err(|error| error.to_string())
        };
        assert_eq!(check(Some(7), Some(9), false), Ok((7, 0)));
        assert_eq!(check(None, Some(9), false), Ok((9, 0)));
        assert_eq!(check(None, None, false), Ok((4, 0)));
        assert_eq!(check(Some(1), None, true), Ok((4, 3)), "retention was faster");
        assert!(check(None, Some(9), true).unwrap_err().contains("reset the application"));
    }
}
