//! The settings of a decision.

use crate::time::{MINUTE, Millis, SECOND};

/// When to act, and how long a command lives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecisionSettings {
    /// A WARNING acts when the 5-min score (in `[0, 1]`) is below this; CRITICAL always acts.
    pub warning_score_max: f64,
    /// Decisions in any `budget_span`, controls included; at most [`super::ledger::DECISIONS_KEPT`].
    pub budget: usize,
    /// The span that the budget is for.
    pub budget_span: Millis,
    /// How long a kind rests after a decision for it.
    pub cooldown: Millis,
    /// Share of episodes that are controls, in `[0, 1]`.
    pub hold_out: f64,
    /// In assist mode a prompt or a nudge runs at once with at least this confidence, in `[0, 1]`.
    pub assist_confidence: f64,
    /// How long a proposal waits for a person.
    pub proposal_life: Millis,
    /// How long an approved command may wait to be executed.
    pub approved_life: Millis,
    /// How long after its expiry a command's feedback is waited for, in stream time.
    pub feedback_grace: Millis,
}

impl Default for DecisionSettings {
    fn default() -> Self {
        Self {
            warning_score_max: 0.5,
            budget: 6,
            budget_span: 60 * MINUTE,
            cooldown: 3 * MINUTE,
            hold_out: 0.12,
            assist_confidence: 0.6,
            proposal_life: 90 * SECOND,
            approved_life: 120 * SECOND,
            feedback_grace: 30 * SECOND,
        }
    }
}
