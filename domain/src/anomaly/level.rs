//! LOW_ENGAGEMENT: engagement lies low for this kind of session, and stays there.
//!
//! A level is compared with the prior baseline, not with the session's own: a session that was always dull would otherwise
//! look usual to itself.

use super::settings::Thresholds;
use crate::time::{Millis, TICK};

/// What a session "as usual" scores, by construction of the score.
pub const USUAL: f64 = 0.70;

/// As high as a ratio can be without being a WARNING; one more is as high as it can be without being CRITICAL.
const JUST_BELOW: f64 = 0.99;

/// For how many ticks in a row a level has been too low. Ticks are 5 s apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held {
    /// Ticks in a row at WARNING or worse; stays at 255.
    pub warning_ticks: u8,
    /// Ticks in a row at CRITICAL; stays at 255.
    pub critical_ticks: u8,
}

impl Held {
    /// Takes this tick's core into account and returns its ratio: below a level until that level has held for `span`.
    pub fn evaluate(&mut self, core: f64, thresholds: Thresholds, span: Millis) -> f64 {
        let ratio = thresholds.ratio(USUAL, core);
        self.warning_ticks = run(self.warning_ticks, ratio >= 1.0);
        self.critical_ticks = run(self.critical_ticks, ratio >= 2.0);
        if !spans(self.warning_ticks, span) {
            ratio.min(JUST_BELOW)
        } else if !spans(self.critical_ticks, span) {
            ratio.min(1.0 + JUST_BELOW)
        } else {
            ratio
        }
    }
}

fn run(ticks: u8, goes_on: bool) -> u8 {
    if goes_on { ticks.saturating_add(1) } else { 0 }
}

/// The first tick of a run spans no time yet.
fn spans(ticks: u8, span: Millis) -> bool {
    let longest = Millis::from(u8::MAX - 1) * TICK;
    ticks > 0 && Millis::from(ticks - 1) * TICK >= span.min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SECOND;

    const THRESHOLDS: Thresholds = Thresholds { warning: 0.45, critical: 0.35 };

    fn held(cores: &[f64]) -> Vec<f64> {
        let mut held = Held::default();
        cores.iter().map(|&core| held.evaluate(core, THRESHOLDS, 30 * SECOND)).collect()
    }

    #[test]
    fn a_low_level_counts_once_it_has_held_for_thirty_seconds() {
        let ratios = held(&[0.40; 7]);
        assert!(ratios[..6].iter().all(|&ratio| ratio < 1.0), "{ratios:?}");
        assert!((ratios[6] - 1.5).abs() < 1e-9, "{ratios:?}");
    }

    #[test]
    fn one_better_tick_starts_the_count_anew() {
        let ratios = held(&[0.4, 0.4, 0.4, 0.4, 0.4, 0.46, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4]);
        assert!(ratios[..12].iter().all(|&ratio| ratio < 1.0), "{ratios:?}");
        assert!(ratios[12] >= 1.0, "{ratios:?}");
    }

    #[test]
    fn critical_must_hold_as_long_as_warning() {
        let ratios = held(&[0.40, 0.40, 0.40, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]);
        assert!(ratios[6] >= 1.0 && ratios[8] < 2.0 && ratios[9] >= 2.0, "{ratios:?}");
    }

    #[test]
    fn a_level_above_usual_is_no_evidence() {
        assert!(held(&[0.9; 10]).iter().all(|&ratio| ratio == 0.0));
    }
}
