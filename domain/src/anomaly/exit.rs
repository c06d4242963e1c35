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
    let leaves = f64::from(leaves);
    if !expected.is_finite() || leaves <= expected {
        return 0.0;
    }
    let expected = expected.max(1e-9);
    let dispersion = if dispersion.is_finite() { dispersion.clamp(0.001, 10.0) } else { 1.0 };
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
