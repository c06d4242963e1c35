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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rows::row::testing::there_and_back;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn what_was_learned_is_read_back(
            version: u64,
            arms in prop::collection::vec((0.0..1e12_f64, any::<[u64; 3]>()), 0..5),
            n in 0.0..1e12_f64,
            mean in -2.0..2.0_f64,
        ) {
            let arms = arms.into_iter().map(|(sum, [count, successes, failures])| ArmSums {
                n: sum,
                count,
                sum: -sum,
                sum_of_squares: sum / 3.0,
                successes,
                failures,
            });
            there_and_back(&ArmsRow { version, arms: arms.collect() });
            there_and_back(&ControlsRow { version, n, mean });
        }
    }
}
