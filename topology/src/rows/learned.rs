//! Store `posteriors`, key = context key or `control_<class>`: what was learned. Under `version` the newest version.

use domain::bandit::ArmSums;

use super::row::row;

/// The key of the newest version.
pub(crate) const VERSION: &str = "version";

/// The sums of one context key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ArmsRow {
    /// When it was changed last.
    pub(crate) version: u64,
    /// In the order of the kinds.
    pub(crate) arms: Vec<ArmSums>,
}
row!(ArmsRow { version, arms });
row!(ArmSums { n, count, sum, sum_of_squares, successes, failures });

/// What happens to an anomaly class without an intervention.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ControlsRow {
    /// When it was changed last.
    pub(crate) version: u64,
    /// The discounted weight.
    pub(crate) n: f64,
    /// The mean change.
    pub(crate) mean: f64,
}
row!(ControlsRow { version, n, mean });
