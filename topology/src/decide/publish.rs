//! What is published: scores, commands and results in the words of the wire.

use core::fmt::Write as _;

use compact_str::{CompactString, ToCompactString};
use domain::anomaly::Anomaly;
use domain::bandit::{self, Lesson};
use domain::context::{AnomalyClass, ContextKey, InterventionKind};
use domain::intervention::{Intervention, Mode, Outcome, Status, Variant};
use domain::outcome::Measured;
use domain::tick::Evaluation;
use domain::time::Millis;

use super::act::Decided;
use crate::rows::decided::CommandRow;
use crate::rows::perceived::Texts;
use crate::wire;

/// The record of a tick.
pub(super) fn score(session: &str, evaluation: &Evaluation, anomaly: &Anomaly, reason: &str) -> wire::EngagementScore {
    let (terms, baseline) = (&evaluation.terms, &evaluation.baseline);
    wire::EngagementScore {
        session: session.into(),
        at_ms: evaluation.at,
        score: evaluation.score,
        score_90s: evaluation.score_90s,
        core: evaluation.core,
        core_90s: evaluation.core_90s,
        band: evaluation.band,
        people: i64::from(evaluation.people),
        anomaly: wire::Anomaly {
            score: anomaly.score,
            level: anomaly.level,
            class: class(anomaly),
            expected: Some(anomaly.expected),
            deviation_sd: Some(anomaly.deviation_sd),
            parts: parts(anomaly),
            reason: (!reason.is_empty()).then(|| reason.into()),
        },
        signals: signals(evaluation),
        terms: wire::ScoreTerms {
            chat: Some(terms.chat),
            poll: terms.poll,
            active: Some(terms.active),
            reactions: Some(terms.reactions),
            stay: Some(terms.stay),
        },
        baseline: wire::ScoreBaseline {
            version: i64::try_from(baseline.version).unwrap_or(i64::MAX),
            chat: baseline.rates.chat,
            poll: baseline.rates.poll,
            active: baseline.rates.active_long,
            reactions: baseline.rates.reactions,
            stay: baseline.rates.stay,
        },
    }
}

fn class(anomaly: &Anomaly) -> Option<wire::AnomalyClass> {
    if anomaly.insufficient_data {
        return Some(wire::AnomalyClass::InsufficientData);
    }
    Some(match anomaly.class? {
        AnomalyClass::SuddenDrop => wire::AnomalyClass::SuddenDrop,
        AnomalyClass::GradualDecline => wire::AnomalyClass::GradualDecline,
        AnomalyClass::LowEngagement => wire::AnomalyClass::LowEngagement,
        AnomalyClass::MassExit => wire::AnomalyClass::MassExit,
    })
}

fn parts(anomaly: &Anomaly) -> Vec<wire::AnomalyPart> {
    let fired = anomaly.parts.iter().filter(|reading| reading.fired());
    fired.map(|reading| wire::AnomalyPart { name: reading.part.name().into(), score: reading.score() }).collect()
}

fn signals(evaluation: &Evaluation) -> wire::Signals {
    let signals = &evaluation.signals;
    wire::Signals {
        chat_per_min: Some(signals.chat_per_min),
        reactions_per_min: Some(signals.reactions_per_min),
        poll_participation: signals.poll_participation,
        questions_per_min: Some(signals.questions_per_min),
        active_users: i64::try_from(signals.active_users).ok(),
        present_users: Some(i64::from(signals.present_users)),
        join_per_min: Some(signals.join_per_min),
        leave_per_min: Some(signals.leave_per_min),
        presence_s_mean: signals.presence_s_mean,
        focused_share: signals.focused_share,
        response_s_median: signals.response_s_median,
        words_per_min: signals.words_per_min,
        slides_per_min: Some(signals.slides_per_min),
        phase: Some(signals.phase),
        elapsed_s: Some(signals.elapsed_s),
    }
}

/// The record of a decision.
pub(super) fn command(
    decided: &Decided<'_>,
    intervention: &Intervention,
    status: Status,
    mode: Mode,
    hold_out: f64,
) -> wire::InterventionCommand {
    let (choice, draw) = (&decided.choice, &decided.draw);
    wire::InterventionCommand {
        command: intervention.command.id(decided.session).into(),
        session: decided.session.clone(),
        at_ms: decided.evaluation.at,
        kind: choice.kind,
        variant: choice.variant.map(|variant| variant.name().into()),
        target: wire::CommandTarget { segment: choice.target, users: None },
        parameters: parameters(decided),
        confidence: draw.confidence,
        propensity: draw.propensity,
        holdout_probability: hold_out,
        context_key: decided.key.to_compact_string(),
        reason: reason(decided),
        expires_at_ms: intervention.expires_at,
        status,
        mode,
        content: None,
        decided_by: None,
        decided_at_ms: None,
        policy: policy(&decided.block),
        context: context(&decided.texts),
    }
}

