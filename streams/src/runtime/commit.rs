//! The commit cycle: all tasks of the thread in one transaction, which always carries the offsets of all their inputs.
//!
//! Changes are drained and sent; everything is delivered; the offsets join; the transaction is committed; only then does each
//! task write its rows to disk. Each phase may take several rounds, and nothing is processed meanwhile. An abort takes all
//! tasks back to the offsets of the group. A commit without an answer is looked up.

use std::sync::Arc;

use super::error::ThreadError;
use super::settle::{Verdict, verdict, verdict_of_task};
use super::slot::{Look, Stage};
use super::thread::{StreamThread, is_transient, producer_config};
use super::transaction::{ChangelogEnds, Effects, Transaction};
use crate::broker::{Broker, BrokerError, Consumer, ErrorKind, Offset, TopicPartition, TransactionalProducer};
use crate::store::StoreIndex;
use crate::task::{TaskError, TaskId};

/// After as many failed deliveries the record behind them is set aside: the first may have been the broker's fault.
const STRIKES: u32 = 2;

/// What one transaction carries.
#[derive(Debug, Clone)]
pub(super) struct Carried {
    /// The next offset of every input, by task.
    offsets: Vec<(TaskId, Vec<Offset>)>,
    /// Where the changelogs end behind it.
    ends: ChangelogEnds,
}

