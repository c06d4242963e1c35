//! Success and failure counts: the published face of what was learned, the plain Beta(1, 1) Thompson sampler over them, and
//! what a decision falls back to when the sums of a row can not be computed with.

use super::Belief;
use crate::math;
use crate::random::Generator;

/// Successes and failures of one arm; the belief about its success rate is Beta(1 + successes, 1 + failures).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BetaCounts {
    /// How many results were a success.
    pub successes: u64,
    /// How many were none.
    pub failures: u64,
}

impl BetaCounts {
    /// These counts and one more result.
    #[must_use]
    pub fn with(self, success: bool) -> Self {
        Self {
            successes: self.successes.saturating_add(u64::from(success)),
            failures: self.failures.saturating_add(u64::from(!success)),
        }
    }

    /// The Normal with the Beta's mean and variance: the fallback is chosen by the same quadrature, floor and draw.
    #[must_use]
    pub fn belief(&self) -> Belief {
        let (a, b) = self.parameters();
        let n = a + b;
        Belief { mean: a / n, sd: math::sqrt(a * b / (n * n * (n + 1.0))), n: n - 2.0 }
    }

    /// A draw from the belief about the success rate.
    pub fn sample(&self, generator: &mut Generator) -> f64 {
        let (a, b) = self.parameters();
        // The open interval: 0 and 1 have no logarithm here.
        let mut uniform = || generator.uniform().max(f64::MIN_POSITIVE);
        if a == 1.0 {
            1.0 - math::pow(uniform(), 1.0 / b)
        } else if b == 1.0 {
            math::pow(uniform(), 1.0 / a)
        } else {
            beta_above_one(a, b, uniform)
        }
    }

    fn parameters(&self) -> (f64, f64) {
        (1.0 + self.successes as f64, 1.0 + self.failures as f64)
    }
}

/// Plain Thompson sampling: the place of the arm whose draw is the largest (the first of equals); none without arms.
pub fn sample_best(arms: &[BetaCounts], generator: &mut Generator) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (place, arm) in arms.iter().enumerate() {
        let drawn = arm.sample(generator);
        if best.is_none_or(|(_, most)| drawn > most) {
            best = Some((place, drawn));
        }
    }
    best.map(|(place, _)| place)
}

/// Beta(a, b) for a, b > 1: algorithm BB of Cheng 1978, which takes one logarithm and one exponential for most draws, where
/// two gammas take six.
fn beta_above_one(a: f64, b: f64, mut uniform: impl FnMut() -> f64) -> f64 {
    let (least, most, n) = (a.min(b), a.max(b), a + b);
    let slope = math::sqrt((n - 2.0) / (2.0 * least * most - n));
    let reach = least + 1.0 / slope;
    loop {
        let (first, second) = (uniform(), uniform());
        let v = slope * math::ln(first / (1.0 - first));
        let w = least * math::exp(v);
        let z = first * first * second;
        let r = reach * v - 2.0 * core::f64::consts::LN_2;
        let s = least + r - w;
        // 1 + ln 5; the cheap test accepts most draws.
        let accepted = s + 2.609_437_912_434_1 >= 5.0 * z || {
            let t = math::ln(z);
            s >= t || r + n * math::ln(n / (most + w)) >= t
        };
        if accepted && w.is_finite() {
            return if a == least { w / (most + w) } else { most / (most + w) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_mean_the_variance_and_the_median_of_their_beta() {
        // The medians, from the incomplete beta function.
        let cases = [(0, 0, 0.5), (3, 0, 0.840_896), (0, 9, 0.066_967), (1, 1, 0.5), (7, 2, 0.744_0), (1, 30, 0.051_2)];
        for (successes, failures, median) in cases {
            let counts = BetaCounts { successes, failures };
            let mut generator = Generator::new(17);
            let n = 40_000;
            let mut drawn: Vec<f64> = (0..n).map(|_| counts.sample(&mut generator)).collect();
            drawn.sort_by(f64::total_cmp);
            let mean = drawn.iter().sum::<f64>() / f64::from(n);
            let variance = drawn.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64::from(n);
            let expected = counts.belief();
            assert!((mean - expected.mean).abs() < 5.0 * expected.sd / 200.0, "{counts:?}: mean {mean}");
            assert!((variance / (expected.sd * expected.sd) - 1.0).abs() < 0.06, "{counts:?}: variance {variance}");
            assert!((drawn[20_000] - median).abs() < 0.005, "{counts:?}: median {}", drawn[20_000]);
        }
    }

    #[test]
    fn huge_counts_are_numbers_too() {
        let counts = BetaCounts { successes: u64::MAX, failures: u64::MAX / 3 };
        let drawn = counts.with(true).sample(&mut Generator::new(1));
        assert!((drawn - 0.75).abs() < 1e-6, "{drawn}");
        assert!(counts.belief().sd > 0.0);
    }

    #[test]
    fn without_arms_none_is_best() {
        assert_eq!(sample_best(&[], &mut Generator::new(1)), None);
    }
}
