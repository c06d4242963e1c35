//! One partition that an executor owns: what was read of it, and the work on its commands.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use compact_str::CompactString;
use domain::time::Millis;
use streams::broker::{ConsumerRecord, Offset};
use streams::runtime::PRODUCED_MS;
use streams::task::Fault;
use topology::codec;
use topology::trace::{TraceContext, Traced};
use topology::wire::{InterventionCommand, InterventionFeedback, Session};

use super::Counts;
use crate::executor::command::Attempts;
use crate::executor::execution::{Job, Outcome, StopSignal};
use crate::executor::partition::{PartitionState, Positions, Taken};
use crate::executor::store::Place;
use crate::executor::trace::Traces;

/// The work on one open command.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) attempts: Attempts,
    pub(super) stop: Arc<StopSignal>,
    pub(super) is_running: bool,
}

/// One partition that is ours.
pub(super) struct Owned {
    pub(super) state: PartitionState,
    /// Read to here before anything is carried out.
    pub(super) ends: Positions,
    /// Tells outcomes of this ownership from those of an earlier one.
    pub(super) epoch: u64,
    pub(super) work: HashMap<CompactString, Work>,
    /// Verdicts that are not committed yet, and commands that get none for they are duplicates.
    pub(super) ended: BTreeMap<CompactString, Option<InterventionFeedback>>,
    pub(super) committed: Positions,
    /// Commands that can not be read, until they are set aside.
    pub(super) unreadable: Vec<(ConsumerRecord, Fault)>,
    /// Handed on as soon as nothing is under way.
    pub(super) is_leaving: bool,
}

impl Owned {
    pub(super) fn is_running(&self) -> bool {
        self.work.values().any(|work| work.is_running)
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.state.is_active()
            || self.is_running()
            || !self.ended.is_empty()
            || !self.unreadable.is_empty()
            || self.is_leaving
    }

    pub(super) fn pass(&mut self, place: usize, position: Offset) {
        let mut positions = self.state.positions();
        match place {
            0 => positions.commands = position,
            1 => positions.session = position,
            _ => positions.feedback = position,
        }
        self.state.skip(positions);
    }

    pub(super) fn take_command(
        &mut self,
        record: &ConsumerRecord,
        now_ms: Millis,
        schema: &dyn Fn(u32) -> Option<u64>,
        counts: &mut Counts,
    ) -> bool {
        let value = record.value.as_deref().unwrap_or_default();
        let command = match codec::decode_framed::<InterventionCommand>(value, schema) {
            Ok(command) => command,
            Err(error) => {
                self.unreadable.push((record.clone(), Fault::Decode(error.into())));
                return false;
            }
        };
        let command = Traced { value: command, trace: TraceContext::of(&record.headers) };
        match self.state.command(record.offset, command, produced_ms(record), now_ms) {
            Taken::Opened => counts.opened += 1,
            Taken::Duplicate => counts.duplicates += 1,
            Taken::Nothing => {}
        }
        true
    }

    pub(super) fn take_session(&mut self, record: &ConsumerRecord) -> bool {
        let decoded = record.value.as_deref().map(codec::decode::<Session>);
        let (Some(Ok(session)), Some(key)) = (decoded, &record.key) else { return false };
        self.state.session(record.offset, &String::from_utf8_lossy(key), session.kind, session.mode);
        true
    }

    pub(super) fn take_feedback(&mut self, record: &ConsumerRecord) -> bool {
        let decoded = record.value.as_deref().map(codec::decode::<InterventionFeedback>);
        let Some(Ok(feedback)) = decoded else { return false };
        self.state.feedback(record.offset, &feedback.command);
        // Somebody has told it: what this one would have said is not said any more.
        self.ended.remove(&feedback.command);
        true
    }

    pub(super) fn activate_at_the_ends(&mut self) {
        let (at, ends) = (self.state.positions(), self.ends);
        let is_there = at.commands >= ends.commands && at.session >= ends.session && at.feedback >= ends.feedback;
        if is_there && !self.state.is_active() {
            self.state.activate();
        }
    }

    /// The commands whose turn it is, marked as running; what stops those that run already is told to them.
    pub(super) fn jobs(&mut self, partition: u32, now_ms: Millis) -> Vec<(CompactString, Job)> {
        let mut jobs = Vec::new();
        if !self.state.is_active() || self.is_leaving {
            return jobs;
        }
        for (offset, open) in self.state.turns() {
            let id = &open.command.command;
            if self.ended.contains_key(id) {
                continue;
            }
            let work = self.work.entry(id.clone()).or_default();
            let stop = self.state.stop_of(open);
            let is_news = work.stop.get() != stop;
            work.stop.set(stop);
            if work.is_running || (work.attempts.not_before_ms > now_ms && !is_news) {
                continue;
            }
            work.is_running = true;
            let job = Job {
                command: Arc::clone(&open.command),
                place: Place { partition, offset },
                deadline_ms: open.deadline_ms,
                trace: open.trace,
                attempts: work.attempts.clone(),
                stop: Arc::clone(&work.stop),
            };
            jobs.push((id.clone(), job));
        }
        jobs
    }

    pub(super) fn take_outcome(&mut self, command: CompactString, outcome: Outcome) {
        match outcome {
            Outcome::Again(attempts) => {
                if let Some(work) = self.work.get_mut(&command) {
                    work.is_running = false;
                    work.attempts = attempts;
                }
                return;
            }
            // Its feedback was read meanwhile.
            _ if self.state.get(&command).is_none() => {}
            Outcome::Ended(feedback) => drop(self.ended.insert(command.clone(), Some(*feedback))),
            Outcome::Duplicate => drop(self.ended.insert(command.clone(), None)),
        }
        self.work.remove(&command);
    }

    /// All verdicts are committed: closes their commands, and says how many have feedback now.
    pub(super) fn committed(&mut self, now_ms: Millis, traces: &Traces) -> u64 {
        let ended = std::mem::take(&mut self.ended);
        for (command, feedback) in &ended {
            if let (Some(open), Some(feedback)) = (self.state.get(command), feedback) {
                traces.ended(&open.command, open.trace, (open.written_ms, now_ms), feedback);
            }
        }
        ended.keys().for_each(|command| self.state.close(command));
        self.unreadable.clear();
        self.work.retain(|command, _| self.state.get(command).is_some());
        self.committed = self.state.offsets();
        ended.values().flatten().count() as u64
    }
}

fn produced_ms(record: &ConsumerRecord) -> Option<Millis> {
    let (_, value) = record.headers.iter().find(|(name, _)| &**name == PRODUCED_MS)?;
    std::str::from_utf8(value).ok()?.parse().ok()
}
