//! The attention of the session: the sum, on the logit, of how it wanders, tires, suffers and is helped.

use super::STEP;
use crate::math;
use crate::random::Generator;
use crate::time::{Millis, TICK, minutes};

/// Standard deviation of the wandering.
const WANDER_SD: f64 = 0.3;
/// Its correlation time.
const WANDER_MINUTES: f64 = 3.0;
/// How fast everyone tires, per minute.
const TIRING: f64 = 0.004;
/// How many steps make a tick.
const STEPS_PER_TICK: Millis = TICK / STEP;

/// The part of attention that is the session's own: an Ornstein-Uhlenbeck process and a drift.
#[derive(Debug, Clone)]
pub(super) struct Attention {
    wander: f64,
    generator: Generator,
}

impl Attention {
    /// The attention of a session that starts now, its wandering drawn from where it usually is.
    pub(super) fn new(mut generator: Generator) -> Self {
        Self { wander: generator.normal(0.0, WANDER_SD), generator }
    }

    /// Moves on if the step that begins `elapsed` after the start begins a tick; says whether it did.
    pub(super) fn advance(&mut self, elapsed: Millis) -> bool {
        let ticks = (elapsed / STEP) % STEPS_PER_TICK == 0;
        if ticks {
            let keep = math::exp(-minutes(TICK) / WANDER_MINUTES);
            let sd = WANDER_SD * math::sqrt(1.0 - keep * keep);
            self.wander = self.wander * keep + self.generator.normal(0.0, sd);
        }
        ticks
    }

    /// The logit at `elapsed` after the start, without anomalies and interventions.
    pub(super) fn logit(&self, elapsed: Millis) -> f64 {
        self.wander - TIRING * minutes(elapsed)
    }
}

/// `(A / .5)^exponent` of the attention with this logit: 1 for an audience as usual.
pub(super) fn relative(logit: f64, exponent: f64) -> f64 {
    math::pow(2.0 * math::sigmoid(logit), exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wandering_has_its_spread_and_its_correlation_time() {
        let mut attention = Attention::new(Generator::new(5));
        let mut path = Vec::new();
        for step in 0..2_000_000 {
            if attention.advance(step * STEP) {
                path.push(attention.wander);
            }
        }
        let n = path.len() as f64;
        let variance = path.iter().map(|x| x * x).sum::<f64>() / n;
        let lag = (3 * 60 / 5) as usize;
        let covariance = path.iter().zip(path.iter().skip(lag)).map(|(x, y)| x * y).sum::<f64>() / n;
        assert!((variance.sqrt() - 0.3).abs() < 0.01, "sd {}", variance.sqrt());
        assert!((covariance / variance - 0.368).abs() < 0.05, "correlation {}", covariance / variance);
    }

    #[test]
    fn an_audience_as_usual_has_relative_attention_one() {
        assert_eq!(relative(0.0, 1.5), 1.0);
        assert!(relative(-1.6, 1.5) < 0.25);
    }
}
