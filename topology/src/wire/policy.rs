//! Topic `policy`: what has been learned, one compacted record per context key, and per class of anomaly for controls.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::check::{self, Invalid};
use super::{Value, finite, topics};

/// What has been learned under one key. Raw sums: those who decide back off by themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Grows with every change of any key.
    pub version: i64,
    /// The arms of a context key; empty for a control key.
    pub arms: Vec<PolicyArm>,
    /// For a control key: the mean change without an intervention.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub mean: Option<f64>,
    /// For a control key: how many results the mean rests on.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub n: Option<f64>,
}

/// What has been learned of one arm. Results fade, so no count is a whole number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyArm {
    /// The arm.
    pub arm: CompactString,
    /// How many results.
    #[serde(with = "finite")]
    pub n: f64,
    /// Sum of the rewards.
    #[serde(with = "finite")]
    pub sum: f64,
    /// Sum of the squared rewards.
    #[serde(with = "finite")]
    pub sum_squares: f64,
    /// How many of the results were a success.
    #[serde(with = "finite")]
    pub successes: f64,
    /// How many were none.
    #[serde(with = "finite")]
    pub failures: f64,
}

impl Value for Policy {
    const RECORD: &'static str = "Policy";
    const TOPIC: &'static str = topics::POLICY;
    const SCHEMA: &'static str = include_str!("../../../schemas/policy.avsc");

    fn validate(&self) -> Result<(), Invalid> {
        check::not_negative("version", Some(self.version))
    }
}
