//! Outputs made up for tests.

use topology::wire::{
    Anomaly, AnomalyClass, AnomalyLevel, Band, CommandContext, CommandPolicy, CommandStatus, CommandTarget,
    EngagementScore, InterventionCommand, InterventionKind, InterventionResult, Mode, Outcome, ScoreBaseline,
    ScoreTerms, Segment, SessionPhase, Signals,
};

/// A calm score.
pub(crate) fn score(session: &str, at_ms: i64, score: f64) -> EngagementScore {
    let band = match score {
        low if low < 0.4 => Band::Low,
        fair if fair < 0.6 => Band::Fair,
        usual if usual < 0.8 => Band::Usual,
        _ => Band::High,
    };
    EngagementScore {
        session: session.into(),
        at_ms,
        score,
        score_90s: score,
        core: score,
        core_90s: score,
        band,
        people: 80,
        anomaly: Anomaly {
            score: 0.0,
            level: AnomalyLevel::None,
            class: None,
            expected: None,
            deviation_sd: None,
            parts: Vec::new(),
            reason: None,
        },
        signals: Signals { phase: Some(SessionPhase::Middle), ..Signals::default() },
        terms: ScoreTerms::default(),
        baseline: ScoreBaseline { version: 1, chat: 0.14, poll: 0.47, active: 0.65, reactions: 0.1, stay: 0.06 },
    }
}

/// A score with an alarm.
pub(crate) fn alarm(session: &str, at_ms: i64, level: AnomalyLevel, class: AnomalyClass) -> EngagementScore {
    let mut alarm = score(session, at_ms, 0.35);
    alarm.anomaly.level = level;
    alarm.anomaly.class = Some(class);
    alarm.anomaly.reason = Some("core 0.35 where 0.70 is usual, 4.8 sd below its own mean".into());
    alarm
}

/// A command of this status.
pub(crate) fn command(session: &str, at_ms: i64, kind: InterventionKind, status: CommandStatus) -> InterventionCommand {
    InterventionCommand {
        command: format!("{session}:{at_ms}:0").into(),
        session: session.into(),
        at_ms,
        kind,
        variant: None,
        target: CommandTarget { segment: Segment::Everyone, users: None },
        parameters: Default::default(),
        confidence: 0.62,
        propensity: 0.6,
        holdout_probability: 0.12,
        context_key: "middle_workshop_medium_SUDDEN_DROP".into(),
        reason: "sudden drop to 0.35; polls brought back 6 of 9 such sessions".into(),
        expires_at_ms: at_ms + 120_000,
        status,
        mode: Mode::Auto,
        content: None,
        decided_by: None,
        decided_at_ms: None,
        policy: CommandPolicy { version: 3, arms: Vec::new(), control_mean: 0.03, seed_ms: at_ms, episode_ms: at_ms },
        context: CommandContext::default(),
    }
}

/// The measured result of a command.
pub(crate) fn result(command: &InterventionCommand, change: f64) -> InterventionResult {
    InterventionResult {
        command: command.command.clone(),
        session: command.session.clone(),
        at_ms: command.at_ms + 180_000,
        context_key: command.context_key.clone(),
        kind: command.kind,
        variant: None,
        propensity: command.propensity,
        treated: command.status == CommandStatus::Approved,
        held_out: command.status == CommandStatus::HeldOut,
        waited: false,
        outcome: Outcome::Measured,
        started_ms: Some(command.at_ms),
        score_before: Some(0.35),
        score_after: Some(0.35 + change),
        change: Some(change),
        reward: Some(change - 0.03),
        success: Some(change > 0.1),
        success_5min: Some(change > 0.1),
    }
}
