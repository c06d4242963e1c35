//! The transcendental functions, from `libm`: std's differ in the last bit between machines, and the same log must
//! give the same bytes everywhere.

pub use libm::{cos, erf, erfc, exp, expm1, lgamma, log as ln, log1p, log10, pow, sin, sqrt, tanh};

/// 1 / (1 + e^-x).
#[must_use]
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

/// The standard normal distribution function.
#[must_use]
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x / core::f64::consts::SQRT_2)
}

/// The standard normal density.
#[must_use]
pub fn normal_pdf(x: f64) -> f64 {
    exp(-0.5 * x * x) / sqrt(2.0 * core::f64::consts::PI)
}
