//! MASS_EXIT: more people left within 60 s than chance explains.
//!
//! The number of leaves is taken as negative binomial with mean L and variance L + (s L)^2: a Poisson number whose mean is itself
//! only known up to a share s. A plain Poisson test alarms all the time in an audience of 50,000, where any small
//! error of the hazard is many of its standard deviations.

use crate::math;

/// No surprise is larger than this.
pub const SURPRISE_MAX: f64 = 300.0;

/// Rounds of the continued fraction; it settles within about 30 in the tail, which is where it is asked.
const ROUNDS_MAX: u32 = 200;

/// -log10 of the probability of `leaves` or more when `expected` are expected; 0 when not more than expected left.
#[must_use]
pub fn surprise(leaves: u32, expected: f64, dispersion: f64) -> f64 {
    let (leaves, expected) = (f64::from(leaves), expected.max(1e-9));
    if leaves <= expected {
        return 0.0;
    }
    let dispersion = if dispersion.is_finite() { dispersion.clamp(0.01, 10.0) } else { 1.0 };
    let size = 1.0 / (dispersion * dispersion);
    let ln_tail = ln_incomplete_beta(leaves, size, expected / size);
    (-ln_tail / core::f64::consts::LN_10).clamp(0.0, SURPRISE_MAX)
}

/// ln of the regularised incomplete beta function I_x(a, b) at x = odds / (1 + odds): the upper tail of the negative
/// binomial from a on, with size b and mean odds * b.
/// In logarithms because both factors leave the range of floats long before their product does.
fn ln_incomplete_beta(a: f64, b: f64, odds: f64) -> f64 {
    let ln_x = -math::log1p(1.0 / odds);
    let ln_rest = -math::log1p(odds);
    let ln_front = math::lgamma(a + b) - math::lgamma(a) - math::lgamma(b) + a * ln_x + b * ln_rest;
    let fraction = beta_fraction(a, b, odds / (1.0 + odds));
    ln_front - math::ln(a) + math::ln(fraction)
}

/// The continued fraction of the incomplete beta function (DLMF 8.17.22) by the method of Lentz.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let safe = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / safe(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for round in 1..=ROUNDS_MAX {
        let m = f64::from(round);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut step = 1.0;
        for coefficient in [even, odd] {
            d = 1.0 / safe(1.0 + coefficient * d);
            c = safe(1.0 + coefficient / c);
            step = d * c;
            fraction *= step;
        }
        if (step - 1.0).abs() < 1e-12 {
            break;
        }
    }
    fraction.max(1e-300)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same tail, summed term by term in logarithms.
    fn summed(leaves: u32, expected: f64, dispersion: f64) -> f64 {
        let size = 1.0 / (dispersion * dispersion);
        let (ln_x, ln_rest) = (math::ln(expected / (expected + size)), math::ln(size / (expected + size)));
        let ln_term =
            |k: f64| math::lgamma(k + size) - math::lgamma(k + 1.0) - math::lgamma(size) + k * ln_x + size * ln_rest;
        let first = ln_term(f64::from(leaves));
        let terms = (0..2_000_000).map(|step| math::exp(ln_term(f64::from(leaves) + f64::from(step)) - first));
        let sum: f64 = terms.take_while(|&term| term > 1e-14).sum();
        -(first + math::ln(sum)) / core::f64::consts::LN_10
    }

    #[test]
    fn the_tail_is_that_of_the_negative_binomial() {
        let cases = [
            (3, 0.02),
            (3, 0.5),
            (5, 1.0),
            (8, 1.0),
            (10, 9.9),
            (30, 10.0),
            (60, 10.0),
            (200, 100.0),
            (101, 100.0),
            (900, 300.0),
            (1_500, 1_000.0),
            (25_000, 10_000.0),
            (10_010, 10_000.0),
            (100_200, 100_000.0),
            (300_000, 100_000.0),
            (1_000_000, 100_000.0),
        ];
        for (leaves, expected) in cases {
            let (fast, slow) = (surprise(leaves, expected, 0.3), summed(leaves, expected, 0.3));
            assert!((fast - slow).abs() < 1e-6 * (1.0 + slow), "{leaves} of {expected}: {fast}, summed {slow}");
        }
    }

    #[test]
    fn a_large_audience_does_not_alarm_at_a_small_error_of_the_hazard() {
        // 20 % more than expected: eight standard deviations of a Poisson number.
        assert!(surprise(2_000, 1_667.0, 0.3) < 1.0);
        assert!(surprise(2_000, 1_667.0, 0.01) > 6.0);
    }

    #[test]
    fn more_leaves_are_never_less_surprising() {
        for expected in [0.02, 0.7, 12.0, 950.0, 80_000.0] {
            let mut before = 0.0;
            for step in 0..400_u32 {
                let leaves = (expected * f64::from(step) / 20.0) as u32 + step;
                let now = surprise(leaves, expected, 0.3);
                assert!(now >= before && now <= SURPRISE_MAX, "{leaves} of {expected}: {now} after {before}");
                before = now;
            }
        }
    }

    #[test]
    fn absurd_numbers_give_a_number() {
        for expected in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e-300, 1e300] {
            for leaves in [0, 1, 3, u32::MAX] {
                for dispersion in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300] {
                    let surprise = surprise(leaves, expected, dispersion);
                    assert!((0.0..=SURPRISE_MAX).contains(&surprise), "{leaves} {expected} {dispersion}: {surprise}");
                }
            }
        }
    }
}
