//! From an alarm to a command: whether, what could be done, which of it, and who must agree.

use domain::anomaly::Anomaly;
use domain::bandit::{Choice as Draw, Names, Offsets, PolicyBlock, PolicyTable, choose, held_out};
use domain::context::{ContextKey, InterventionKind};
use domain::intervention::{
    Alarm, Applicable, Choice, Command, Intervention, Occasion, Questions, Segments, WhyNot, applicable, should_act,
    status_for,
};
use domain::outcome::Measure;
use domain::questions::Question;
use domain::tick::Evaluation;
use streams::processor::{Context, ProcessError};
use streams::record::Record;

use super::{Decide, follow, publish};
use crate::event::{SessionId, hash};
use crate::moment::Tick;
use crate::rows::decided::{CommandRow, LedgerRow};
use crate::rows::key;
use crate::rows::perceived::{self, Texts};
use crate::settings::Learning;
use crate::stores::load;
use crate::trace::Traced;

/// A decision: all that a command says of how it came about.
pub(super) struct Decided<'a> {
    pub(super) session: &'a SessionId,
    pub(super) evaluation: &'a Evaluation,
    pub(super) reason: &'a str,
    pub(super) key: ContextKey,
    pub(super) block: PolicyBlock,
    pub(super) draw: Draw,
    pub(super) choice: Choice,
    /// The id of the open question that most people support, if its id is known.
    pub(super) question: Option<String>,
    pub(super) texts: Texts,
}

impl Decide {
    pub(super) fn act(
        &mut self,
        session: &SessionId,
        tick: &Tick,
        anomaly: &Anomaly,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let evaluation = &tick.evaluation;
        let (Some(episode), Some(class)) = (anomaly.episode, anomaly.class) else { return Ok(()) };
        let at = evaluation.at;
        let mut ledger = self.ledger(session, at, context)?;
        let key = ContextKey {
            phase: evaluation.place.phase,
            session_type: evaluation.session_type,
            size: evaluation.size,
            anomaly: class,
        };
        let applicable = match self.could(tick, anomaly, &ledger, key) {
            Ok(applicable) => applicable,
            Err(why) => {
                context.count(why.name(), 1);
                return Ok(());
            }
        };
        let kinds: Vec<InterventionKind> = applicable.iter().map(|choice| choice.kind).collect();
        let block = match self.settings.learning {
            Learning::Live => {
                let policy = &context.global(self.policy)?.0;
                policy.block(&key, &kinds, &ledger.offsets, at, episode.started_at)
            }
            // The session's own offsets were learned, too.
            Learning::Frozen => PolicyTable::default().block(&key, &kinds, &Offsets::default(), at, episode.started_at),
        };
        let names = Names { application: &self.settings.application_id, session };
        let Some(draw) = choose(&block, names) else { return Ok(()) };
        let Some(choice) = applicable.get(draw.arm) else { return Ok(()) };
        let control = held_out(names, episode.started_at, self.settings.decision.hold_out);
        let texts = self.texts(session, context)?;
        let question = best_question(&tick.questions, &texts);
        let reason = core::mem::take(&mut self.reason);
        let decided = Decided { session, evaluation, reason: &reason, key, block, draw, choice, question, texts };
        let done = self.command_of(&decided, control, &mut ledger, context);
        self.reason = reason;
        done
    }

    fn could(&self, tick: &Tick, anomaly: &Anomaly, ledger: &LedgerRow, key: ContextKey) -> Result<Applicable, WhyNot> {
        let evaluation = &tick.evaluation;
        let alarm = Alarm { level: anomaly.level, episode_open: anomaly.episode.is_some(), score: evaluation.score };
        should_act(&alarm, &ledger.ledger, evaluation.at, &self.settings.decision)?;
        let open = u32::try_from(tick.questions.len()).unwrap_or(u32::MAX);
        let occasion = Occasion {
            phase: key.phase,
            session_type: key.session_type,
            class: key.anomaly,
            segments: Segments {
                disengaged: evaluation.crowd.disengaged,
                lurkers: evaluation.crowd.lurkers,
                first_time: evaluation.crowd.first_time,
            },
            questions: Questions { asked: tick.questions_asked, open },
        };
        applicable(&occasion, &ledger.ledger, evaluation.at, &self.settings.decision)
    }

    fn command_of(
        &mut self,
        decided: &Decided<'_>,
        control: bool,
        ledger: &mut LedgerRow,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let at = decided.evaluation.at;
        let (kind, settings) = (decided.choice.kind, &self.settings.decision);
        let command = Command { tick: at, sequence: 0 };
        let status = status_for(ledger.ledger.mode, control, kind, decided.draw.confidence, settings);
        let Some(status) = status else { return Ok(()) };
        let Some(intervention) = Intervention::new(command, kind, status, settings) else { return Ok(()) };
        let measure =
            intervention.measure_from().map(|from| Measure::start(kind, from, &follow::values(decided.evaluation)));
        let published = publish::command(decided, &intervention, status, ledger.ledger.mode, settings.hold_out);
        ledger.ledger.decide(command, kind, at);
        self.keep_ledger(decided.session, ledger, context)?;
        let row = CommandRow { intervention, measure, published: follow::write(&published)? };
        self.keep_command(decided.session, &row, context)?;
        context.count(status.name(), 1);
        let trace = self.begin_trace(decided.session, command, context)?;
        let published = Traced { value: published, trace };
        context.forward(self.outputs.commands, Record::new(decided.session.clone(), published, at))
    }

    fn texts(&mut self, session: &str, context: &mut Context<'_>) -> Result<Texts, ProcessError> {
        key::session_part(session, perceived::TEXTS, &mut self.scratch.key);
        Ok(load(context, self.stores.sessions, &self.scratch.key)?.unwrap_or_default())
    }
}

/// The domain knows votes and hashes of ids, the texts know the ids themselves. Of equals the newest.
fn best_question(open: &[Question], texts: &Texts) -> Option<String> {
    let id = |question: &Question| {
        let known = texts.questions.iter().find(|text| !text.id.is_empty() && hash(&text.id) == question.id)?;
        Some((question.upvotes, question.at, known.id.clone()))
    };
    open.iter().filter_map(id).max().map(|(_, _, id)| id)
}
