//! Records through the tasks, in task order, each with its share of the round; and silence, which moves time as well.

use super::commit::Phase;
use super::error::ThreadError;
use super::settings::{PacingMode, ThreadSettings};
use super::slot::{Loaded, Slot, Stage};
use super::status::Blocked;
use super::thread::StreamThread;
use super::transaction::{Effects, produced};
use crate::broker::{Broker, Consumer};
use crate::global::Globals;
use crate::task::{Collector, InputState, Pacing, ProgressState, TaskError};

/// Without a due timer, stream time goes on in steps of this size: each is a row of the changelog.
const IDLE_STEP_MS: i64 = 1_000;

impl<B: Broker> StreamThread<B> {
    /// Processes a bounded number of records and timers; says whether there were any.
    pub(super) fn process(&mut self) -> Result<bool, ThreadError> {
        let now_ms = self.clock.now_ms();
        if !matches!(self.phase, Phase::Open) {
            return Ok(false);
        }
        for slot in self.slots.values_mut() {
            observe(slot, &self.consumer, &self.settings, now_ms);
        }
        let running = self.slots.values().filter_map(Slot::running);
        let (count, is_needed) = running.fold((0, false), |(count, needed), loaded| {
            (count + 1, needed || has_records(loaded) || is_time_due(loaded))
        });
        // A client may refuse to begin while the last transaction is being written out.
        if !is_needed || !self.begin()? {
            return Ok(false);
        }
        let Some(transaction) = &mut self.transaction else { return Ok(false) };
        let budget = (self.settings.records_per_step / count.max(1)).max(1);
        let pacing = match self.settings.pacing {
            PacingMode::Unpaced => Pacing::Unpaced,
            PacingMode::Live => Pacing::Live { now_ms },
        };
        let produced = produced(&self.settings, now_ms);
        let mut worked = false;
        let mut failure = None;
        for slot in self.slots.values_mut() {
            let changelogs = self.topics.changelogs(slot.id.sub_topology);
            let mut effects = Effects { transaction, task: slot.id, changelogs, now_ms, produced: &produced };
            let turn = Turn { budget, pacing, globals: self.globals.globals(), settings: &self.settings };
            match turn.take(slot, &mut effects) {
                Ok(done) => worked |= done > 0,
                Err(error) => {
                    failure = Some((slot.id, error));
                    break;
                }
            }
        }
        match failure {
            Some((task, error)) => self.task_failed(task, error)?,
            None => drop(self.deliver()?),
        }
        Ok(worked)
    }
}

/// What each task gets in one round.
struct Turn<'a> {
    budget: usize,
    pacing: Pacing,
    globals: &'a Globals,
    #[cfg_attr(not(any(test, feature = "testing")), allow(dead_code, reason = "only sabotage looks at it"))]
    settings: &'a ThreadSettings,
}

impl Turn<'_> {
    fn take(&self, slot: &mut Slot, out: &mut dyn Collector) -> Result<usize, TaskError> {
        let Stage::Running(loaded) = &mut slot.stage else { return Ok(0) };
        let mut done = 0;
        if has_records(loaded) {
            #[cfg(any(test, feature = "testing"))]
            self.sabotage(loaded, out)?;
            let progress = loaded.task.process(self.budget, self.pacing, self.globals, out)?;
            done += progress.done;
            slot.blocked = match progress.state {
                ProgressState::Waiting(input) => slot.inputs.get(input).cloned().map(Blocked::Input),
                ProgressState::Ready | ProgressState::Drained => None,
            };
        } else if is_time_due(loaded) {
            done += self.pass_time(loaded, out)?;
        }
        Ok(done)
    }

    /// Stream time goes on by the silence that was measured.
    fn pass_time(&self, loaded: &mut Loaded, out: &mut dyn Collector) -> Result<usize, TaskError> {
        let Some(from_ms) = loaded.task.stream_time() else { return Ok(0) };
        let to_ms = from_ms.saturating_add(loaded.idle.credit_ms());
        let progress = loaded.task.advance_stream_time(to_ms, self.budget, self.globals, out)?;
        match progress.state {
            // Many timers: time stands at the last one that fired, and the rest of the credit stays.
            ProgressState::Ready => {
                let reached_ms = loaded.task.stream_time().unwrap_or(from_ms);
                loaded.idle.spend_part(reached_ms.saturating_sub(from_ms));
            }
            ProgressState::Waiting(_) | ProgressState::Drained => loaded.idle.spend(),
        }
        Ok(progress.done.max(1))
    }

    /// Fires timers by the slice that was fetched.
    #[cfg(any(test, feature = "testing"))]
    fn sabotage(&self, loaded: &mut Loaded, out: &mut dyn Collector) -> Result<(), TaskError> {
        if self.settings.is_sabotaged(super::settings::Sabotage::TimersBySlice)
            && let Some(now_ms) = loaded.task.stream_time()
        {
            let slice: usize = (0..loaded.looks.len()).map(|input| loaded.task.buffered(input).0).sum();
            let to_ms = now_ms.saturating_add(i64::try_from(slice).unwrap_or(0) * 100);
            loaded.task.advance_stream_time(to_ms, self.budget, self.globals, out)?;
        }
        Ok(())
    }
}

fn has_records(loaded: &Loaded) -> bool {
    (0..loaded.looks.len()).any(|input| loaded.task.buffered(input).0 > 0)
}

/// Whether the measured silence brings a timer about, or is long enough to be written down.
fn is_time_due(loaded: &Loaded) -> bool {
    let credit_ms = loaded.idle.credit_ms();
    let Some(now_ms) = loaded.task.stream_time().filter(|_| credit_ms > 0) else { return false };
    credit_ms >= IDLE_STEP_MS || loaded.task.next_timer().is_some_and(|timer| timer <= now_ms.saturating_add(credit_ms))
}

/// Tells the task what is known of its inputs, and its stopwatch whether there was silence.
fn observe<C: Consumer>(slot: &mut Slot, consumer: &C, settings: &ThreadSettings, now_ms: i64) {
    let Stage::Running(loaded) = &mut slot.stage else { return };
    let mut is_silent = true;
    let mut is_known = true;
    let mut seen_ms = now_ms;
    for (input, (partition, look)) in slot.inputs.iter().zip(&loaded.looks).enumerate() {
        let position = consumer.position(partition).unwrap_or(0);
        let state = look.state(position, now_ms, settings.lookup_valid_ms);
        loaded.task.set_input(input, state);
        is_known &= state != InputState::Unknown;
        is_silent &= state != InputState::Behind && !look.is_hanging() && loaded.task.buffered(input).0 == 0;
        // The silence goes as far as the oldest look.
        seen_ms = seen_ms.min(look.at_ms());
    }
    match settings.idle_advance_ms {
        Some(_) if !is_silent => loaded.idle.disturbed(),
        Some(idle_advance_ms) if is_known => loaded.idle.silent(seen_ms, idle_advance_ms, settings.lookup_valid_ms),
        // Unknown: the stopwatch is not moved, and a gap that is too long resets it.
        _ => {}
    }
}
