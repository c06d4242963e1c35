//! Decide: each tick goes through the detector; an alarm may become a command; a command is followed to its one result.
//!
//! This node is the only writer of a session's decisions. What people and the executor say arrives as moments, too.

mod act;
mod follow;
mod publish;
mod rows;
mod traces;

use domain::anomaly::{Anomaly, DetectorInput, Terms};
use domain::intervention::{Event, Feedback, Mode};
use domain::time::Millis;
use streams::global::GlobalHandle;
use streams::processor::{Context, ProcessError, Processor};
use streams::record::Record;
use streams::topology::{Edge, StoreHandle};

use crate::event::SessionId;
use crate::moment::{Moment, Tick};
use crate::rows::decided::TickRow;
use crate::rows::key;
use crate::settings::ConductorSettings;
use crate::stores::{Scratch, Stores, load, save};
use crate::tables::PolicyGlobal;
use crate::trace::Traced;
use crate::wire::{EngagementScore, InterventionCommand, InterventionResult};

/// What the node writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outputs {
    pub(crate) scores: Edge<SessionId, EngagementScore>,
    pub(crate) commands: Edge<SessionId, Traced<InterventionCommand>>,
    pub(crate) results: Edge<SessionId, Traced<InterventionResult>>,
}

/// The processor.
pub(crate) struct Decide {
    stores: Stores,
    /// The store of decisions.
    interventions: StoreHandle,
    outputs: Outputs,
    policy: GlobalHandle<PolicyGlobal>,
    settings: ConductorSettings,
    scratch: Scratch,
    /// The reason of the newest alarm, in words.
    reason: String,
}

impl Decide {
    pub(crate) fn new(
        stores: Stores,
        interventions: StoreHandle,
        outputs: Outputs,
        policy: GlobalHandle<PolicyGlobal>,
        settings: ConductorSettings,
    ) -> Self {
        Self { stores, interventions, outputs, policy, settings, scratch: Scratch::default(), reason: String::new() }
    }
}

impl Processor for Decide {
    type Key = SessionId;
    type Value = Moment;

    fn process(&mut self, record: Record<SessionId, Moment>, context: &mut Context<'_>) -> Result<(), ProcessError> {
        let Record { key: session, value: moment, timestamp_ms } = record;
        // Control records come from other clocks: what they change, changes at the stream's time.
        let now = context.stream_time().unwrap_or(timestamp_ms);
        match moment {
            Moment::Tick(tick) => self.tick(&session, &tick, context),
            Moment::Over => self.tell_open(&session, Event::Ended, timestamp_ms, context),
            Moment::Forgotten => self.forget(&session, context),
            Moment::Mode(mode) => self.set_mode(&session, mode, now, context),
            Moment::Paused => self.set_paused(&session, true, now, context),
            Moment::Resumed => self.set_paused(&session, false, now, context),
            Moment::Decided(decided) => self.decided(&session, &decided, now, context),
            Moment::Feedback(feedback) => {
                let event = Event::Feedback(feedback.kind);
                if feedback.kind == Feedback::Executed {
                    context.count("feedback_executed", 1);
                }
                self.follow_trace(&session, &feedback.command, context)?;
                self.tell(&session, &feedback.command, event, now, context)
            }
        }
    }

    /// The one timer of this node: what was said of a session that did not come is given up. One that did come is given up
    /// when the perceiving half gives it up.
    fn on_timer(&mut self, _: i64, key: &[u8], context: &mut Context<'_>) -> Result<(), ProcessError> {
        let Ok(session) = core::str::from_utf8(key) else { return Ok(()) };
        if self.is_known(session, context)? { Ok(()) } else { self.forget(session, context) }
    }
}

impl Decide {
    fn tick(&mut self, session: &SessionId, tick: &Tick, context: &mut Context<'_>) -> Result<(), ProcessError> {
        let evaluation = &tick.evaluation;
        let at = evaluation.at;
        key::session(session, &mut self.scratch.key);
        let stored: Option<TickRow> = load(context, self.stores.ticks, &self.scratch.key)?;
        let mut row = stored.unwrap_or_else(|| TickRow { first_tick: at, ..TickRow::default() });
        let anomaly = row.detector.evaluate(&input(tick, row.first_tick), &self.settings.detector);
        save(context, self.stores.ticks, &self.scratch.key, &row, &mut self.scratch.value)?;

        self.reason.clear();
        anomaly.write_reason(&mut self.reason);
        let score = publish::score(session, evaluation, &anomaly, &self.reason);
        context.forward(self.outputs.scores, Record::new(session.clone(), score, at))?;
        self.count(&anomaly, context);

        self.follow(session, evaluation, context)?;
        self.act(session, tick, &anomaly, context)
    }

    fn count(&self, anomaly: &Anomaly, context: &mut Context<'_>) {
        context.count("ticks", 1);
        if let Some(domain::anomaly::EpisodeEvent::Opened(_)) = anomaly.event {
            context.count("alarms", 1);
        }
    }

    fn set_mode(
        &mut self,
        session: &SessionId,
        mode: Mode,
        now: Millis,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let mut row = self.ledger(session, now, context)?;
        row.ledger.mode = mode;
        self.keep_ledger(session, &row, context)?;
        match Event::of_mode(mode) {
            Some(event) => self.tell_open(session, event, now, context),
            None => Ok(()),
        }
    }

    fn set_paused(
        &mut self,
        session: &SessionId,
        paused: bool,
        now: Millis,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let mut row = self.ledger(session, now, context)?;
        row.ledger.paused = paused;
        self.keep_ledger(session, &row, context)?;
        if paused { self.tell_open(session, Event::Paused, now, context) } else { Ok(()) }
    }
}

/// What the detector is told of a tick.
fn input(tick: &Tick, first_tick: Millis) -> DetectorInput {
    let evaluation = &tick.evaluation;
    let place = &evaluation.place;
    DetectorInput {
        at: evaluation.at,
        started_at: first_tick,
        core: evaluation.core,
        core_90s: evaluation.core_90s,
        core_prior: evaluation.core_prior,
        core_prior_90s: evaluation.core_90s_prior,
        leaves_60s: u32::try_from(evaluation.leaves_explicit_60s).unwrap_or(u32::MAX),
        leaves_60s_expected: evaluation.leaves_expected_60s,
        people: evaluation.people,
        phase: place.phase,
        since_phase_change: place.since_change_ms,
        until_phase_change: place.to_boundary_ms,
        until_end: place.to_end_ms,
        terms: Terms { reactions: evaluation.terms.reactions, stay: evaluation.terms.stay },
        novelty: None,
        outage: tick.outage,
    }
}
