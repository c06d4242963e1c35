//! Topic `intervention-results`: what an intervention, or its absence, changed.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::check::{self, Invalid};
use super::{InterventionKind, Outcome, Value, finite, named, topics};

/// What one command changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InterventionResult {
    /// The command.
    pub command: CompactString,
    /// The session.
    pub session: CompactString,
    /// The tick of the result, in milliseconds since the epoch.
    pub at_ms: i64,
    /// The situation that is learned under.
    pub context_key: CompactString,
    /// What was done.
    #[serde(with = "named")]
    pub kind: InterventionKind,
    /// Which form of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<CompactString>,
    /// Probability that its arm was drawn.
    #[serde(with = "finite")]
    pub propensity: f64,
    /// It was run.
    pub treated: bool,
    /// It was a control.
    pub held_out: bool,
    /// It waited for a person; then it is reported and does not teach.
    pub waited: bool,
    /// How it ended.
    #[serde(with = "named")]
    pub outcome: Outcome,
    /// The tick from which on it was measured (t0), in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_ms: Option<i64>,
    /// The score at t0.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub score_before: Option<f64>,
    /// The score after it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub score_after: Option<f64>,
    /// What changed, without the events that it caused itself.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub change: Option<f64>,
    /// The change less what happens without an intervention.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub reward: Option<f64>,
    /// The core score over 90 seconds rose by more than 0.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success: Option<bool>,
    /// The published score rose by more than 0.1; reported, no target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success_5min: Option<bool>,
}

impl Value for InterventionResult {
    const RECORD: &'static str = "InterventionResult";
    const TOPIC: &'static str = topics::INTERVENTION_RESULTS;
    const SCHEMA: &'static str = include_str!("../../../schemas/result.avsc");

    fn validate(&self) -> Result<(), Invalid> {
        check::not_empty("command", &self.command)?;
        check::not_empty("session", &self.session)?;
        match self.outcome {
            Outcome::Measured => {
                let outcome = self.outcome.name();
                check::present(outcome, "started_ms", self.started_ms.as_ref())?;
                check::present(outcome, "score_before", self.score_before.as_ref())?;
                check::present(outcome, "score_after", self.score_after.as_ref())?;
                check::present(outcome, "change", self.change.as_ref())?;
                check::present(outcome, "reward", self.reward.as_ref())?;
                check::present(outcome, "success", self.success.as_ref())?;
                check::present(outcome, "success_5min", self.success_5min.as_ref())
            }
            _ => Ok(()),
        }
    }
}
