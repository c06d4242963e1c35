//! The anomalies that a plan holds: what each does to attention and to leaving. Depths and lengths are assumptions.

use crate::context::AnomalyClass;
use crate::math;
use crate::time::{MINUTE, Millis, SECOND, minutes};

/// How long after its end an anomaly can still be answered: help that was decided during it may arrive just after.
const ANSWERABLE: Millis = 2 * MINUTE;
/// How fast attention comes back after a decline or a low stretch has ended.
const RECOVERY_MINUTES: f64 = 1.0;

/// An anomaly that will happen: the truth that alarms are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedAnomaly {
    /// What goes wrong.
    pub class: AnomalyClass,
    /// When it begins.
    pub onset_ms: Millis,
    /// When it is over (a sudden drop: when attention is most of the way back).
    pub end_ms: Millis,
}

impl PlannedAnomaly {
    /// An anomaly of the usual length for its class.
    #[must_use]
    pub fn new(class: AnomalyClass, onset_ms: Millis) -> Self {
        let length = match class {
            AnomalyClass::SuddenDrop => 7 * MINUTE,
            AnomalyClass::GradualDecline => 10 * MINUTE,
            AnomalyClass::LowEngagement => 12 * MINUTE,
            AnomalyClass::MassExit => 90 * SECOND,
        };
        Self { class, onset_ms, end_ms: onset_ms.saturating_add(length) }
    }

    /// What it adds to the attention logit at `at`.
    #[must_use]
    pub fn on_attention(&self, at: Millis) -> f64 {
        if at < self.onset_ms {
            return 0.0;
        }
        let elapsed = minutes(at.min(self.end_ms).saturating_sub(self.onset_ms));
        match self.class {
            AnomalyClass::SuddenDrop => -1.6 * math::exp(-minutes(at.saturating_sub(self.onset_ms)) / 7.0),
            AnomalyClass::GradualDecline => -0.16 * elapsed * self.left_over(at),
            AnomalyClass::LowEngagement => -1.3 * self.left_over(at),
            AnomalyClass::MassExit => 0.0,
        }
    }

    /// By what it multiplies the leave hazard at `at`.
    #[must_use]
    pub fn on_leaving(&self, at: Millis) -> f64 {
        let leaving = self.class == AnomalyClass::MassExit && (self.onset_ms..self.end_ms).contains(&at);
        if leaving { 28.0 } else { 1.0 }
    }

    /// Whether an action at `at` answers it.
    #[must_use]
    pub fn is_answerable(&self, at: Millis) -> bool {
        (self.onset_ms..self.end_ms.saturating_add(ANSWERABLE)).contains(&at)
    }

    /// 1 until the end, then decaying.
    fn left_over(&self, at: Millis) -> f64 {
        math::exp(-minutes(at.saturating_sub(self.end_ms).max(0)) / RECOVERY_MINUTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_cuts_as_deep_as_documented() {
        let at = |class, minute: i64| PlannedAnomaly::new(class, 0).on_attention(minute * MINUTE);
        assert_eq!(at(AnomalyClass::SuddenDrop, 0), -1.6);
        assert!((at(AnomalyClass::SuddenDrop, 7) + 1.6 / core::f64::consts::E).abs() < 1e-12);
        assert!((at(AnomalyClass::GradualDecline, 5) + 0.8).abs() < 1e-12);
        assert!((at(AnomalyClass::GradualDecline, 10) + 1.6).abs() < 1e-12);
        assert_eq!(at(AnomalyClass::LowEngagement, 11), -1.3);
        assert!(at(AnomalyClass::LowEngagement, 16).abs() < 0.03);
        assert_eq!(at(AnomalyClass::MassExit, 1), 0.0);
        assert_eq!(PlannedAnomaly::new(AnomalyClass::MassExit, 0).on_leaving(89_999), 28.0);
        assert_eq!(PlannedAnomaly::new(AnomalyClass::MassExit, 0).on_leaving(90_000), 1.0);
        assert_eq!(PlannedAnomaly::new(AnomalyClass::SuddenDrop, 1).on_attention(0), 0.0);
    }
}
