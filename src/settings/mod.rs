//! What an operator may set: one documented struct per section, and where each value came from.
//!
//! Defaults < a TOML file < `CONDUCTOR__SECTION__KEY` < flags. A key that nobody knows is refused, never ignored: a misspelt
//! limit that silently stays at its default is worse than no start.
//!
//! # Layout
//! - [`sections`], [`content`], [`dashboard`], [`detector`], [`mod@executor`], [`history`], [`mod@kafka`], [`output`], [`registry`]: the
//!   settings themselves
//! - [`layers`]: how the layers are put on each other
//! - [`mod@file`], [`environment`]: two of those layers
//! - [`error`]: what is refused, and the remedy
//! - [`secret`]: values that are read from files of their own and never shown
//! - [`show`]: the table of `conductor config show`; [`describe`]: what each key means
//!
//! What this is NOT: components. Clocks, stores and brokers are passed as values.

use std::path::PathBuf;

mod conductor;
pub mod content;
pub mod dashboard;
pub mod detector;
pub mod executor;
pub mod history;
pub mod kafka;
pub mod output;
pub mod registry;
pub mod sections;
pub mod telemetry;

pub mod error;
pub mod layers;

pub mod describe;
pub mod environment;
pub mod file;
pub mod secret;
pub mod show;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use conductor::conductor_settings;
pub use content::{ContentSection, ModelSection};
pub use dashboard::DashboardSection;
pub use detector::DetectorSection;
pub use error::SettingsError;
pub use executor::{DatabaseSection, ExecutorSection};
pub use history::HistorySection;
pub use kafka::KafkaSection;
pub use layers::{Given, Origin, Row};
pub use output::{OutputFormat, OutputSection, TopicFormat};
pub use registry::RegistrySection;
pub use sections::{
    ApplicationSection, DecisionSection, DemoSection, EngineSection, HttpSection, Learning, LogFormat, LogSection,
    PolicySection, ProcessingGuarantee, ShutdownGroup,
};
pub use telemetry::TelemetrySection;

use error::OutOfRange;

/// Read when no file is named and this one is there.
pub const DEFAULT_FILE: &str = "conductor.toml";

/// All settings, by section.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Who this application is.
    pub application: ApplicationSection,
    /// How the cluster is reached.
    pub kafka: KafkaSection,
    /// How records are processed.
    pub engine: EngineSection,
    /// How what others read is written.
    pub output: OutputSection,
    /// Where schemas are registered.
    pub registry: RegistrySection,
    /// What is shown of the process, and where.
    pub http: HttpSection,
    /// Who carries commands out.
    pub executor: ExecutorSection,
    /// Who writes what is said.
    pub content: ContentSection,
    /// What people see, and who may act.
    pub dashboard: DashboardSection,
    /// What survives a kill of the executor.
    pub database: DatabaseSection,
    /// What is kept of what happened.
    pub history: HistorySection,
    /// Who collects traces.
    pub telemetry: TelemetrySection,
    /// When to act, and how long a command lives.
    pub decision: DecisionSection,
    /// What counts as wrong.
    pub detector: DetectorSection,
    /// What the deciders learn from.
    pub policy: PolicySection,
    /// What is logged.
    pub log: LogSection,
    /// The simulated sessions of `conductor demo`.
    pub demo: DemoSection,
}

impl Settings {
    fn validate(&self) -> Result<(), OutOfRange> {
        self.application.validate()?;
        self.kafka.validate()?;
        self.engine.validate()?;
        self.registry.validate()?;
        self.http.validate()?;
        self.executor.validate()?;
        self.content.validate()?;
        self.dashboard.validate()?;
        self.database.validate()?;
        self.history.validate()?;
        self.telemetry.validate()?;
        self.decision.validate()?;
        self.detector.validate()?;
        self.log.validate()?;
        self.demo.validate()
    }
}

/// The settings, and what each of them came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What is in force.
    pub settings: Settings,
    /// Every key in the order of the sections, with its value and its origin.
    pub rows: Vec<Row>,
}

/// Where settings may come from, besides the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file that was named; without one [`DEFAULT_FILE`] is read if it is there.
    pub file: Option<PathBuf>,
    /// The environment's variables; those without the prefix are ignored.
    pub environment: Vec<(String, String)>,
    /// What the flags said.
    pub flags: Vec<Given>,
}

/// Puts the layers on each other and checks the result.
///
/// # Errors
/// Names the key that is refused, where it came from, and the remedy.
pub fn load(sources: Sources) -> Result<Loaded, SettingsError> {
    let mut given = match file::locate(sources.file) {
        Some(path) => file::read(&path)?,
        None => Vec::new(),
    };
    given.extend(environment::given(sources.environment));
    given.extend(sources.flags);

    let (settings, rows) = layers::apply(&Settings::default(), given)?;
    match settings.validate() {
        Ok(()) => Ok(Loaded { settings, rows }),
        Err(out_of_range) => Err(out_of_range.blame(&rows)),
    }
}
