//! The rows of topic `policy`: raw sums, without any prior in them, so that every reader backs off by itself.

use super::{ARMS, BetaCounts};
use crate::context::{AnomalyClass, ContextKey, InterventionKind};

/// What one update leaves of the earlier ones' weight: an audience of a year ago counts for less, and an arm that is
/// tried again and again is remembered for about its last 1,000 results.
pub const DISCOUNT: f64 = 0.999;

/// What is known of one arm under one key.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ArmSums {
    /// The discounted number of results: the weight that `sum` and `sum_of_squares` stand for.
    pub n: f64,
    /// The plain number of results.
    pub count: u64,
    /// The discounted sum of rewards.
    pub sum: f64,
    /// The discounted sum of squared rewards.
    pub sum_of_squares: f64,
    /// How many results were a success; never discounted, it is the published face.
    pub successes: u64,
    /// How many were none.
    pub failures: u64,
}

impl ArmSums {
    /// These sums and one more result. A reward that is no number teaches only the counts.
    #[must_use]
    pub fn with(self, reward: f64, success: bool) -> Self {
        let counted = Self {
            count: self.count.saturating_add(1),
            successes: self.successes.saturating_add(u64::from(success)),
            failures: self.failures.saturating_add(u64::from(!success)),
            ..self
        };
        if !reward.is_finite() {
            return counted;
        }
        // A reward is a difference of two scores in [0, 1], less a mean of such: two bounds it.
        let reward = reward.clamp(-2.0, 2.0);
        Self {
            n: self.n * DISCOUNT + 1.0,
            sum: self.sum * DISCOUNT + reward,
            sum_of_squares: self.sum_of_squares * DISCOUNT + reward * reward,
            ..counted
        }
    }

    /// Whether the sums are numbers that can be computed with. A row that came over the wire may be anything.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let within = |value: f64, bound: f64| value.is_finite() && value.abs() <= bound;
        within(self.n, 1e12)
            && self.n >= 0.0
            && within(self.sum, 2.0 * self.n)
            && within(self.sum_of_squares, 4.0 * self.n)
            && self.sum_of_squares >= 0.0
    }

    /// The success and failure counts.
    #[must_use]
    pub fn counts(&self) -> BetaCounts {
        BetaCounts { successes: self.successes, failures: self.failures }
    }
}

/// One row of topic `policy`: all arms under one key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PolicyRow {
    /// The key.
    pub key: ContextKey,
    /// The policy's version at this change: one number, growing over all rows.
    pub version: u64,
    /// The arms, in the order of [`InterventionKind::ALL`].
    pub arms: [ArmSums; ARMS],
}

impl PolicyRow {
    /// A row that knows nothing.
    #[must_use]
    pub fn empty(key: ContextKey) -> Self {
        Self { key, version: 0, arms: [ArmSums::default(); ARMS] }
    }

    /// The sums of one arm.
    #[must_use]
    pub fn arm(&self, kind: InterventionKind) -> ArmSums {
        self.arms.get(kind.index()).copied().unwrap_or_default()
    }

    /// This row, as of `version`, and one more result of an arm.
    #[must_use]
    pub fn with(mut self, version: u64, kind: InterventionKind, reward: f64, success: bool) -> Self {
        self.version = version;
        if let Some(sums) = self.arms.get_mut(kind.index()) {
            *sums = sums.with(reward, success);
        }
        self
    }
}

/// One row of topic `policy` under a control key: what an anomaly of this class does by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ControlRow {
    /// The class.
    pub anomaly: AnomalyClass,
    /// The policy's version at this change.
    pub version: u64,
    /// The discounted number of held-out episodes.
    pub n: f64,
    /// The discounted mean of their `change`; 0 without any.
    pub mean: f64,
}

impl ControlRow {
    /// A row that knows nothing.
    #[must_use]
    pub fn empty(anomaly: AnomalyClass) -> Self {
        Self { anomaly, version: 0, n: 0.0, mean: 0.0 }
    }

    /// The name of the row's key.
    #[must_use]
    pub fn name(anomaly: AnomalyClass) -> String {
        format!("control_{anomaly}")
    }

    /// The class that a control key names.
    #[must_use]
    pub fn parse_name(name: &str) -> Option<AnomalyClass> {
        AnomalyClass::parse(name.strip_prefix("control_")?)
    }

    /// This row, as of `version`, and one more held-out episode. A change that is no number teaches nothing.
    #[must_use]
    pub fn with(self, version: u64, change: f64) -> Self {
        if !change.is_finite() {
            return Self { version, ..self };
        }
        let n = self.n * DISCOUNT + 1.0;
        Self { version, n, mean: self.mean + (change.clamp(-1.0, 1.0) - self.mean) / n, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ContextKey {
        ContextKey::parse("middle_workshop_medium_SUDDEN_DROP").unwrap()
    }

    #[test]
    fn an_arm_is_remembered_for_about_its_last_thousand_results() {
        let mut sums = ArmSums::default();
        for _ in 0..20_000 {
            sums = sums.with(0.1, true);
        }
        assert!((sums.n - 1_000.0).abs() < 1e-3, "{}", sums.n);
        assert_eq!((sums.count, sums.successes, sums.failures), (20_000, 20_000, 0));
        for _ in 0..5_000 {
            sums = sums.with(-0.1, false);
        }
        assert!((sums.sum / sums.n + 0.1).abs() < 0.002, "the old rewards have faded: {}", sums.sum / sums.n);
    }

    #[test]
    fn a_reward_that_is_no_number_spoils_no_sum() {
        let sums =
            [f64::NAN, f64::INFINITY, -1e300, 1e300].into_iter().fold(ArmSums::default(), |s, r| s.with(r, false));
        assert!(sums.is_sound(), "{sums:?}");
        assert_eq!(sums.count, 4);
        let control = ControlRow::empty(AnomalyClass::MassExit).with(1, f64::NAN).with(2, 0.5);
        assert_eq!((control.version, control.n, control.mean), (2, 1.0, 0.5));
    }

    #[test]
    fn only_the_arm_of_a_result_changes() {
        let row = PolicyRow::empty(key()).with(3, InterventionKind::Nudge, 0.2, true);
        assert_eq!(row.version, 3);
        for kind in InterventionKind::ALL {
            assert_eq!(row.arm(*kind).count, u64::from(*kind == InterventionKind::Nudge));
        }
    }

    #[test]
    fn a_control_key_is_read_back_from_its_name() {
        for class in AnomalyClass::ALL {
            assert_eq!(ControlRow::parse_name(&ControlRow::name(*class)), Some(*class));
        }
        assert_eq!(ControlRow::parse_name("middle_workshop_medium_SUDDEN_DROP"), None);
    }

    #[test]
    fn the_control_mean_is_the_mean_of_the_changes() {
        let row = [0.1, 0.2, 0.3].into_iter().fold(ControlRow::empty(AnomalyClass::MassExit), |row, x| row.with(1, x));
        assert!((row.mean - 0.2).abs() < 1e-3, "{}", row.mean);
    }
}
