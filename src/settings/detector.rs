//! Section `detector`: what counts as wrong. Scores and terms are in `[0,1]`, where .70 is as usual for this kind of session.

use domain::anomaly::DetectorSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::{OutOfRange, check};
use super::sections::millis;

/// Where a part of the detector becomes a warning and where it becomes critical.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// From here on a warning.
    pub warning: f64,
    /// From here on critical; farther from the usual value than `warning`.
    pub critical: f64,
}

/// Section `detector`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DetectorSection {
    /// The 5-minute core score: at most this is low.
    pub level: Thresholds,
    /// The 90-second core score: at most this is low.
    pub level_90s: Thresholds,
    /// How long a level must hold before it counts.
    pub level_held_ms: u64,
    /// The 5-minute core score, in standard deviations from the session's own slow mean.
    pub z: Thresholds,
    /// The 90-second core score, in standard deviations from the session's own slow mean.
    pub z_90s: Thresholds,
    /// Time constant of the slow mean.
    pub z_tau_ms: u64,
    /// How much of the session the slow mean must have seen before it is believed.
    pub z_armed_after_ms: u64,
    /// The least standard deviation: a very steady session must not alarm at nothing.
    pub z_sd_floor: f64,
    /// Change of the 90-second core score per minute, over 5 minutes.
    pub slope: Thresholds,
    /// Surprise of the leaves of 60 seconds, as -log10 of their probability.
    pub exit: Thresholds,
    /// Fewer leaves than this are never a mass exit.
    pub exit_leaves_min: u32,
    /// How much the expected number of leaves is itself uncertain, as a share of it.
    pub exit_dispersion: f64,
    /// The least expected number of leaves in 60 seconds.
    pub exit_expected_floor: f64,
    /// Evidence of the half-space trees, as -log10 of the tail of their own running quantiles.
    pub novelty: Thresholds,
    /// With fewer people than this nothing can be said.
    pub people_min: u32,
    /// In the first moments of a session nothing can be said.
    pub warm_up_ms: u64,
    /// Below this many people chat silence alone is no evidence.
    pub small_audience: u32,
    /// In a small audience the reactions or the stay term must be at most this for a drop to count.
    pub small_audience_term: f64,
    /// How long before a planned change of phase leaves and drops are expected.
    pub phase_change_before_ms: u64,
    /// How long after a change of phase leaves and drops are expected.
    pub phase_change_after_ms: u64,
    /// How long before the planned end nothing alarms.
    pub planned_end_before_ms: u64,
    /// How long after the planned end nothing alarms.
    pub planned_end_after_ms: u64,
    /// An episode ends after this long below a warning.
    pub episode_calm_ms: u64,
    /// An episode ends after this long in any case.
    pub episode_length_max_ms: u64,
    /// The next episode may open this long after the end of the last.
    pub episode_rearm_ms: u64,
}

impl From<domain::anomaly::Thresholds> for Thresholds {
    fn from(thresholds: domain::anomaly::Thresholds) -> Self {
        Self { warning: thresholds.warning, critical: thresholds.critical }
    }
}

impl From<Thresholds> for domain::anomaly::Thresholds {
    fn from(thresholds: Thresholds) -> Self {
        Self { warning: thresholds.warning, critical: thresholds.critical }
    }
}

impl Default for DetectorSection {
    fn default() -> Self {
        let settings = DetectorSettings::default();
        Self {
            level: settings.level.into(),
            level_90s: settings.level_90s.into(),
            level_held_ms: settings.level_held.unsigned_abs(),
            z: settings.z.into(),
            z_90s: settings.z_90s.into(),
            z_tau_ms: settings.z_tau.unsigned_abs(),
            z_armed_after_ms: settings.z_armed_after.unsigned_abs(),
            z_sd_floor: settings.z_sd_floor,
            slope: settings.slope.into(),
            exit: settings.exit.into(),
            exit_leaves_min: settings.exit_leaves_min,
            exit_dispersion: settings.exit_dispersion,
            exit_expected_floor: settings.exit_expected_floor,
            novelty: settings.novelty.into(),
            people_min: settings.people_min,
            warm_up_ms: settings.warm_up.unsigned_abs(),
            small_audience: settings.small_audience,
            small_audience_term: settings.small_audience_term,
            phase_change_before_ms: settings.phase_change_before.unsigned_abs(),
            phase_change_after_ms: settings.phase_change_after.unsigned_abs(),
            planned_end_before_ms: settings.planned_end_before.unsigned_abs(),
            planned_end_after_ms: settings.planned_end_after.unsigned_abs(),
            episode_calm_ms: settings.episode_calm.unsigned_abs(),
            episode_length_max_ms: settings.episode_length_max.unsigned_abs(),
            episode_rearm_ms: settings.episode_rearm.unsigned_abs(),
        }
    }
}