/// Where the commit stands.
#[derive(Debug)]
pub(super) enum Phase {
    /// Records are processed.
    Open,
    /// All changes are sent; their delivery is waited for.
    Delivering,
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
        let now_ms = self.clock.now_ms();
        let Some(transaction) = &mut self.transaction else { return Ok(()) };
        let mut failure = None;
        for slot in self.slots.values_mut() {
            let Stage::Running(loaded) = &mut slot.stage else { continue };
            for (input, partition) in slot.inputs.iter().enumerate() {
                // Behind the last record may lie markers: with them committed, the lag is none.
                let position = self.consumer.position(partition).filter(|_| loaded.task.buffered(input).0 == 0);
                if let Some(position) = position.filter(|position| loaded.task.position(input) < Some(*position)) {
                    loaded.task.seek(input, position);
                }
            }
            let changelogs = self.topics.changelogs(slot.id.sub_topology);
            let mut effects = Effects { transaction, task: slot.id, changelogs, now_ms };
            if let Err(error) = loaded.task.drain_changes(&mut effects) {
                failure = Some((slot.id, error));
                break;
            }
        }
        match failure {
            None => {
                self.phase = Phase::Delivering;
                Ok(())
            }
            Some((task, error)) => self.task_failed(task, error),
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
            Phase::Delivering => self.deliver_and_send_offsets(),
            Phase::Committing(_) => self.decide(),
            Phase::Aborting => self.abort(),
            Phase::Replacing { .. } => self.replace_producer(),
            Phase::Settling(_) => self.settle(),
        }
    }

    fn deliver_and_send_offsets(&mut self) -> Result<bool, ThreadError> {
        if self.deliver()? > 0 {
            return Ok(false);
        }
        if !matches!(self.phase, Phase::Delivering) {
            return Ok(true);
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
        let sent = self.consumer.group_metadata().and_then(|group| transaction.send_offsets(&offsets, &group));
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
    fn apply(&mut self, carried: &Carried) -> Result<(), ThreadError> {
        let now_ms = self.clock.now_ms();
        for (id, offsets) in &carried.offsets {
            let Some(slot) = self.slots.get_mut(id) else { continue };
            let Stage::Running(loaded) = &mut slot.stage else { continue };
            let ends: Vec<Option<Offset>> = (0..loaded.task.stores().len())
                .map(|store| carried.ends.get(&(*id, StoreIndex(store))).copied())
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

    /// Deletes committed records that nobody will read again. It may fail: the next commit deletes them, too.
    fn purge(&mut self, carried: &Carried) -> Result<(), ThreadError> {
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

    pub(super) fn abort_because(&mut self, cause: &str) {
        self.abort_cause = Arc::from(cause);
        self.phase = Phase::Aborting;
    }

    /// A call failed inside the transaction, before the decision was asked for: nothing of it can be committed.
    pub(super) fn abandon(&mut self, error: BrokerError) -> Result<(), ThreadError> {
        match error.kind() {
            ErrorKind::Retriable | ErrorKind::AbortRequired => self.abort_because(&error.to_string()),
            // The group has moved on without us noticing; what is still ours will be told by its events.
            ErrorKind::Fenced if matches!(error, BrokerError::IllegalGeneration { .. }) => {
                self.abort_because(&error.to_string());
            }
            ErrorKind::OutcomeUnknown => {
                self.abort_cause = Arc::from(error.to_string());
                self.phase = Phase::Replacing { unknown: None };
            }
            ErrorKind::Fenced | ErrorKind::Configuration | ErrorKind::Fatal => return Err(error.into()),
        }
        Ok(())
    }

    /// A task could not go on.
    pub(super) fn task_failed(&mut self, task: TaskId, error: TaskError) -> Result<(), ThreadError> {
        match error {
            TaskError::Broker(error) => {
                // A full client hands the reports over first: they name the record, if it was a record's fault.
                if error.kind() == ErrorKind::AbortRequired {
                    self.deliver()?;
                }
                if matches!(self.phase, Phase::Open) { self.abandon(error) } else { Ok(()) }
            }
            TaskError::Undeliverable { origin, reason } => {
                if let Some(loaded) = self.slots.get_mut(&task).and_then(|slot| slot.running_mut()) {
                    loaded.task.dead_letter_at(origin.input as usize, origin.offset, reason.clone());
                }
                self.abort_because(&reason);
                Ok(())
            }
            error => Err(ThreadError::Task { task, error }),
        }
    }

    fn abort(&mut self) -> Result<bool, ThreadError> {
        let Some(transaction) = &mut self.transaction else { return Ok(false) };
        match transaction.abort() {
            Ok(()) => self.roll_back().map(|()| true),
            Err(error) => match error.kind() {
                ErrorKind::Retriable => Ok(false),
                ErrorKind::OutcomeUnknown | ErrorKind::AbortRequired => {
                    self.phase = Phase::Replacing { unknown: None };
                    Ok(true)
                }
                ErrorKind::Fenced | ErrorKind::Configuration | ErrorKind::Fatal => Err(error.into()),
            },
        }
    }

    /// All tasks go back to the group's offsets: their effects are gone.
    fn roll_back(&mut self) -> Result<(), ThreadError> {
        self.counts.aborts += 1;
        self.aborts_in_a_row += 1;
        if self.aborts_in_a_row > self.settings.aborts_max {
            let (aborts, last) = (self.aborts_in_a_row, Arc::clone(&self.abort_cause));
            return Err(ThreadError::TooManyAborts { aborts, last });
        }
        let ids: Vec<TaskId> = self.slots.keys().copied().collect();
        for id in ids {
            self.roll_back_task(id)?;
        }
        self.phase = Phase::Open;
        Ok(())
    }

    fn roll_back_task(&mut self, id: TaskId) -> Result<(), ThreadError> {
        let Some(slot) = self.slots.get_mut(&id) else { return Ok(()) };
        let Stage::Running(loaded) = &mut slot.stage else { return Ok(()) };
        loaded.task.rolled_back();
        loaded.idle.disturbed();
        for (input, (partition, offset)) in slot.inputs.iter().zip(&loaded.rewind).enumerate() {
            self.consumer.seek(partition, *offset)?;
            loaded.task.seek(input, *offset);
        }
        loaded.looks.fill(Look::default());
        for (origin, _) in slot.suspects.iter().filter(|(_, strikes)| **strikes >= STRIKES) {
            let reason = "its output could not be delivered";
            loaded.task.dead_letter_at(origin.input as usize, origin.offset, reason);
        }
        Ok(())
    }

    /// A new producer of the same name: from here on the old one can change nothing.
    fn replace_producer(&mut self) -> Result<bool, ThreadError> {
        self.transaction = None;
        let mut producer = self.broker.producer(&producer_config(&self.settings))?;
        match producer.init_transactions() {
            Ok(()) => {}
            Err(error) if is_transient(&error) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        self.transaction = Some(Transaction::new(producer));
        self.counts.producers_replaced += 1;
        match core::mem::replace(&mut self.phase, Phase::Open) {
            Phase::Replacing { unknown: Some(carried) } => self.phase = Phase::Settling(carried),
            _ => self.roll_back()?,
        }
        Ok(true)
    }

    /// Reads from the group's offsets how the commit ended.
    fn settle(&mut self) -> Result<bool, ThreadError> {
        let Phase::Settling(carried) = &self.phase else { return Ok(true) };
        let carried = carried.clone();
        let mut found: Vec<(TaskId, Vec<Option<Offset>>)> = Vec::new();
        for (id, _) in &carried.offsets {
            let Some(slot) = self.slots.get(id) else { continue };
            match self.consumer.committed(&slot.inputs) {
                Ok(offsets) => found.push((*id, offsets)),
                Err(error) if is_transient(&error) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        // Only now: whoever is still a member was the owner while the offsets were read, and nobody else wrote them.
        if !self.serve_group()? {
            return Ok(false);
        }
        let mut verdicts = Vec::new();
        for (id, offsets) in &found {
            let sent = carried.offsets.iter().find(|(task, _)| task == id).map(|(_, sent)| sent);
            let loaded = self.slots.get(id).and_then(|slot| slot.running());
            if let (Some(sent), Some(loaded)) = (sent, loaded) {
                verdicts.push((
                    *id,
                    sent,
                    verdict_of_task(&loaded.group, sent, offsets),
                    offsets,
                    loaded.group.clone(),
                ));
            }
        }
        let outcome = verdict(verdicts.iter().map(|(_, _, verdict, _, _)| *verdict));
        let mut kept = Carried { offsets: Vec::new(), ends: carried.ends.clone() };
        for (id, sent, _, offsets, before) in verdicts {
            let is_sent = offsets.iter().zip(sent).all(|(found, sent)| *found == Some(*sent));
            match outcome {
                Verdict::Committed if is_sent => kept.offsets.push((id, sent.clone())),
                Verdict::NotCommitted if *offsets == before => {}
                _ => self.reopen(id)?,
            }
        }
        if outcome == Verdict::Committed {
            self.phase = Phase::Open;
            self.apply(&kept)?;
            self.purge(&kept)?;
        } else {
            self.roll_back()?;
        }
        Ok(true)
    }

    /// Only the changelog knows: the task is closed, and its tail restored.
    fn reopen(&mut self, id: TaskId) -> Result<(), ThreadError> {
        if !self.settings.changelog {
            return Err(ThreadError::UnknownOutcome { task: id });
        }
        self.close_slot(id)?;
        self.open_slot(id);
        Ok(())
    }
}
