//! The parts' ratios made one score, one level and one class.

use core::fmt;

use crate::context::{AnomalyClass, names};

names! {
    /// How bad it is.
    Level {
        /// Nothing to speak of: the score is below 0.6.
        None = "none",
        /// From 0.6 on.
        Warning = "warning",
        /// From 0.8 on.
        Critical = "critical",
    }
}

names! {
    /// A way in which engagement can be too low.
    Part {
        /// The 5-min core against the prior baseline.
        Level = "level",
        /// The 90-s core against the prior baseline.
        Level90s = "level_90s",
        /// The 5-min core against the session's own slow mean.
        Z = "z",
        /// The 90-s core against the session's own slow mean.
        Z90s = "z_90s",
        /// The trend of the last 5 minutes.
        Slope = "slope",
        /// Leaves within 60 s against the expected hazard.
        Exit = "exit",
        /// Evidence of the half-space trees that this tick is unlike the session's others. Trees know no direction: it
        /// counts only while engagement is below what is expected, and takes its class from the largest of the other parts.
        Novelty = "novelty",
    }
}

impl Part {
    /// The class that this part names; none for what knows no direction.
    #[must_use]
    pub const fn class(self) -> Option<AnomalyClass> {
        match self {
            Self::Level | Self::Level90s => Some(AnomalyClass::LowEngagement),
            Self::Z | Self::Z90s => Some(AnomalyClass::SuddenDrop),
            Self::Slope => Some(AnomalyClass::GradualDecline),
            Self::Exit => Some(AnomalyClass::MassExit),
            Self::Novelty => None,
        }
    }
}

/// One part on one tick.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Which part.
    pub part: Part,
    /// What it measured, in its own unit; none when it could not (not armed, or not fed).
    pub value: Option<f64>,
    /// The measured value in units of its thresholds: 1 is WARNING, 2 is CRITICAL; 0 when it may not speak.
    pub ratio: f64,
}

impl Reading {
    /// True when this part alone is an alarm.
    #[must_use]
    pub fn fired(&self) -> bool {
        self.ratio >= 1.0
    }
}

/// All parts on one tick, in the order of [`Part::ALL`].
pub type Readings = [Reading; 7];

/// The largest ratio mapped to [0,1]: 0.6 at WARNING, 0.8 at CRITICAL, linear up to there, then ever slower towards 1.
#[must_use]
pub fn score(readings: &Readings) -> f64 {
    score_of(readings.iter().map(|reading| reading.ratio).fold(0.0, f64::max))
}

fn score_of(ratio: f64) -> f64 {
    match ratio {
        r if r.is_nan() || r <= 0.0 => 0.0,
        r if r <= 1.0 => 0.6 * r,
        r if r <= 2.0 => 0.6 + 0.2 * (r - 1.0),
        r => 1.0 - 0.2 / (r - 1.0),
    }
}

/// The level of the largest ratio.
#[must_use]
pub fn level(readings: &Readings) -> Level {
    match readings.iter().map(|reading| reading.ratio).fold(0.0, f64::max) {
        r if r >= 2.0 => Level::Critical,
        r if r >= 1.0 => Level::Warning,
        _ => Level::None,
    }
}

/// What is wrong, if anything is: MASS_EXIT before all, then the part with the largest ratio; of equals the first.
#[must_use]
pub fn class(readings: &Readings) -> Option<AnomalyClass> {
    if !readings.iter().any(Reading::fired) {
        return None;
    }
    if readings.iter().any(|reading| reading.part == Part::Exit && reading.fired()) {
        return Some(AnomalyClass::MassExit);
    }
    let mut largest: Option<(AnomalyClass, f64)> = None;
    for reading in readings {
        if let Some(class) = reading.part.class()
            && largest.is_none_or(|(_, ratio)| reading.ratio > ratio)
        {
            largest = Some((class, reading.ratio));
        }
    }
    largest.map(|(class, _)| class)
}
