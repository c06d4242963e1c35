//! GRADUAL_DECLINE: engagement has been falling for minutes.
//!
//! The slope is that of the least-squares line through ten half-minute means of the 90-s core. The means are a ring of 40
//! bytes; a fit through all 60 ticks would need six times as much in the row of each session, and differs by less than the noise of
//! one mean. Two EWMAs of different time constants would need no ring, but they remember the time before the 5 minutes.

/// How many half-minute means make 5 minutes.
const MEANS: usize = 10;
/// Ticks of one mean.
const TICKS_PER_MEAN: u8 = 6;
const MEANS_PER_MINUTE: f64 = 2.0;

/// The last 5 minutes, in half-minute means.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Slope {
    /// Half-minute means, the newest last.
    pub means: [f32; MEANS],
    /// How many of them are filled.
    pub filled: u8,
    /// Sum of the half minute that is under way.
    pub sum: f32,
    /// Its ticks.
    pub ticks: u8,
}

impl Slope {
    /// Takes one tick in; what is not a number is left out.
    pub fn feed(&mut self, core_90s: f64) {
        if !core_90s.is_finite() {
            return;
        }
        self.sum += core_90s.clamp(0.0, 1.0) as f32;
        self.ticks = self.ticks.saturating_add(1);
        if self.ticks < TICKS_PER_MEAN {
            return;
        }
        self.means.rotate_left(1);
        let [.., newest] = &mut self.means;
        *newest = self.sum / f32::from(self.ticks);
        self.filled = self.filled.saturating_add(1).min(MEANS as u8);
        self.sum = 0.0;
        self.ticks = 0;
    }

    /// Change per minute over the last 5 minutes; none before 5 minutes have been seen.
    #[must_use]
    pub fn per_minute(&self) -> Option<f64> {
        if usize::from(self.filled) < MEANS {
            return None;
        }
        let centre = (MEANS as f64 - 1.0) / 2.0;
        let (mut products, mut squares) = (0.0, 0.0);
        for (place, &mean) in self.means.iter().enumerate() {
            let x = place as f64 - centre;
            products += x * f64::from(mean);
            squares += x * x;
        }
        Some(products / squares * MEANS_PER_MINUTE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slope_of(cores: impl Iterator<Item = f64>) -> Option<f64> {
        let mut slope = Slope::default();
        cores.for_each(|core| slope.feed(core));
        slope.per_minute()
    }

    #[test]
    fn a_straight_line_has_its_own_slope() {
        let line = (0..200).map(|tick| 0.9 - 0.04 * f64::from(tick) / 12.0);
        assert!((slope_of(line).unwrap() + 0.04).abs() < 1e-6);
    }

    #[test]
    fn nothing_is_said_before_five_minutes_have_been_seen() {
        assert_eq!(slope_of((0..59).map(|_| 0.7)), None);
        assert_eq!(slope_of((0..60).map(|_| 0.7)), Some(0.0));
    }

    #[test]
    fn what_is_older_than_five_minutes_is_forgotten() {
        let step = (0..120).map(|tick| if tick < 60 { 1.0 } else { 0.5 });
        assert_eq!(slope_of(step), Some(0.0));
    }

    #[test]
    fn what_is_not_a_number_is_left_out() {
        let holes = (0..120).map(|tick| if tick % 2 == 0 { f64::NAN } else { 0.7 });
        assert!(slope_of(holes).unwrap().abs() < 1e-6);
    }
}
