//! One tick of a session, as the chart draws it.

use serde::Serialize;
use topology::wire::{AnomalyClass, AnomalyLevel, EngagementScore, named};

/// One tick.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The tick, in milliseconds since the epoch.
    pub at_ms: i64,
    /// The score over 5 minutes, from 0 to 1.
    pub score: f64,
    /// The score over 90 seconds.
    pub score_90s: f64,
    /// How serious it is.
    #[serde(with = "named")]
    pub level: AnomalyLevel,
    /// What is wrong.
    pub class: Option<AnomalyClass>,
    /// People who are there.
    pub people: i64,
    /// Messages per minute.
    pub chat: Option<f64>,
    /// Reactions per minute.
    pub reactions: Option<f64>,
    /// The share that votes.
    pub poll: Option<f64>,
    /// People who leave, per minute.
    pub leave: Option<f64>,
}

impl Point {
    /// The tick that a score is of.
    #[must_use]
    pub fn of(score: &EngagementScore) -> Self {
        let signals = &score.signals;
        Self {
            at_ms: score.at_ms,
            score: score.score,
            score_90s: score.score_90s,
            level: score.anomaly.level,
            class: score.anomaly.class,
            people: score.people,
            chat: signals.chat_per_min,
            reactions: signals.reactions_per_min,
            poll: signals.poll_participation,
            leave: signals.leave_per_min,
        }
    }
}
