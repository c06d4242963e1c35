//! A command's way from its decision to its one result: what a tick, a person or the executor does to it.

use domain::bandit::Lesson;
use domain::context::Phase;
use domain::intervention::{Because, Command, Decision, Event, Outcome, Status, Transition};
use domain::outcome::{Measure, Measured, TickValues};
use domain::tick::Evaluation;
use domain::time::Millis;
use streams::processor::{Context, ProcessError};
use streams::record::Record;

use super::{Decide, publish};
use crate::codec::{self, Format};
use crate::event::SessionId;
use crate::moment::Decided;
use crate::rows::decided::{CommandRow, Published};
use crate::trace::Traced;
use crate::wire::InterventionCommand;

impl Decide {
    /// What a tick does to the open command: time passes, and its effect is measured.
    pub(super) fn follow(
        &mut self,
        session: &SessionId,
        evaluation: &Evaluation,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let Some(mut row) = self.open_command(session, evaluation.at, context)? else { return Ok(()) };
        let at = evaluation.at;
        let values = values(evaluation);
        if evaluation.place.phase == Phase::Break {
            let transition = row.intervention.on(Event::Break, at, &self.settings.decision);
            return self.carry_out(session, row, transition, None, at, context);
        }
        let ticked = row.intervention.on(Event::Tick, at, &self.settings.decision);
        if let Some(t0) = ticked.measure_from {
            row.measure = Some(Measure::start(row.intervention.kind, t0, &values));
            return self.carry_out(session, row, ticked, None, at, context);
        }
        match row.measure.as_mut().and_then(|measure| measure.observe(at, &values)) {
            Some(measured) => {
                let transition = row.intervention.on(Event::Measured, at, &self.settings.decision);
                self.carry_out(session, row, transition, Some(measured), at, context)
            }
            // A command that waits is as it was.
            None if ticked == Transition::NOTHING && row.measure.is_none() => Ok(()),
            None => self.carry_out(session, row, ticked, None, at, context),
        }
    }

    /// Tells the open command, if there is one.
    pub(super) fn tell_open(
        &mut self,
        session: &SessionId,
        event: Event,
        now: Millis,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let Some(mut row) = self.open_command(session, now, context)? else { return Ok(()) };
        let transition = row.intervention.on(event, now, &self.settings.decision);
        self.carry_out(session, row, transition, None, now, context)
    }

    /// Tells the command of this id.
    pub(super) fn tell(
        &mut self,
        session: &SessionId,
        command: &str,
        event: Event,
        now: Millis,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let Some(mut row) = self.named_command(session, command, context)? else {
            count(event.unknown(), context);
            return Ok(());
        };
        let transition = row.intervention.on(event, now, &self.settings.decision);
        self.carry_out(session, row, transition, None, now, context)
    }

    /// Takes in what a person made of a proposal.
    pub(super) fn decided(
        &mut self,
        session: &SessionId,
        decided: &Decided,
        now: Millis,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let event = Event::Decision(decided.decision);
        let Some(mut row) = self.named_command(session, &decided.command, context)? else {
            count(event.unknown(), context);
            return Ok(());
        };
        let transition = row.intervention.on(event, now, &self.settings.decision);
        if transition.status.is_some() && transition.counted.is_none() {
            let mut command = read(&row)?;
            command.decided_by = decided.actor.as_deref().map(Into::into);
            command.decided_at_ms = Some(now);
            if decided.decision == Decision::Edited {
                command.content = decided.content.as_deref().map(Into::into);
            }
            row.published = write(&command)?;
        }
        self.carry_out(session, row, transition, None, now, context)
    }

    fn open_command(
        &mut self,
        session: &str,
        now: Millis,
        context: &mut Context<'_>,
    ) -> Result<Option<CommandRow>, ProcessError> {
        match self.ledger(session, now, context)?.ledger.open {
            Some(command) => self.command(session, command, context),
            None => Ok(None),
        }
    }

    pub(super) fn named_command(
        &mut self,
        session: &SessionId,
        id: &str,
        context: &mut Context<'_>,
    ) -> Result<Option<CommandRow>, ProcessError> {
        match Command::parse(id) {
            Some((named, command)) if named == session => self.command(session, command, context),
            _ => Ok(None),
        }
    }

    /// Does what follows from an event: publishes, settles, counts, and keeps the row.
    fn carry_out(
        &mut self,
        session: &SessionId,
        mut row: CommandRow,
        transition: Transition,
        measured: Option<Measured>,
        at: Millis,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        count(transition.counted, context);
        if let Some((status, because)) = transition.status {
            self.republish(session, &mut row, status, because, at, context)?;
        }
        if let Some(outcome) = transition.result {
            self.settle(session, &row, outcome, measured, at, context)?;
        }
        self.keep_command(session, &row, context)
    }

    fn republish(
        &mut self,
        session: &SessionId,
        row: &mut CommandRow,
        status: Status,
        because: Because,
        at: Millis,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let mut command = read(row)?;
        command.status = status;
        command.expires_at_ms = row.intervention.expires_at;
        if status == Status::Cancelled {
            command.reason = format!("cancelled: {because}").into();
        }
        row.published = write(&command)?;
        let trace = self.trace(session, row.intervention.command, context)?;
        let command = Traced { value: command, trace };
        context.forward(self.outputs.commands, Record::new(session.clone(), command, at))
    }

    fn settle(
        &mut self,
        session: &SessionId,
        row: &CommandRow,
        outcome: Outcome,
        measured: Option<Measured>,
        at: Millis,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let command = read(row)?;
        let result = publish::result(&command, row, outcome, measured.as_ref(), at);
        let mut ledger = self.ledger(session, at, context)?;
        ledger.ledger.settle(row.intervention.command);
        if let Some(measured) = &measured
            && publish::lesson(&command, row, outcome, measured) == Lesson::Arm
        {
            let expected = publish::expected(&command, row.intervention.kind);
            let reward = measured.reward(command.policy.control_mean);
            ledger.offsets = ledger.offsets.with(row.intervention.kind, reward, expected);
        }
        self.keep_ledger(session, &ledger, context)?;
        context.count("results", 1);
        let trace = self.trace(session, row.intervention.command, context)?;
        let result = Traced { value: result, trace };
        context.forward(self.outputs.results, Record::new(session.clone(), result, at))
    }
}

/// The values that an outcome is measured from.
pub(super) fn values(evaluation: &Evaluation) -> TickValues {
    TickValues {
        score: evaluation.score,
        core_90s: evaluation.core_90s,
        organic_core_90s: evaluation.core_90s_organic,
        organic_core_90s_without_chat: evaluation.core_90s_organic_without_chat,
    }
}

/// A command as it was published last.
fn read(row: &CommandRow) -> Result<InterventionCommand, ProcessError> {
    codec::decode(&row.published.0).map_err(|error| ProcessError::Fatal(error.into()))
}

/// A command as it is kept.
pub(super) fn write(command: &InterventionCommand) -> Result<Published, ProcessError> {
    let mut bytes = Vec::new();
    codec::encode(command, Format::Avro, &mut bytes).map_err(|error| ProcessError::Fatal(error.into()))?;
    Ok(Published(bytes))
}

fn count(counted: Option<domain::intervention::Counted>, context: &mut Context<'_>) {
    if let Some(counted) = counted {
        context.count(counted.name(), 1);
    }
}
