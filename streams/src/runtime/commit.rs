//! The commit cycle: all tasks of the thread in one transaction, which always carries the offsets of all their inputs.
//!
//! Changes are drained and sent; everything is delivered; the offsets join; the transaction is committed; only then does each
//! task write its rows to disk. Each phase may take several rounds, and nothing is processed meanwhile. An abort takes all
//! tasks back to the offsets of the group. A commit without an answer is looked up.

use super::error::ThreadError;
use super::slot::Stage;
use super::thread::{StreamThread, is_transient};
use super::transaction::{ChangelogEnds, Effects, Transaction, produced};
use crate::broker::{Broker, Consumer, ErrorKind, Offset, TopicPartition};
use crate::store::StoreIndex;
use crate::task::{Part, TaskId};

/// What one transaction carries.
#[derive(Debug, Clone)]
pub(super) struct Carried {
    /// The next offset of every input, by task.
    pub(super) offsets: Vec<(TaskId, Vec<Offset>)>,
    /// Where the changelogs end behind it.
    pub(super) ends: ChangelogEnds,
}

/// Where the commit stands.
#[derive(Debug)]
pub(super) enum Phase {
    /// Records are processed.
    Open,
    /// Changes are sent; their delivery is waited for, and then comes this part.
    Delivering(Option<Part>),
    /// The offsets have joined; the decision is to be asked for.
    Committing(Carried),
    /// The transaction can only be aborted.
    Aborting,
    /// The producer can not be used any more; its successor fences it. `unknown`: the commit that got no answer.
    Replacing {
        /// None: nothing was committed.
        unknown: Option<Carried>,
    },
    /// The old producer is fenced, so the group's offsets will tell.
    Settling(Carried),
}

impl<B: Broker> StreamThread<B> {
    /// Whether something would be lost by a rollback.
    pub(super) fn has_work(&self) -> bool {
        self.transaction.as_ref().is_some_and(Transaction::is_used)
            || self.slots.values().filter_map(|slot| slot.running()).any(|loaded| loaded.task.has_work_to_commit())
    }

