//! The detector's settings: start values until calibration replaces them.

use crate::time::{MINUTE, Millis, SECOND};

/// Two values of one part: where it becomes a WARNING and where it becomes CRITICAL.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// From here on a WARNING.
    pub warning: f64,
    /// From here on CRITICAL; farther from the usual value than `warning`.
    pub critical: f64,
}

impl Thresholds {
    /// Beyond this no difference is made: keeps every ratio finite.
    pub const RATIO_MAX: f64 = 1_000.0;

    /// How far `value` has gone from `usual` in units of the thresholds: 0 as usual (or better), 1 at WARNING, 2 at CRITICAL,
    /// on by the same step. Linear in between, one-sided: the side of `usual` on which `warning` lies is the bad one.
    /// 0 for what is not a number.
    #[must_use]
    pub fn ratio(self, usual: f64, value: f64) -> f64 {
        let to_warning = (value - usual) / (self.warning - usual);
        let ratio = if to_warning > 1.0 {
            1.0 + (value - self.warning).abs() / (self.critical - self.warning).abs()
        } else {
            to_warning
        };
        if ratio.is_nan() { 0.0 } else { ratio.clamp(0.0, Self::RATIO_MAX) }
    }
}

/// What the detector calls wrong. Scores and terms are in `[0, 1]`, where .70 means "as usual for this kind of session".
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DetectorSettings {
    /// The 5-min core against the prior baseline: at most this is low.
    pub level: Thresholds,
    /// The 90-s core against the prior baseline: at most this is low.
    pub level_90s: Thresholds,
    /// How long a level must hold, without a better tick in between, before it counts.
    pub level_held: Millis,
    /// The 5-min core, in standard deviations from the session's own slow mean.
    pub z: Thresholds,
    /// The 90-s core, in standard deviations from the session's own slow mean.
    pub z_90s: Thresholds,
    /// Time constant of the slow mean and variance.
    pub z_tau: Millis,
    /// How much of the session the slow mean must have seen before it is believed.
    pub z_armed_after: Millis,
    /// The least standard deviation: a very steady session must not alarm at nothing.
    pub z_sd_floor: f64,
    /// Change of the 90-s core per minute, over 5 minutes.
    pub slope: Thresholds,
    /// Surprise of the leaves of 60 s, as -log10 of their probability.
    pub exit: Thresholds,
    /// Fewer leaves than this are never a mass exit.
    pub exit_leaves_min: u32,
    /// How much the expected number of leaves is itself uncertain, as a share of it: the variance is L + (share L)^2.
    pub exit_dispersion: f64,
    /// The least expected number of leaves in 60 s: an expectation of 0 would make any leave infinitely surprising.
    pub exit_expected_floor: f64,
    /// Evidence of the half-space trees, as -log10 of the tail of its own running quantiles.
    pub novelty: Thresholds,
    /// Fewer people than this: nothing can be said.
    pub people_min: u32,
    /// In the first moments of a session nothing can be said.
    pub warm_up: Millis,
    /// Below this many people chat silence alone is no evidence.
    pub small_audience: u32,
    /// In a small audience the reactions' or the stay term must be at most this for a drop to count.
    pub small_audience_term: f64,
    /// How long before a planned change of phase leaves and drops are expected.
    pub phase_change_before: Millis,
    /// How long after a change of phase (or the end of a break) leaves and drops are expected.
    pub phase_change_after: Millis,
    /// How long before the planned end nothing alarms.
    pub planned_end_before: Millis,
    /// How long after the planned end nothing alarms; a session that runs on longer is watched again.
    pub planned_end_after: Millis,
    /// An episode ends after this long below WARNING.
    pub episode_calm: Millis,
    /// An episode ends after this long in any case.
    pub episode_length_max: Millis,
    /// The next episode may open this long after the end of the last.
    pub episode_rearm: Millis,
}

impl Default for DetectorSettings {
    fn default() -> Self {
        let level = Thresholds { warning: 0.45, critical: 0.35 };
        let z = Thresholds { warning: -3.0, critical: -4.5 };
        Self {
            level,
            level_90s: level,
            level_held: 30 * SECOND,
            z,
            z_90s: z,
            z_tau: 10 * MINUTE,
            z_armed_after: 5 * MINUTE,
            z_sd_floor: 0.04,
            slope: Thresholds { warning: -0.03, critical: -0.05 },
            exit: Thresholds { warning: 4.0, critical: 6.0 },
            exit_leaves_min: 3,
            exit_dispersion: 0.3,
            exit_expected_floor: 0.02,
            novelty: Thresholds { warning: 3.0, critical: 4.0 },
            people_min: 3,
            warm_up: 60 * SECOND,
            small_audience: 20,
            small_audience_term: 0.45,
            phase_change_before: 30 * SECOND,
            phase_change_after: 2 * MINUTE,
            planned_end_before: 5 * MINUTE,
            planned_end_after: 10 * MINUTE,
            episode_calm: 60 * SECOND,
            episode_length_max: 15 * MINUTE,
            episode_rearm: 5 * MINUTE,
        }
    }
}
