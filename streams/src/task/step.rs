//! The loop of a task: choose a head, fire what is due before it, process it.

use super::choose::{Choice, choose};
use super::dead_letter::Fault;
use super::input::Head;
use super::{Collector, Origin, Pacing, Progress, ProgressState, Task, TaskError};
use crate::broker::ConsumerRecord;
use crate::global::Globals;
use crate::processor::{Context, ProcessError, RecordMetadata};
use crate::record::RecordTime;

/// How a record or timer ended, where it did not end well.
enum Ended {
    Well,
    /// The record is to be set aside; nothing was written for it.
    SetAside(Fault),
}

impl Task {
    /// Handles records and due timers, at most `budget` of both together. What happens, and in which order, depends on the
    /// records only: a smaller budget cuts the same sequence into more calls. In the middle of a long gap it may return with
    /// timers fired and the record still at the head; a commit there is fine.
    ///
    /// # Errors
    /// The task must be rolled back, or closed; see [`TaskError`].
    pub fn process(
        &mut self,
        budget: usize,
        pacing: Pacing,
        globals: &Globals,
        out: &mut dyn Collector,
    ) -> Result<Progress, TaskError> {
        self.refresh()?;
        let mut done = 0;
        loop {
            let input = match self.choose(pacing) {
                Choice::Take(input) => input,
                Choice::Wait(input) => return Ok(Progress { done, state: ProgressState::Waiting(input) }),
                Choice::Drained => return Ok(Progress { done, state: ProgressState::Drained }),
            };
            if let Some(to_ms) = self.stream_time_with(input, pacing) {
                done += self.fire_due(to_ms, budget - done, globals, out)?;
                if done >= budget {
                    return Ok(Progress { done, state: ProgressState::Ready });
                }
                self.move_stream_time(to_ms);
            }
            if done >= budget {
                return Ok(Progress { done, state: ProgressState::Ready });
            }
            self.process_head(input, pacing, globals, out)?;
            done += 1;
        }
    }

    /// Lets stream time go on to `to_ms` though no record came: fires the timers due until then. For silence that is known
    /// to be silence, when [`process`](Task::process) has said `Drained`. Control records do not wait for it: they act as
    /// soon as all other inputs are drained.
    ///
    /// # Errors
    /// As for [`process`](Task::process).
    pub fn advance_stream_time(
        &mut self,
        to_ms: i64,
        budget: usize,
        globals: &Globals,
        out: &mut dyn Collector,
    ) -> Result<Progress, TaskError> {
        self.refresh()?;
        let done = self.fire_due(to_ms, budget, globals, out)?;
        if self.next_timer().is_some_and(|next| next <= to_ms) {
            return Ok(Progress { done, state: ProgressState::Ready });
        }
        self.move_stream_time(to_ms);
        Ok(Progress { done, state: ProgressState::Drained })
    }

    fn choose(&mut self, pacing: Pacing) -> Choice {
        let poisoned = &self.poisoned;
        let seats = self.inputs.iter_mut().enumerate().map(|(number, input)| {
            input.look(|offset| {
                if poisoned.is_empty() {
                    return None;
                }
                poisoned.get(&Origin { input: number as u32, offset }).cloned()
            });
            input.seat(pacing)
        });
        choose(seats)
    }

    /// Where stream time must stand before the head of `input` is processed. `None`: it has no say in time.
    fn stream_time_with(&self, input: usize, pacing: Pacing) -> Option<i64> {
        let input = self.inputs.get(input)?;
        let now = self.stream_time();
        let time = match input.head_time()? {
            RecordTime::Control(_) => return now,
            RecordTime::Event(time) if input.far_ahead(time, pacing).is_some() => return now,
            RecordTime::Event(time) => time,
        };
        let time = match pacing {
            Pacing::Unpaced => time,
            Pacing::Live { now_ms } => time.min(now_ms.saturating_add(self.settings.ahead_ms_max)),
        };
        Some(now.map_or(time, |now| now.max(time)))
    }

    fn move_stream_time(&mut self, to_ms: i64) {
        let time = &mut self.state.progress.stream_time_ms;
        *time = Some(time.map_or(to_ms, |now| now.max(to_ms)));
    }

    /// Fires the timers due by `to_ms`, at most `budget`, each at its own time.
    fn fire_due(
        &mut self,
        to_ms: i64,
        budget: usize,
        globals: &Globals,
        out: &mut dyn Collector,
    ) -> Result<usize, TaskError> {
        let mut fired = 0;
        while fired < budget {
            let Some(timer) = self.state.timers.take_due(to_ms) else { break };
            self.move_stream_time(timer.at_ms);
            let mut context = self.context(globals, out);
            let result = context.run(timer.node(), |node, context| node.on_timer(timer.at_ms, timer.key(), context));
            match conclude(context, result)? {
                Ended::Well => {}
                Ended::SetAside(fault) => {
                    let node =
                        self.plan.nodes.get(timer.node()).map_or_else(|| "timer".into(), |node| node.name.clone());
                    return Err(TaskError::Processor { node, error: fault.into() });
                }
            }
            fired += 1;
        }
        Ok(fired)
    }