/// Why, in one sentence with numbers.
fn reason(decided: &Decided<'_>) -> CompactString {
    let mut words = String::new();
    let evaluation = decided.evaluation;
    let arms = decided.block.beliefs().count();
    // Writing to a String can not fail.
    let _ = write!(
        words,
        "{} with {} people and a score of {:.2}: {}; {} is the best of {arms} with probability {:.2}",
        decided.key.anomaly,
        evaluation.people,
        evaluation.score,
        decided.reason,
        decided.choice.kind,
        decided.draw.confidence,
    );
    words.into()
}

fn parameters(decided: &Decided<'_>) -> std::collections::BTreeMap<CompactString, CompactString> {
    let mut parameters = std::collections::BTreeMap::new();
    parameters.insert("anomaly".into(), decided.key.anomaly.name().into());
    if decided.choice.variant == Some(Variant::SurfaceBest)
        && let Some(question) = &decided.question
    {
        parameters.insert("question".into(), question.as_str().into());
    }
    parameters
}

fn policy(block: &bandit::PolicyBlock) -> wire::CommandPolicy {
    let arms = block.beliefs().map(|(kind, belief)| wire::PolicyEstimate {
        arm: kind.name().into(),
        mean: belief.mean,
        sd: belief.sd,
        n: belief.n,
    });
    wire::CommandPolicy {
        version: i64::try_from(block.version).unwrap_or(i64::MAX),
        arms: arms.collect(),
        control_mean: block.control_mean,
        seed_ms: block.seed_ms,
        episode_ms: block.episode_ms,
    }
}

fn context(texts: &Texts) -> wire::CommandContext {
    let message = |text: &crate::rows::perceived::Text| wire::RecentMessage {
        at_ms: text.at,
        user: text.user.as_str().into(),
        text: text.text.as_str().into(),
    };
    wire::CommandContext {
        title: texts.title.as_deref().map(Into::into),
        topic: texts.topic.as_deref().map(Into::into),
        messages: texts.messages.iter().map(message).collect(),
    }
}

/// The record of a result.
pub(super) fn result(
    command: &wire::InterventionCommand,
    row: &CommandRow,
    outcome: Outcome,
    measured: Option<&Measured>,
    at: Millis,
) -> wire::InterventionResult {
    let measure = row.measure.as_ref();
    wire::InterventionResult {
        command: command.command.clone(),
        session: command.session.clone(),
        at_ms: at,
        context_key: command.context_key.clone(),
        kind: command.kind,
        variant: command.variant.clone(),
        propensity: command.propensity,
        treated: measure.is_some() && !row.intervention.held_out,
        held_out: row.intervention.held_out,
        waited: row.intervention.waited,
        outcome,
        started_ms: measure.map(|measure| measure.started_ms),
        score_before: measure.map(|measure| measure.score_before),
        score_after: measured.map(|measured| measured.score_after),
        change: measured.map(|measured| measured.change),
        reward: measured.map(|measured| measured.reward(command.policy.control_mean)),
        success: measured.map(|measured| measured.success),
        success_5min: measured.map(|measured| measured.success_5min),
    }
}

/// What the result teaches.
pub(super) fn lesson(
    command: &wire::InterventionCommand,
    row: &CommandRow,
    outcome: Outcome,
    measured: &Measured,
) -> Lesson {
    let Some(key) = ContextKey::parse(&command.context_key) else { return Lesson::Nothing };
    let result = bandit::InterventionResult {
        key,
        kind: command.kind,
        outcome,
        held_out: row.intervention.held_out,
        waited: row.intervention.waited,
        change: measured.change,
        reward: measured.reward(command.policy.control_mean),
        success: measured.success,
    };
    result.lesson()
}

/// What the command's block expected of its arm.
pub(super) fn expected(command: &wire::InterventionCommand, kind: InterventionKind) -> f64 {
    command.policy.arms.iter().find(|arm| arm.arm == kind.name()).map_or(0.0, |arm| arm.mean)
}
