//! The sections of the settings, but for the detector's. The unit stands last in a name.

use domain::intervention::DecisionSettings;
use domain::intervention::Mode;
use domain::intervention::ledger::DECISIONS_KEPT;
use serde::{Deserialize, Serialize};
use topology::wire::named;

use super::error::{OutOfRange, check};
use crate::clock::Speed;

/// Section `application`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApplicationSection {
    /// Names the consumer group, the internal topics and the transactions; two deployments on one cluster need two ids.
    pub id: String,
}

impl Default for ApplicationSection {
    fn default() -> Self {
        Self { id: "engagement-conductor".into() }
    }
}

impl ApplicationSection {
    /// The longest id; internal topics put a store's name behind it, and a topic's name has at most 249 characters.
    const ID_CHARS_MAX: usize = 100;

    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        let fits = !self.id.is_empty() && self.id.len() <= Self::ID_CHARS_MAX;
        let allowed = self.id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        check(fits && allowed, "application.id", "1 to 100 letters, digits, dots, underscores or hyphens")
    }
}

/// Section `engine`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineSection {
    /// How often what was computed is committed.
    pub commit_interval_ms: u64,
    /// Stream time goes on by itself once all inputs have been drained for this long.
    pub idle_advance_ms: u64,
    /// Partitions of each topic of the embedded broker.
    pub partitions: u32,
}

impl Default for EngineSection {
    fn default() -> Self {
        Self { commit_interval_ms: 100, idle_advance_ms: 2_000, partitions: 6 }
    }
}

impl EngineSection {
    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        check((1..=60_000).contains(&self.commit_interval_ms), "engine.commit_interval_ms", "1 to 60000")?;
        check((100..=60_000).contains(&self.idle_advance_ms), "engine.idle_advance_ms", "100 to 60000")?;
        check((1..=1_024).contains(&self.partitions), "engine.partitions", "1 to 1024")
    }
}

/// Section `decision`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DecisionSection {
    /// The mode of a session for which nobody set one: off, suggest, assist or auto.
    #[serde(with = "named")]
    pub mode: Mode,
    /// A warning acts when the 5-minute score is below this; a critical alarm always acts.
    pub warning_score_max: f64,
    /// Decisions in any `budget_span_ms` of a session, controls included.
    pub budget: usize,
    /// The span that the budget is for.
    pub budget_span_ms: u64,
    /// How long a kind of intervention rests after it was used.
    pub cooldown_ms: u64,
    /// Share of episodes that are not acted on, so that success can be told from luck.
    pub hold_out: f64,
    /// In assist mode a prompt or a nudge runs at once with at least this confidence.
    pub assist_confidence: f64,
    /// How long a proposal waits for a person.
    pub proposal_life_ms: u64,
    /// How long an approved command may wait to be executed.
    pub approved_life_ms: u64,
    /// How long after its expiry a command's feedback is waited for.
    pub feedback_grace_ms: u64,
}

impl Default for DecisionSection {
    fn default() -> Self {
        let settings = DecisionSettings::default();
        Self {
            mode: Mode::Suggest,
            warning_score_max: settings.warning_score_max,
            budget: settings.budget,
            budget_span_ms: settings.budget_span.unsigned_abs(),
            cooldown_ms: settings.cooldown.unsigned_abs(),
            hold_out: settings.hold_out,
            assist_confidence: settings.assist_confidence,
            proposal_life_ms: settings.proposal_life.unsigned_abs(),
            approved_life_ms: settings.approved_life.unsigned_abs(),
            feedback_grace_ms: settings.feedback_grace.unsigned_abs(),
        }
    }
}

impl DecisionSection {
    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        let share = |value: f64| (0.0..=1.0).contains(&value);
        check(share(self.warning_score_max), "decision.warning_score_max", "0 to 1")?;
        check(self.budget <= DECISIONS_KEPT, "decision.budget", "0 to 6: a session remembers six decisions")?;
        check(self.budget_span_ms > 0, "decision.budget_span_ms", "more than 0")?;
        check((0.0..1.0).contains(&self.hold_out), "decision.hold_out", "0 to less than 1")?;
        check(share(self.assist_confidence), "decision.assist_confidence", "0 to 1")?;
        check(self.proposal_life_ms > 0, "decision.proposal_life_ms", "more than 0")?;
        check(self.approved_life_ms > 0, "decision.approved_life_ms", "more than 0")
    }

    /// In the domain's own words.
    #[must_use]
    pub fn to_domain(&self) -> DecisionSettings {
        DecisionSettings {
            warning_score_max: self.warning_score_max,
            budget: self.budget,
            budget_span: millis(self.budget_span_ms),
            cooldown: millis(self.cooldown_ms),
            hold_out: self.hold_out,
            assist_confidence: self.assist_confidence,
            proposal_life: millis(self.proposal_life_ms),
            approved_life: millis(self.approved_life_ms),
            feedback_grace: millis(self.feedback_grace_ms),
        }
    }
}

/// A span of the settings as a span of event time.
pub(super) fn millis(span_ms: u64) -> domain::time::Millis {
    i64::try_from(span_ms).unwrap_or(i64::MAX)
}

/// What the deciders read of the policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Learning {
    /// What was learned up to now.
    #[default]
    Live,
    /// What was known at the start, for audits; learning itself goes on.
    Frozen,
}

/// Section `policy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicySection {
    /// What the deciders read: live or frozen.
    pub learning: Learning,
}

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

impl LogFormat {
    /// As it is set.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// Section `log`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSection {
    /// What is logged: error, warn, info, debug or trace, also per module (`info,streams=debug`).
    pub level: String,
    /// How: text or json.
    pub format: LogFormat,
}

impl Default for LogSection {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::default() }
    }
}

impl LogSection {
    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        let known = tracing_subscriber::EnvFilter::try_new(&self.level).is_ok();
        check(
            known && !self.level.is_empty(),
            "log.level",
            "error, warn, info, debug or trace, or a list like info,streams=debug",
        )
    }
}

/// Section `demo`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DemoSection {
    /// The same seed shows the same sessions.
    pub seed: u64,
    /// How many sessions are simulated.
    pub sessions: u32,
    /// How many times faster than life, or `max`.
    pub speed: Speed,
    /// The mode of the simulated sessions, where nobody sits to approve: off, suggest, assist or auto.
    #[serde(with = "named")]
    pub mode: Mode,
}

impl Default for DemoSection {
    fn default() -> Self {
        Self { seed: 7, sessions: 6, speed: Speed::Times(20.0), mode: Mode::Auto }
    }
}

impl DemoSection {
    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        check((1..=200).contains(&self.sessions), "demo.sessions", "1 to 200")
    }
}
