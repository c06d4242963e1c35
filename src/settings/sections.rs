//! The sections of the settings, but for the detector's. The unit stands last in a name.

use domain::intervention::DecisionSettings;
use domain::intervention::Mode;
use domain::intervention::ledger::DECISIONS_KEPT;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use topology::event_log::Speed;
use topology::wire::named;

use super::error::{OutOfRange, check};

/// Section `application`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EngineSection {
    /// How often a record has its effects: exactly_once_v2, or at_least_once, which repeats some after a failure.
    pub processing_guarantee: ProcessingGuarantee,
    /// How often what was computed is committed.
    pub commit_interval_ms: u64,
    /// Stream time goes on by itself once all inputs have been drained for this long; 0: never.
    pub idle_advance_ms: u64,
    /// Whether what was read of repartition topics is deleted; an audit wants to keep it.
    pub purge_repartition: bool,
    /// Partitions of each topic of the embedded broker, and of topics that `conductor topics create` makes.
    pub partitions: u32,
    /// Stream threads of `conductor run`; more than there are tasks do nothing.
    pub threads: u32,
    /// Names this process in the group. With a name, one per process and kept across restarts, its tasks wait for it while it
    /// restarts; without, one is made up and they go to the others at once.
    pub instance: String,
    /// Where states are kept: on a disk of this machine.
    pub state_dir: String,
    /// What states may take of the memory, all tasks together, in MiB.
    pub memory_mib: u64,
    /// A process that is silent for this long is out of the group.
    pub session_timeout_ms: u64,
    /// And one that hangs for this long, though it is not silent.
    pub max_poll_interval_ms: u64,
    /// The topics are looked at again so often: whether somebody has added partitions, or created one anew.
    pub metadata_max_age_ms: u64,
    /// The broker aborts a transaction that is open for longer.
    pub transaction_timeout_ms: u64,
    /// What becomes of the tasks when the process is stopped: leave (they go to the others), remain (they wait for it), or auto:
    /// remain with a name, leave without.
    pub shutdown_group: ShutdownGroup,
}

/// How often a record has its effects, in the names of Kafka Streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ProcessingGuarantee {
    /// Once: outputs, states and offsets are one transaction.
    #[default]
    #[serde(rename = "exactly_once_v2")]
    ExactlyOnceV2,
    /// Once, and some again after a failure. States may then hold a record twice.
    #[serde(rename = "at_least_once")]
    AtLeastOnce,
}

/// What becomes of the tasks of a process that is stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ShutdownGroup {
    /// Remain with a name, leave without.
    #[default]
    Auto,
    /// They go to the others at once.
    Leave,
    /// They wait for it until the session time-out.
    Remain,
}

impl Default for EngineSection {
    fn default() -> Self {
        Self {
            processing_guarantee: ProcessingGuarantee::default(),
            commit_interval_ms: 100,
            idle_advance_ms: 2_000,
            purge_repartition: true,
            partitions: 6,
            threads: 1,
            instance: String::new(),
            state_dir: "state".into(),
            memory_mib: 256,
            session_timeout_ms: 45_000,
            max_poll_interval_ms: 300_000,
            metadata_max_age_ms: 60_000,
            transaction_timeout_ms: 10_000,
            shutdown_group: ShutdownGroup::default(),
        }
    }
}

impl EngineSection {
    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        check((1..=60_000).contains(&self.commit_interval_ms), "engine.commit_interval_ms", "1 to 60000")?;
        let idle = self.idle_advance_ms == 0 || (100..=60_000).contains(&self.idle_advance_ms);
        check(idle, "engine.idle_advance_ms", "100 to 60000, or 0 for never")?;
        check((1..=1_024).contains(&self.partitions), "engine.partitions", "1 to 1024")?;
        check((1..=64).contains(&self.threads), "engine.threads", "1 to 64")?;
        let named = self.instance.len() <= 100
            && self.instance.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        check(named, "engine.instance", "at most 100 letters, digits, dots, underscores or hyphens, or nothing")?;
        check(!self.state_dir.is_empty(), "engine.state_dir", "a folder on a disk of this machine")?;
        check((16..=1 << 20).contains(&self.memory_mib), "engine.memory_mib", "16 to 1048576")?;
        let sessions = 1_000..=self.max_poll_interval_ms.max(1_000);
        check(
            sessions.contains(&self.session_timeout_ms),
            "engine.session_timeout_ms",
            "1000 to max_poll_interval_ms",
        )?;
        check(self.max_poll_interval_ms <= 86_400_000, "engine.max_poll_interval_ms", "at most a day, 86400000")?;
        let ages = 1_000..=86_400_000;
        check(ages.contains(&self.metadata_max_age_ms), "engine.metadata_max_age_ms", "1000 to a day, 86400000")?;
        let transactions = 1_000..=900_000;
        check(transactions.contains(&self.transaction_timeout_ms), "engine.transaction_timeout_ms", "1000 to 900000")?;
        let fits = self.commit_interval_ms * 2 <= self.transaction_timeout_ms;
        check(fits, "engine.transaction_timeout_ms", "at least twice engine.commit_interval_ms")
    }
}

/// Section `http`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSection {
    /// Where health, metrics and tasks are shown; nobody beyond this machine sees them unless this says so.
    pub listen: String,
    /// A thread that has made no round for this long hangs: the process is no longer alive, and ends so that it is started anew.
    pub stalled_after_ms: u64,
}

impl Default for HttpSection {
    fn default() -> Self {
        Self { listen: "127.0.0.1:8090".into(), stalled_after_ms: 120_000 }
    }
}

impl HttpSection {
    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        let known = self.listen.parse::<std::net::SocketAddr>().is_ok();
        check(known, "http.listen", "an address and a port, such as 127.0.0.1:8090 or [::]:8090")?;
        check(self.stalled_after_ms >= 10_000, "http.stalled_after_ms", "10000 or more")
    }
}

/// Section `decision`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DecisionSection {
    /// The mode of a session for which nobody set one: off, suggest, assist or auto.
    #[serde(with = "named")]
    #[schemars(with = "String")]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Learning {
    /// What was learned up to now.
    #[default]
    Live,
    /// What was known at the start, for audits; learning itself goes on.
    Frozen,
}

/// Section `policy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PolicySection {
    /// What the deciders read: live or frozen.
    pub learning: Learning,
}

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DemoSection {
    /// The same seed shows the same sessions.
    pub seed: u64,
    /// How many sessions are simulated.
    pub sessions: u32,
    /// How many times faster than life, or `max`.
    #[schemars(with = "String")]
    pub speed: Speed,
    /// The mode of the simulated sessions, where nobody sits to approve: off, suggest, assist or auto.
    #[serde(with = "named")]
    #[schemars(with = "String")]
    pub mode: Mode,
    /// Whether there is a page to watch it on, with an executor that calls the platform over HTTP. At speed `max` there is none.
    pub dashboard: bool,
    /// The port of that page on this machine; 0: one that is free.
    pub port: u16,
    /// Whether, on a terminal, the page stays when the story is over.
    pub stay: bool,
}

impl Default for DemoSection {
    fn default() -> Self {
        Self {
            seed: 7,
            sessions: 6,
            speed: Speed::Times(20.0),
            mode: Mode::Auto,
            dashboard: true,
            port: 8092,
            stay: true,
        }
    }
}

impl DemoSection {
    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        check((1..=200).contains(&self.sessions), "demo.sessions", "1 to 200")
    }

    /// Whether there is a page: nobody could follow one at full speed.
    #[must_use]
    pub fn has_dashboard(&self) -> bool {
        self.dashboard && self.speed != Speed::Max
    }
}
