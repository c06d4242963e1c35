//! The learner: a fold of results over rows. Pure, so the posterior is a function of the log of results alone.

use super::{ControlRow, PolicyRow};
use crate::context::{ContextKey, InterventionKind};
use crate::outcome::Outcome;

/// What the learner reads of a record of `intervention-results`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InterventionResult {
    /// The situation at the decision.
    pub key: ContextKey,
    /// The arm; of a held-out episode the one that would have run.
    pub kind: InterventionKind,
    /// How the intervention ended.
    pub outcome: Outcome,
    /// Whether the episode was a control: no action was taken.
    pub held_out: bool,
    /// Whether a person had to approve it: such results are reported and do not teach.
    pub waited: bool,
    /// The change of engagement (see [`crate::outcome`]).
    pub change: f64,
    /// The change less the control mean of the command.
    pub reward: f64,
    /// Whether engagement rose by more than the threshold.
    pub success: bool,
}

/// What a result teaches: which of the two kinds of row it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lesson {
    /// The row of its context key.
    Arm,
    /// The control row of its anomaly class.
    Control,
    /// None: it was not measured, or had waited for a person (the moment that it was meant for had gone by).
    Nothing,
}

impl InterventionResult {
    /// Which row this result changes.
    #[must_use]
    pub fn lesson(&self) -> Lesson {
        match (self.outcome, self.waited, self.held_out) {
            (Outcome::Measured, false, true) => Lesson::Control,
            (Outcome::Measured, false, false) => Lesson::Arm,
            _ => Lesson::Nothing,
        }
    }
}

/// The row of the result's key after it, as of `version`; nothing if the result does not teach an arm.
#[must_use]
pub fn fold_arm(row: Option<&PolicyRow>, version: u64, result: &InterventionResult) -> Option<PolicyRow> {
    if result.lesson() != Lesson::Arm {
        return None;
    }
    let row = row.copied().unwrap_or_else(|| PolicyRow::empty(result.key));
    Some(row.with(version, result.kind, result.reward, result.success))
}

/// The control row of the result's anomaly class after it, as of `version`; nothing if the result is no control.
#[must_use]
pub fn fold_control(row: Option<&ControlRow>, version: u64, result: &InterventionResult) -> Option<ControlRow> {
    if result.lesson() != Lesson::Control {
        return None;
    }
    let row = row.copied().unwrap_or_else(|| ControlRow::empty(result.key.anomaly));
    Some(row.with(version, result.change))
}
