//! The way back: what may not be committed is aborted, and ALL tasks of the thread go back to the group's offsets, for their
//! effects lie in the same transaction. Bounded, because what fails again and again needs another hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::commit::Phase;
use super::error::ThreadError;
use super::slot::{Look, Stage};
use super::thread::StreamThread;
use crate::broker::{Broker, BrokerError, Consumer, ErrorKind};
use crate::task::{Origin, Task, TaskError, TaskId};

/// After as many failed deliveries the record behind them is set aside: the first may have been the broker's fault.
const STRIKES: u32 = 2;

impl<B: Broker> StreamThread<B> {
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
            ErrorKind::Configuration if matches!(error, BrokerError::UnknownPartition { .. }) => {
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
                if let Some(slot) = self.slots.get_mut(&task).filter(|_| !self.settings.is_exactly_once()) {
                    // The task goes, and with it what it was told.
                    slot.suspects.insert(origin, STRIKES);
                } else if let Some(loaded) = self.slots.get_mut(&task).and_then(|slot| slot.running_mut()) {
                    loaded.task.dead_letter_at(origin.input as usize, origin.offset, reason.clone());
                }
                self.abort_because(&reason);
                Ok(())
            }
            error => Err(ThreadError::Task { task, error }),
        }
    }

    pub(super) fn abort(&mut self) -> Result<bool, ThreadError> {
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
    pub(super) fn roll_back(&mut self) -> Result<(), ThreadError> {
        self.counts.aborts += 1;
        self.aborts_in_a_row += 1;
        if self.aborts_in_a_row > self.settings.aborts_max {
            let (aborts, last) = (self.aborts_in_a_row, Arc::clone(&self.abort_cause));
            return Err(ThreadError::TooManyAborts { aborts, last });
        }
        let ids: Vec<TaskId> = self.slots.keys().copied().collect();
        for id in ids {
            if self.settings.is_exactly_once() {
                self.roll_back_task(id)?;
            } else {
                self.restore_again(id)?;
            }
        }
        self.phase = Phase::Open;
        Ok(())
    }

    /// At least once, an abort takes nothing back: what lies in the changelogs is the state. It is restored, and records whose
    /// offsets were not committed are processed again on top.
    pub(super) fn restore_again(&mut self, id: TaskId) -> Result<(), ThreadError> {
        let Some(slot) = self.slots.get_mut(&id) else { return Ok(()) };
        if slot.running().is_some() {
            self.consumer.unassign(&slot.inputs)?;
            slot.stage = Stage::Assigned;
        }
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
        set_suspects_aside(&mut loaded.task, &slot.suspects);
        Ok(())
    }
}

/// Makes dead letters of the records whose output failed again and again.
pub(super) fn set_suspects_aside(task: &mut Task, suspects: &BTreeMap<Origin, u32>) {
    for (origin, _) in suspects.iter().filter(|(_, strikes)| **strikes >= STRIKES) {
        let reason = "its output could not be delivered";
        task.dead_letter_at(origin.input as usize, origin.offset, reason);
    }
}