    /// Goes on with whatever the transaction needs; says whether records may be processed.
    pub(super) fn drive_commit(&mut self) -> Result<bool, ThreadError> {
        while !matches!(self.phase, Phase::Open) {
            if !self.advance_commit()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn commit_when_due(&mut self, worked: bool) -> Result<bool, ThreadError> {
        if !matches!(self.phase, Phase::Open) || !self.is_commit_due(worked) {
            return Ok(false);
        }
        self.start_commit()?;
        self.drive_commit()
    }

    fn is_commit_due(&self, worked: bool) -> bool {
        let waited_ms = self.clock.now_ms().saturating_sub(self.committed_at_ms).max(0).unsigned_abs();
        if waited_ms >= self.settings.offset_refresh_ms && self.is_running_anything() {
            return true;
        }
        if !self.has_work() {
            return false;
        }
        let loaded = self.slots.values().filter_map(|slot| slot.running());
        let dirty: usize = loaded.map(|loaded| loaded.task.dirty_bytes()).sum();
        let sent = self.transaction.as_ref().map_or(0, Transaction::len);
        waited_ms >= self.settings.commit_interval_ms
            || dirty >= self.settings.overlay_bytes_max
            || sent >= self.settings.transaction_records_max
            // Without a wall clock nothing else would ever end the last transaction.
            || (!worked && self.settings.is_unpaced())
    }

    /// Drains the tasks' changes into the transaction. It is begun here at the latest: every commit carries offsets.
    pub(super) fn start_commit(&mut self) -> Result<(), ThreadError> {
        if !self.begin()? {
            return Ok(());
        }
        for slot in self.slots.values_mut() {
            let Stage::Running(loaded) = &mut slot.stage else { continue };
            for (input, partition) in slot.inputs.iter().enumerate() {
                // Behind the last record may lie markers: with them committed, the lag is none.
                let position = self.consumer.position(partition).filter(|_| loaded.task.buffered(input).0 == 0);
                if let Some(position) = position.filter(|position| loaded.task.position(input) < Some(*position)) {
                    loaded.task.seek(input, position);
                }
            }
        }
        self.drain((!self.settings.is_exactly_once()).then_some(Part::Outputs))
    }

    /// Sends one part of the changes; all, where the transaction holds them together.
    fn drain(&mut self, part: Option<Part>) -> Result<(), ThreadError> {
        let now_ms = self.clock.now_ms();
        let produced = produced(&self.settings, now_ms);
        let Some(transaction) = &mut self.transaction else { return Ok(()) };
        let mut failure = None;
        for slot in self.slots.values_mut() {
            let Stage::Running(loaded) = &mut slot.stage else { continue };
            let changelogs = self.topics.changelogs(slot.id.sub_topology);
            let mut effects = Effects { transaction, task: slot.id, changelogs, now_ms, produced: &produced };
            let drained = match part {
                None => loaded.task.drain_changes(&mut effects),
                Some(part) => loaded.task.drain_part(part, &mut effects),
            };
            if let Err(error) = drained {
                failure = Some((slot.id, error));
                break;
            }
        }
        match failure {
            None => {
                self.phase = Phase::Delivering(part.and_then(Part::next));
                Ok(())
            }
            Some((task, error)) => {
                // A part that was sent in part is not sent again: it can only be aborted.
                self.phase = Phase::Open;
                self.task_failed(task, error)
            }
        }
    }

    /// Opens a transaction, unless there is one; says whether there is one now.
    pub(super) fn begin(&mut self) -> Result<bool, ThreadError> {
        let Some(transaction) = &mut self.transaction else { return Ok(false) };
        match transaction.begin() {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::Retriable => Ok(false),
            // A transaction that was never opened can not be aborted: only a new producer helps.
            Err(error) if error.kind() == ErrorKind::AbortRequired => {
                self.phase = Phase::Replacing { unknown: None };
                Ok(false)
            }
            Err(error) => self.abandon(error).map(|()| false),
        }
    }

    /// One phase further; `false` when the broker has to do something first.
    fn advance_commit(&mut self) -> Result<bool, ThreadError> {
        match &self.phase {
            Phase::Open => Ok(true),
            Phase::Delivering(next) => self.deliver_and_send_offsets(*next),
            Phase::Committing(_) => self.decide(),
            Phase::Aborting => self.abort(),
            Phase::Replacing { .. } => self.replace_producer(),
            Phase::Settling(_) => self.settle(),
        }
    }

    fn deliver_and_send_offsets(&mut self, next: Option<Part>) -> Result<bool, ThreadError> {
        if self.deliver()? > 0 {
            return Ok(false);
        }
        if !matches!(self.phase, Phase::Delivering(_)) {
            return Ok(true);
        }
        if next.is_some() {
            return self.drain(next).map(|()| true);
        }
        let Some(transaction) = &mut self.transaction else { return Ok(false) };
        let mut offsets = Vec::new();
        let mut carried = Vec::new();
        for slot in self.slots.values() {
            let Some(loaded) = slot.running() else { continue };
            let next: Vec<Offset> = (0..slot.inputs.len()).filter_map(|input| loaded.task.position(input)).collect();
            offsets.extend(slot.inputs.iter().cloned().zip(next.iter().copied()));
            carried.push((slot.id, next));
        }
        // Taken fresh: a rebalance may have passed since.
        let group = self.consumer.group_metadata();
        let sent = if self.settings.is_exactly_once() {
            group.and_then(|group| transaction.send_offsets(&offsets, &group))
        } else {
            // All is written already, so this is the commit. Without an answer, the group's offsets tell where to go on.
            group.and_then(|group| self.consumer.commit_offsets(&offsets, &group))
        };
        match sent {
            Ok(()) => {
                let carried = Carried { offsets: carried, ends: transaction.take_ends() };
                #[cfg(any(test, feature = "testing"))]
                if self.settings.is_sabotaged(super::settings::Sabotage::ApplyBeforeCommit) {
                    self.apply(&carried)?;
                }
                self.phase = Phase::Committing(carried);
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::Retriable => Ok(false),
            Err(error) => self.abandon(error).map(|()| true),
        }
    }

    /// Takes delivery reports in; returns how many records are on their way. A failed one asks for the abort.
    pub(super) fn deliver(&mut self) -> Result<usize, ThreadError> {
        let Some(transaction) = &mut self.transaction else { return Ok(0) };
        match transaction.deliveries() {
            Ok(in_flight) if transaction.undelivered().is_empty() => Ok(in_flight),
            Ok(_) => {
                let undelivered = transaction.undelivered().to_vec();
                for record in undelivered {
                    let suspects = self.slots.get_mut(&record.task).map(|slot| &mut slot.suspects);
                    if let (Some(suspects), Some(origin)) = (suspects, record.origin) {
                        *suspects.entry(origin).or_insert(0) += 1;
                    }
                }
                self.abort_because("a record could not be delivered");
                Ok(0)
            }
            Err(error) => self.abandon(error).map(|()| 0),
        }
    }

    fn decide(&mut self) -> Result<bool, ThreadError> {
        let Some(transaction) = &mut self.transaction else { return Ok(false) };
        let result = transaction.commit();
        match result {
            Err(error) if error.kind() == ErrorKind::Retriable => return Ok(false),
            Err(error) if error.kind() != ErrorKind::OutcomeUnknown => return self.abandon(error).map(|()| true),
            _ => {}
        }
        let Phase::Committing(carried) = core::mem::replace(&mut self.phase, Phase::Open) else { return Ok(true) };
        if result.is_ok() {
            self.apply(&carried)?;
            self.purge(&carried)?;
        } else {
            self.counts.outcomes_settled += 1;
            self.phase = Phase::Replacing { unknown: Some(carried) };
        }
        Ok(true)
    }

    /// The transaction is part of the log: what it says becomes the tasks' state.
    pub(super) fn apply(&mut self, carried: &Carried) -> Result<(), ThreadError> {
        let now_ms = self.clock.now_ms();
        for (id, offsets) in &carried.offsets {
            if !self.settings.is_exactly_once() && self.is_interleaved(*id, carried) {
                self.restore_again(*id)?;
                continue;
            }
            let Some(slot) = self.slots.get_mut(id) else { continue };
            let Stage::Running(loaded) = &mut slot.stage else { continue };
            let ends: Vec<Option<Offset>> = (0..loaded.task.stores().len())
                .map(|store| carried.ends.get(&(*id, StoreIndex(store))).map(|written| written.end))
                .collect();
            let identity = self.topics.identity(id.sub_topology);
            loaded.task.committed(&ends, identity, now_ms).map_err(|error| ThreadError::Task { task: *id, error })?;
            loaded.group = offsets.iter().copied().map(Some).collect();
            loaded.rewind.clone_from(offsets);
            slot.suspects.clear();
        }
        self.aborts_in_a_row = 0;
        self.counts.commits += 1;
        self.committed_at_ms = now_ms;
        Ok(())
    }

    /// Whether another has written to the task's changelogs since its last commit: a former owner that noticed too late. A store
    /// must not claim offsets whose rows it does not hold.
    fn is_interleaved(&self, id: TaskId, carried: &Carried) -> bool {
        let Some(loaded) = self.slots.get(&id).and_then(|slot| slot.running()) else { return false };
        let held = &loaded.task.checkpoint().changelog;
        let mut written = carried.ends.iter().filter(|((task, _), _)| *task == id);
        written.any(|((_, store), written)| !written.follows(held.get(store.0).copied().flatten()))
    }

    /// Deletes committed records that nobody will read again. It may fail: the next commit deletes them, too.
    pub(super) fn purge(&mut self, carried: &Carried) -> Result<(), ThreadError> {
        let now_ms = self.clock.now_ms();
        let waited_ms = now_ms.saturating_sub(self.purged_at_ms).max(0).unsigned_abs();
        if waited_ms < self.settings.purge_interval_ms && !self.settings.is_unpaced() {
            return Ok(());
        }
        self.purged_at_ms = now_ms;
        let mut before: Vec<(TopicPartition, Offset)> = Vec::new();
        for (id, offsets) in &carried.offsets {
            let part = self.topology.sub_topologies().get(id.sub_topology as usize);
            let Some((part, slot)) = part.zip(self.slots.get(id)) else { continue };
            for ((input, partition), offset) in part.inputs.iter().zip(&slot.inputs).zip(offsets) {
                let purges = self.settings.purge_inputs || (self.settings.purge_repartition && input.repartition);
                if purges && *offset > 0 {
                    before.push((partition.clone(), *offset));
                }
            }
        }
        if before.is_empty() {
            return Ok(());
        }
        match crate::broker::Admin::delete_records(&self.broker.admin()?, &before) {
            Err(error) if !is_transient(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }
}