    /// What a node sees when no record made it run.
    fn context<'a>(&'a mut self, globals: &'a Globals, out: &'a mut dyn Collector) -> Context<'a> {
        Context {
            task: self.id,
            application_id: &self.topology.application_id,
            plan: &self.plan,
            nodes: &mut self.nodes,
            state: &mut self.state,
            globals,
            out,
            node: usize::MAX,
            record: None,
            origin: None,
            failed: None,
            failed_at: None,
            wrote: false,
        }
    }

    /// Lets every node put back what it keeps decoded.
    pub(super) fn before_commit(&mut self, out: &mut dyn Collector) -> Result<(), TaskError> {
        // Nothing asynchronous takes part in what is committed.
        let globals = Globals::default();
        for node in 0..self.nodes.len() {
            let mut context = self.context(&globals, out);
            let result = context.run(node, |node, context| node.before_commit(context));
            if let Ended::SetAside(fault) = conclude(context, result)? {
                let node = self.plan.nodes.get(node).map_or_else(|| "node".into(), |node| node.name.clone());
                return Err(TaskError::Processor { node, error: fault.into() });
            }
        }
        Ok(())
    }

    fn process_head(
        &mut self,
        number: usize,
        pacing: Pacing,
        globals: &Globals,
        out: &mut dyn Collector,
    ) -> Result<(), TaskError> {
        let Some(input) = self.inputs.get_mut(number) else { return Ok(()) };
        let Some((record, head)) = input.take() else { return Ok(()) };
        self.state.progress.counts.read += 1;
        let time = match head {
            Head::Ready(time) => time,
            Head::Faulty(fault) => return self.set_aside(number, &record, &fault, out),
            Head::Unread => return Ok(()),
        };
        if let RecordTime::Event(at_ms) = time {
            if let Some(by_ms) = input.far_ahead(at_ms, pacing) {
                return self.set_aside(number, &record, &Fault::FarAhead { by_ms }, out);
            }
            if input.is_late(at_ms, self.state.progress.stream_time_ms) {
                input.source.clear();
                self.state.progress.counts.late += 1;
                return Ok(());
            }
        }
        let metadata = RecordMetadata {
            topic: &input.topic_partition.topic,
            partition: input.topic_partition.partition,
            offset: record.offset,
            control: time.is_control(),
            headers: &record.headers,
        };
        let mut context = Context {
            task: self.id,
            application_id: &self.topology.application_id,
            plan: &self.plan,
            nodes: &mut self.nodes,
            state: &mut self.state,
            globals,
            out,
            node: usize::MAX,
            record: Some(metadata),
            origin: Some(Origin { input: number as u32, offset: record.offset }),
            failed: None,
            failed_at: None,
            wrote: false,
        };
        let result = input.source.forward(&mut context);
        match conclude(context, result)? {
            Ended::Well => self.state.progress.counts.processed += 1,
            Ended::SetAside(fault) => self.set_aside(number, &record, &fault, out)?,
        }
        Ok(())
    }

    fn set_aside(
        &mut self,
        number: usize,
        record: &ConsumerRecord,
        fault: &Fault,
        out: &mut dyn Collector,
    ) -> Result<(), TaskError> {
        let Some(input) = self.inputs.get_mut(number) else { return Ok(()) };
        input.source.clear();
        self.state.progress.counts.dead_lettered += 1;
        let origin = Some(Origin { input: number as u32, offset: record.offset });
        self.dead_letters.write(record, &input.topic_partition, fault, |letter| out.send(letter, origin))
    }
}

/// What a run of the nodes comes to.
fn conclude(context: Context<'_>, result: Result<(), ProcessError>) -> Result<Ended, TaskError> {
    if let Some(error) = context.failed {
        return Err(error);
    }
    let Err(error) = result else { return Ok(Ended::Well) };
    let node = context.failed_name();
    match error {
        ProcessError::Store(error) => Err(TaskError::Store(error)),
        ProcessError::Fatal(error) => Err(TaskError::Processor { node, error }),
        ProcessError::DeadLetter(error) => match context.origin {
            Some(origin) if context.wrote => {
                Err(TaskError::Undeliverable { origin, reason: format!("{node}: {error}") })
            }
            _ => Ok(Ended::SetAside(Fault::Processor { node, error })),
        },
    }
}
