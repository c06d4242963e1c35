//! Topic `intervention-commands`: what is proposed, approved, held out or cancelled, with all that the decision read.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::check::{self, Invalid};
use super::{CommandStatus, InterventionKind, Mode, Segment, Value, finite, named, topics};

/// A decision on one intervention.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InterventionCommand {
    /// The command's id: a function of session, tick and sequence.
    pub command: CompactString,
    /// The session.
    pub session: CompactString,
    /// The tick of the decision, in milliseconds since the epoch.
    pub at_ms: i64,
    /// What is to be done.
    #[serde(with = "named")]
    pub kind: InterventionKind,
    /// Which form of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<CompactString>,
    /// Whom it is meant for.
    pub target: CommandTarget,
    /// The kind's own parameters, by name.
    pub parameters: BTreeMap<CompactString, CompactString>,
    /// Probability that its arm is the best.
    #[serde(with = "finite")]
    pub confidence: f64,
    /// Probability that its arm was drawn.
    #[serde(with = "finite")]
    pub propensity: f64,
    /// Probability that the episode was held out.
    #[serde(with = "finite")]
    pub holdout_probability: f64,
    /// The situation that is learned under.
    pub context_key: CompactString,
    /// Why, in words with numbers.
    pub reason: CompactString,
    /// It must not be run later than this, in milliseconds since the epoch.
    pub expires_at_ms: i64,
    /// How far it has come.
    #[serde(with = "named")]
    pub status: CommandStatus,
    /// The mode in which it was decided.
    #[serde(with = "named")]
    pub mode: Mode,
    /// The content as a person edited it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<CompactString>,
    /// Who decided on the proposal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<CompactString>,
    /// When, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at_ms: Option<i64>,
    /// What the decision read: it is a pure function of this.
    pub policy: CommandPolicy,
    /// What the content needs to know.
    pub context: CommandContext,
}

/// Whom a command is meant for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandTarget {
    /// The segment.
    #[serde(with = "named")]
    pub segment: Segment,
    /// Its members one by one, where they are few.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<Vec<CompactString>>,
}

/// What a decision read of the policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandPolicy {
    /// The version of the policy.
    pub version: i64,
    /// The applicable arms, after back-off and session offset.
    pub arms: Vec<PolicyEstimate>,
    /// What happens without an intervention, on average.
    #[serde(with = "finite")]
    pub control_mean: f64,
    /// The tick that seeds the draw of the arm, in milliseconds since the epoch.
    pub seed_ms: i64,
    /// The tick that seeds the draw of the hold-out: the episode's first, in milliseconds since the epoch.
    pub episode_ms: i64,
}

/// What is believed of one arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyEstimate {
    /// The arm.
    pub arm: CompactString,
    /// Mean of its reward.
    #[serde(with = "finite")]
    pub mean: f64,
    /// Standard deviation of that mean.
    #[serde(with = "finite")]
    pub sd: f64,
    /// How many results it rests on; they fade, so it is no whole number.
    #[serde(with = "finite")]
    pub n: f64,
}

/// What the content of an intervention needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandContext {
    /// The session's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<CompactString>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<CompactString>,
    /// The last messages, oldest first.
    pub messages: Vec<RecentMessage>,
}

/// One of the last messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentMessage {
    /// When it was written, in milliseconds since the epoch.
    pub at_ms: i64,
    /// Who wrote it; an opaque id.
    pub user: CompactString,
    /// The text, cut.
    pub text: CompactString,
}

impl Value for InterventionCommand {
    const RECORD: &'static str = "InterventionCommand";
    const TOPIC: &'static str = topics::INTERVENTION_COMMANDS;
    const SCHEMA: &'static str = include_str!("../../../schemas/command.avsc");

    fn validate(&self) -> Result<(), Invalid> {
        check::not_empty("command", &self.command)?;
        check::not_empty("session", &self.session)?;
        check::at_most("users", self.target.users.as_ref().map_or(0, Vec::len), check::TARGET_USERS_MAX)?;
        check::at_most("parameters", self.parameters.len(), check::PARAMETERS_MAX)?;
        check::at_most("messages", self.context.messages.len(), check::RECENT_MESSAGES_MAX)
    }
}
