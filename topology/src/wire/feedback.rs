//! Topic `intervention-feedback`: what became of a command. Control records: they never advance stream time.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::check::{self, Invalid};
use super::{FeedbackKind, Value, finite, named, topics};

/// What became of one command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InterventionFeedback {
    /// What became of it.
    #[serde(with = "named")]
    pub kind: FeedbackKind,
    /// The producer's event id, for tracing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<CompactString>,
    /// The command.
    pub command: CompactString,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// How often it was tried.
    pub attempts: i32,
    /// What was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<CompactString>,
    /// Who wrote the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<CompactString>,
    /// Tokens that the provider read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_in: Option<i64>,
    /// Tokens that the provider wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_out: Option<i64>,
    /// What the provider charges, in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub cost_usd: Option<f64>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<CompactString>,
}

impl Value for InterventionFeedback {
    const RECORD: &'static str = "InterventionFeedback";
    const TOPIC: &'static str = topics::INTERVENTION_FEEDBACK;
    const SCHEMA: &'static str = include_str!("../../../schemas/feedback.avsc");

    fn validate(&self) -> Result<(), Invalid> {
        check::not_empty("command", &self.command)?;
        check::not_negative("attempts", Some(self.attempts))?;
        check::not_negative("tokens_in", self.tokens_in)?;
        check::not_negative("tokens_out", self.tokens_out)
    }
}
