//! The probability that an arm is the best, by 64 points.
//!
//! ```text
//! p_i = integral of f_i(x) product over j != i of F_j(x) dx
//! ```
//! The arms' widths differ by a factor of 20 and more (an arm tried 1,000 times beside one never tried), which a Gauss rule
//! over one interval does not resolve: the narrow density falls between two nodes. So the points come from the arms
//! themselves: every arm gives its share of 64 points, evenly over +-5 of its standard deviations, and between two
//! neighbouring points of the union every distribution function is taken as a straight line. The rest is exact: the
//! integrand is then a cubic, which the two-point Gauss-Legendre rule integrates without error, and the p_i sum to 1
//! by construction, being the parts of the derivative of one product.

use super::ARMS;
use super::policy_block::Belief;
use crate::math;

/// How many points.
pub const POINTS: usize = 64;
/// How far an arm's points reach, in its standard deviations.
const REACH: f64 = 5.0;
/// Bounds for what a block may bring: keeps every step finite, and equal arms of no width alike.
const SD: (f64, f64) = (1e-9, 1e6);
const MEAN_MAX: f64 = 1e6;

/// The probability of each arm to be the best, by place; 0 where there is none. They sum to 1 unless there is no arm at all.
#[must_use]
pub fn probability_best(arms: &[Option<Belief>; ARMS]) -> [f64; ARMS] {
    let arms = arms.map(|arm| arm.map(bounded));
    let points = points(&arms);
    let mut probabilities = [0.0; ARMS];
    let mut before = arms.map(|arm| if arm.is_some() { 0.0 } else { 1.0 });
    for point in points {
        let here = arms.map(|arm| arm.map_or(1.0, |(mean, sd)| math::normal_cdf((point - mean) / sd)));
        add_interval(&mut probabilities, &before, &here);
        before = here;
    }
    add_interval(&mut probabilities, &before, &[1.0; ARMS]);
    probabilities
}

/// (mean, sd) within bounds; what is no number counts as unknown.
fn bounded(belief: Belief) -> (f64, f64) {
    let (least, most) = SD;
    let mean = if belief.mean.is_nan() { 0.0 } else { belief.mean.clamp(-MEAN_MAX, MEAN_MAX) };
    let sd = if belief.sd.is_nan() { most } else { belief.sd.clamp(least, most) };
    (mean, sd)
}

/// The points, sorted: the k-th of 64 even steps belongs to arm k modulo n, so arms that are alike give 64 different ones.
fn points(arms: &[Option<(f64, f64)>; ARMS]) -> [f64; POINTS] {
    let mut turns = arms.iter().flatten().cycle();
    let mut points = [0.0; POINTS];
    for (step, point) in points.iter_mut().enumerate() {
        let Some((mean, sd)) = turns.next() else { break };
        *point = mean + sd * REACH * ((2 * step + 1) as f64 / POINTS as f64 - 1.0);
    }
    points.sort_unstable_by(f64::total_cmp);
    points
}

/// Adds, for each arm, its growth over the interval times the mean of the product of the others over it.
fn add_interval(probabilities: &mut [f64; ARMS], from: &[f64; ARMS], to: &[f64; ARMS]) {
    /// Where the two-point Gauss-Legendre rule looks, in [0, 1]: (1 -+ 1/sqrt 3) / 2.
    const LOOK: [f64; 2] = [0.211_324_865_405_187_1, 0.788_675_134_594_812_9];
    for look in LOOK {
        let mut at = *from;
        at.iter_mut().zip(to).for_each(|(value, to)| *value += look * (to - *value));
        let [a, b, c, d] = at;
        let (ab, cd) = (a * b, c * d);
        let others = [b * cd, a * cd, ab * d, ab * c];
        for ((probability, others), (from, to)) in probabilities.iter_mut().zip(others).zip(from.iter().zip(to)) {
            *probability += 0.5 * (to - from) * others;
        }
    }
}
