//! SUDDEN_DROP: engagement has fallen far below what this session itself has been like lately.

use super::level::USUAL;
use super::settings::DetectorSettings;
use crate::math;
use crate::time::{Millis, TICK};

/// Exponentially weighted mean and variance of one series (West 1979), a plain mean while it is young.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SlowMean {
    /// The mean.
    pub mean: f64,
    /// The variance around it.
    pub variance: f64,
}

impl SlowMean {
    fn feed(&mut self, value: f64, weight: f64) {
        let difference = value - self.mean;
        self.mean += weight * difference;
        self.variance = (1.0 - weight) * (self.variance + weight * difference * difference);
    }

    /// How many standard deviations `value` lies from the mean, at least `sd_floor` being one.
    #[must_use]
    pub fn z(&self, value: f64, sd_floor: f64) -> f64 {
        (value - self.mean) / math::sqrt(self.variance).max(sd_floor)
    }
}

/// What this session has been like lately. Not fed while an episode is open (a drop must not become the new usual), nor
/// in a break, nor while nothing can be said.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SlowMeans {
    /// Of the 5-min core.
    pub core: SlowMean,
    /// Of the 90-s core.
    pub core_90s: SlowMean,
    /// Ticks that were fed.
    pub ticks: u32,
}

impl SlowMeans {
    /// Takes one tick in; what is not a number is left out.
    pub fn feed(&mut self, core: f64, core_90s: f64, tau: Millis) {
        if !core.is_finite() || !core_90s.is_finite() {
            return;
        }
        self.ticks = self.ticks.saturating_add(1);
        let steady = -math::expm1(-(TICK as f64) / (tau.max(TICK) as f64));
        let weight = steady.max(1.0 / f64::from(self.ticks));
        self.core.feed(core.clamp(0.0, 1.0), weight);
        self.core_90s.feed(core_90s.clamp(0.0, 1.0), weight);
    }

    /// True once enough of the session has been seen.
    #[must_use]
    pub fn armed(&self, settings: &DetectorSettings) -> bool {
        Millis::from(self.ticks) * TICK >= settings.z_armed_after
    }

    /// The z of the 5-min core and of the 90-s core; none before it is armed.
    #[must_use]
    pub fn z(&self, core: f64, core_90s: f64, settings: &DetectorSettings) -> Option<(f64, f64)> {
        let floor = settings.z_sd_floor;
        self.armed(settings).then(|| (self.core.z(core, floor), self.core_90s.z(core_90s, floor)))
    }

    /// What the 90-s core should be: the session's own mean, or "as usual" before it is armed.
    #[must_use]
    pub fn expected(&self, settings: &DetectorSettings) -> f64 {
        if self.armed(settings) { self.core_90s.mean } else { USUAL }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Generator;
    use crate::time::MINUTE;

    #[test]
    fn a_young_mean_is_the_plain_mean_and_an_old_one_forgets_with_tau() {
        let mut slow = SlowMeans::default();
        for tick in 0..10 {
            slow.feed(f64::from(tick) / 10.0, 0.5, 10 * MINUTE);
        }
        assert!((slow.core.mean - 0.45).abs() < 1e-12);
        (0..1_000).for_each(|_| slow.feed(0.4, 0.5, 10 * MINUTE));
        (0..120).for_each(|_| slow.feed(0.6, 0.5, 10 * MINUTE));
        let expected = 0.6 - 0.2 * math::exp(-1.0);
        assert!((slow.core.mean - expected).abs() < 1e-3, "{}", slow.core.mean);
    }

    #[test]
    fn the_standard_deviation_is_that_of_the_noise() {
        let (mut slow, mut generator) = (SlowMeans::default(), Generator::new(3));
        let mut sum = 0.0;
        for tick in 0..20_000 {
            slow.feed(0.5, generator.normal(0.5, 0.1), 10 * MINUTE);
            sum += if tick >= 1_000 { slow.core_90s.variance / 19_000.0 } else { 0.0 };
        }
        assert!((sum.sqrt() - 0.1).abs() < 0.002, "{}", sum.sqrt());
        assert!(slow.core.variance < 1e-12);
    }

    #[test]
    fn it_is_armed_after_five_minutes_and_a_steady_session_has_the_floor() {
        let (settings, mut slow) = (DetectorSettings::default(), SlowMeans::default());
        (0..59).for_each(|_| slow.feed(0.7, 0.7, settings.z_tau));
        assert_eq!(slow.z(0.6, 0.6, &settings), None);
        slow.feed(0.7, 0.7, settings.z_tau);
        let (z, z_90s) = slow.z(0.62, 0.58, &settings).unwrap();
        assert!((z + 2.0).abs() < 1e-9 && (z_90s + 3.0).abs() < 1e-9, "{z} {z_90s}");
    }
}
