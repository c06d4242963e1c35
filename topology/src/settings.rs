//! What can be set about the application's own logic; what is about running it belongs to the engine.

use domain::anomaly::DetectorSettings;
use domain::intervention::{DecisionSettings, Mode};

use crate::codec::Format;

/// How the policy is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Learning {
    /// Deciders read what was learned so far.
    #[default]
    Live,
    /// Deciders read an empty policy, for audits; learning itself goes on.
    Frozen,
}

/// The application's settings; the defaults are those of the documentation.
#[derive(Debug, Clone)]
pub struct ConductorSettings {
    /// The application's id: consumer group, prefix of internal topics, part of every seed.
    pub application_id: String,
    /// The detector's thresholds and times.
    pub detector: DetectorSettings,
    /// Budget, cooldown, hold-out, lives of commands.
    pub decision: DecisionSettings,
    /// The mode of a session until somebody sets another.
    pub mode: Mode,
    /// How the policy is used.
    pub learning: Learning,
    /// How what others read is written.
    pub formats: Formats,
}

/// How what others read is written, topic by topic. What only the application itself reads has formats of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formats {
    /// Topic `engagement-scores`.
    pub scores: Format,
    /// Topic `intervention-commands`.
    pub commands: Format,
    /// Topic `intervention-results`.
    pub results: Format,
}

impl Formats {
    /// One format for all topics.
    #[must_use]
    pub const fn all(format: Format) -> Self {
        Self { scores: format, commands: format, results: format }
    }
}

impl Default for ConductorSettings {
    fn default() -> Self {
        Self {
            application_id: String::from("conductor"),
            detector: DetectorSettings::default(),
            decision: DecisionSettings::default(),
            mode: Mode::Suggest,
            learning: Learning::Live,
            formats: Formats::all(Format::Avro),
        }
    }
}