impl DetectorSection {
    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        let falling = |thresholds: Thresholds| thresholds.critical < thresholds.warning;
        let rising = |thresholds: Thresholds| thresholds.critical > thresholds.warning;
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let low =
            |thresholds: Thresholds| share(thresholds.warning) && share(thresholds.critical) && falling(thresholds);

        check(low(self.level), "detector.level.critical", "below detector.level.warning, both from 0 to 1")?;
        check(
            low(self.level_90s),
            "detector.level_90s.critical",
            "below detector.level_90s.warning, both from 0 to 1",
        )?;
        check(self.z.warning < 0.0, "detector.z.warning", "below 0")?;
        check(falling(self.z), "detector.z.critical", "below detector.z.warning")?;
        check(self.z_90s.warning < 0.0, "detector.z_90s.warning", "below 0")?;
        check(falling(self.z_90s), "detector.z_90s.critical", "below detector.z_90s.warning")?;
        check(self.z_tau_ms > 0, "detector.z_tau_ms", "more than 0")?;
        check(self.z_sd_floor > 0.0, "detector.z_sd_floor", "more than 0")?;
        check(self.slope.warning < 0.0, "detector.slope.warning", "below 0")?;
        check(falling(self.slope), "detector.slope.critical", "below detector.slope.warning")?;
        check(self.exit.warning > 0.0, "detector.exit.warning", "more than 0")?;
        check(rising(self.exit), "detector.exit.critical", "more than detector.exit.warning")?;
        check(self.exit_dispersion >= 0.0, "detector.exit_dispersion", "0 or more")?;
        check(self.exit_expected_floor > 0.0, "detector.exit_expected_floor", "more than 0")?;
        check(self.novelty.warning > 0.0, "detector.novelty.warning", "more than 0")?;
        check(rising(self.novelty), "detector.novelty.critical", "more than detector.novelty.warning")?;
        check(share(self.small_audience_term), "detector.small_audience_term", "0 to 1")?;
        check(self.episode_length_max_ms > 0, "detector.episode_length_max_ms", "more than 0")
    }

    /// In the domain's own words.
    #[must_use]
    pub fn to_domain(&self) -> DetectorSettings {
        DetectorSettings {
            level: self.level.into(),
            level_90s: self.level_90s.into(),
            level_held: millis(self.level_held_ms),
            z: self.z.into(),
            z_90s: self.z_90s.into(),
            z_tau: millis(self.z_tau_ms),
            z_armed_after: millis(self.z_armed_after_ms),
            z_sd_floor: self.z_sd_floor,
            slope: self.slope.into(),
            exit: self.exit.into(),
            exit_leaves_min: self.exit_leaves_min,
            exit_dispersion: self.exit_dispersion,
            exit_expected_floor: self.exit_expected_floor,
            novelty: self.novelty.into(),
            people_min: self.people_min,
            warm_up: millis(self.warm_up_ms),
            small_audience: self.small_audience,
            small_audience_term: self.small_audience_term,
            phase_change_before: millis(self.phase_change_before_ms),
            phase_change_after: millis(self.phase_change_after_ms),
            planned_end_before: millis(self.planned_end_before_ms),
            planned_end_after: millis(self.planned_end_after_ms),
            episode_calm: millis(self.episode_calm_ms),
            episode_length_max: millis(self.episode_length_max_ms),
            episode_rearm: millis(self.episode_rearm_ms),
        }
    }
}
