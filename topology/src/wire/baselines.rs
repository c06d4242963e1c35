//! Topic `baselines`: what is usual for a type of session and a size of audience; compacted, written by `calibrate`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::check::{self, Invalid};
use super::{Value, finite, topics};

/// The prior of each term of the score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baselines {
    /// A session pins the version that it found at its first tick.
    pub version: i64,
    /// Messages per person-minute.
    #[serde(with = "finite")]
    pub chat: f64,
    /// Share of eligible people who vote.
    #[serde(with = "finite")]
    pub poll: f64,
    /// Share of people with any interaction in 5 minutes.
    #[serde(with = "finite")]
    pub active: f64,
    /// The same in 90 seconds; absent: the start value.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub active_90s: Option<f64>,
    /// Reactions per person-minute.
    #[serde(with = "finite")]
    pub reactions: f64,
    /// Share of people who leave in 5 minutes.
    #[serde(with = "finite")]
    pub stay: f64,
    /// What it was measured on.
    pub calibrated_from: CompactString,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
}

impl Value for Baselines {
    const RECORD: &'static str = "Baselines";
    const TOPIC: &'static str = topics::BASELINES;
    const SCHEMA: &'static str = include_str!("../../../schemas/baselines.avsc");

    fn validate(&self) -> Result<(), Invalid> {
        check::not_negative("version", Some(self.version))
    }
}
