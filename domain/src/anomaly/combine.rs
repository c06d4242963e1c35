//! The parts' ratios made one score, one level and one class.

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

    /// Its share of the anomaly score: in `[0, 1]`, 0.6 at WARNING.
    #[must_use]
    pub fn score(&self) -> f64 {
        score_of(self.ratio)
    }
}

/// All parts on one tick, in the order of [`Part::ALL`].
pub type Readings = [Reading; 7];

/// The largest ratio mapped to `[0, 1]`: 0.6 at WARNING, 0.8 at CRITICAL, linear up to there, then ever slower towards 1.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(ratios: [(Part, f64); 2]) -> Readings {
        let ratio = |part| ratios.iter().find(|(named, _)| *named == part).map_or(0.0, |(_, ratio)| *ratio);
        [Part::Level, Part::Level90s, Part::Z, Part::Z90s, Part::Slope, Part::Exit, Part::Novelty].map(|part| Reading {
            part,
            value: None,
            ratio: ratio(part),
        })
    }

    #[test]
    fn the_levels_lie_at_six_and_eight_tenths() {
        let cases = [
            (0.0, 0.0, Level::None),
            (0.5, 0.3, Level::None),
            (1.0, 0.6, Level::Warning),
            (1.5, 0.7, Level::Warning),
            (2.0, 0.8, Level::Critical),
            (3.0, 0.9, Level::Critical),
            (1_000.0, 1.0 - 0.2 / 999.0, Level::Critical),
        ];
        for (ratio, expected, expected_level) in cases {
            let readings = readings([(Part::Z, ratio), (Part::Slope, 0.0)]);
            assert!((score(&readings) - expected).abs() < 1e-12, "{ratio}");
            assert_eq!(level(&readings), expected_level, "{ratio}");
        }
    }

    #[test]
    fn the_largest_part_names_the_class_and_a_mass_exit_goes_before_all() {
        let cases = [
            ([(Part::Level, 1.5), (Part::Z, 1.2)], Some(AnomalyClass::LowEngagement)),
            ([(Part::Level, 1.1), (Part::Z90s, 1.2)], Some(AnomalyClass::SuddenDrop)),
            ([(Part::Slope, 1.3), (Part::Z90s, 1.2)], Some(AnomalyClass::GradualDecline)),
            ([(Part::Level90s, 9.0), (Part::Exit, 1.0)], Some(AnomalyClass::MassExit)),
            ([(Part::Level90s, 9.0), (Part::Exit, 0.9)], Some(AnomalyClass::LowEngagement)),
            ([(Part::Novelty, 3.0), (Part::Slope, 0.4)], Some(AnomalyClass::GradualDecline)),
            ([(Part::Z, 1.0), (Part::Slope, 1.0)], Some(AnomalyClass::SuddenDrop)),
            ([(Part::Z, 0.99), (Part::Slope, 0.9)], None),
        ];
        for (ratios, expected) in cases {
            assert_eq!(class(&readings(ratios)), expected, "{ratios:?}");
        }
    }
}
