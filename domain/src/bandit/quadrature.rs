//! The probability that an arm is the best, by 64 points.
//!
//! ```text
//! p_i = integral of f_i(x) product over j != i of F_j(x) dx
//! ```
//! The arms' widths differ by a factor of 20 and more (an arm tried 1,000 times beside one never tried), which a Gauss rule
//! over one interval does not resolve: the narrow density falls between two nodes. So the points come from the arms
//! themselves: every arm gives its share of 64 points, evenly over +-3 of its standard deviations, and between two
//! neighbouring points of the union every distribution function is taken as a straight line. The rest is exact: the
//! integrand is then a cubic, which the two-point Gauss-Legendre rule integrates without error, and the p_i sum to 1
//! by construction, being the parts of the derivative of one product. Worst error over random arms of 1:100 in width: 0.0013.

use super::ARMS;
use super::policy_block::Belief;
use crate::math;

/// How many points.
pub const POINTS: usize = 64;
/// How far an arm's points reach, in its standard deviations.
const REACH: f64 = 3.0;
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
        let here = arms.map(|arm| arm.map_or(1.0, |(mean, sd)| distribution((point - mean) / sd)));
        add_interval(&mut probabilities, &before, &here);
        before = here;
    }
    add_interval(&mut probabilities, &before, &[1.0; ARMS]);
    // Rounding may leave a certain arm a hair above.
    probabilities.map(|p| p.min(1.0))
}

/// (mean, sd) within bounds; what is no number counts as unknown.
fn bounded(belief: Belief) -> (f64, f64) {
    let (least, most) = SD;
    let mean = if belief.mean.is_nan() { 0.0 } else { belief.mean.clamp(-MEAN_MAX, MEAN_MAX) };
    let sd = if belief.sd.is_nan() { most } else { belief.sd.clamp(least, most) };
    (mean, sd)
}

/// The standard normal distribution function; beyond 6 standard deviations 0 or 1, which is what it is to nine digits and
/// spares the narrow arms' neighbours most of the work.
fn distribution(z: f64) -> f64 {
    match z {
        z if z < -6.0 => 0.0,
        z if z > 6.0 => 1.0,
        z => math::normal_cdf(z),
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::Generator;

    fn arm(mean: f64, sd: f64) -> Option<Belief> {
        Some(Belief { mean, sd, n: 0.0 })
    }

    #[test]
    fn two_arms_agree_with_the_closed_form_however_different_their_widths() {
        for ratio in [1.0, 2.0, 5.0, 20.0, 100.0, 1e4] {
            for step in -40..=40 {
                let gap = f64::from(step) / 10.0;
                let [wide, narrow, ..] = probability_best(&[arm(gap, 1.0), arm(0.0, 1.0 / ratio), None, None]);
                let exact = math::normal_cdf(gap / math::sqrt(1.0 + 1.0 / (ratio * ratio)));
                assert!((wide - exact).abs() < 0.002, "ratio {ratio}, gap {gap}: {wide} is not {exact}");
                assert!((wide + narrow - 1.0).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn four_arms_agree_with_drawing_two_hundred_thousand_times() {
        let cases = [
            [(0.0, 1.0), (0.0, 1.0), (0.0, 1.0), (0.0, 1.0)],
            [(0.1, 0.02), (0.08, 0.05), (0.05, 0.1), (0.12, 0.01)],
            [(0.02, 0.003), (0.03, 0.08), (0.018, 0.004), (0.0, 0.06)],
            [(0.5, 0.1), (0.0, 0.1), (0.1, 0.3), (0.45, 0.02)],
        ];
        let mut generator = Generator::new(5);
        for case in cases {
            let computed = probability_best(&case.map(|(mean, sd)| arm(mean, sd)));
            let mut wins = [0.0; ARMS];
            let draws = 200_000;
            for _ in 0..draws {
                let drawn = case.map(|(mean, sd)| generator.normal(mean, sd));
                let best = (0..ARMS).max_by(|a, b| drawn[*a].total_cmp(&drawn[*b])).unwrap();
                wins[best] += 1.0 / f64::from(draws);
            }
            for (computed, wins) in computed.iter().zip(wins) {
                assert!((computed - wins).abs() < 0.008, "{case:?}: {computed} is not {wins}");
            }
        }
    }

    #[test]
    fn sixty_four_points_are_within_two_thousandths_of_sixteen_hundred() {
        let mut generator = Generator::new(3);
        for _ in 0..200 {
            let arms: [(f64, f64); ARMS] = core::array::from_fn(|_| {
                (generator.normal(0.0, 0.05), math::pow(10.0, -1.0 - 2.0 * generator.uniform()))
            });
            let at = |step: i32| f64::from(2 * step + 1) / 400.0 - 1.0;
            let mut fine: Vec<f64> =
                arms.iter().flat_map(|(mean, sd)| (0..400).map(move |step| mean + sd * 7.0 * at(step))).collect();
            fine.sort_by(f64::total_cmp);
            let (mut exact, mut before) = ([0.0; ARMS], [0.0; ARMS]);
            for point in fine {
                let here = arms.map(|(mean, sd)| math::normal_cdf((point - mean) / sd));
                add_interval(&mut exact, &before, &here);
                before = here;
            }
            for (computed, exact) in probability_best(&arms.map(|(mean, sd)| arm(mean, sd))).iter().zip(exact) {
                assert!((computed - exact).abs() < 0.002, "{arms:?}: {computed} is not {exact}");
            }
        }
    }

    #[test]
    fn arms_that_are_alike_are_equally_likely_even_without_any_width() {
        for sd in [0.0, 1e-300, 0.1, 1e300, f64::INFINITY, f64::NAN] {
            for mean in [0.0, 0.3, -1e300, f64::INFINITY, f64::NAN] {
                for (count, expected) in [(1, 1.0), (2, 0.5), (3, 1.0 / 3.0), (4, 0.25)] {
                    let arms = core::array::from_fn(|place| (place < count).then_some(Belief { mean, sd, n: 0.0 }));
                    for p in &probability_best(&arms)[..count] {
                        assert!((p - expected).abs() < 1e-12, "{count} arms of {mean} +- {sd}: {p}");
                    }
                }
            }
        }
        assert_eq!(probability_best(&[None; ARMS]), [0.0; ARMS]);
    }

    #[test]
    fn a_certain_and_better_arm_is_best() {
        let [first, second, third, fourth] = probability_best(&[arm(0.2, 0.0), arm(0.1, 0.0), None, arm(0.1, 0.01)]);
        assert!(first > 0.9999, "{first}");
        assert!(second + fourth < 1e-4);
        assert_eq!(third, 0.0);
    }

    fn any_arms() -> impl Strategy<Value = [Option<Belief>; ARMS]> {
        let belief = (-0.5..0.5, -4.0..0.0, any::<bool>())
            .prop_map(|(mean, magnitude, there)| there.then(|| arm(mean, math::pow(10.0, magnitude))).flatten());
        prop::array::uniform4(belief)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn the_probabilities_sum_to_one(arms in any_arms()) {
            let sum: f64 = probability_best(&arms).iter().sum();
            let expected = if arms.iter().flatten().count() > 0 { 1.0 } else { 0.0 };
            prop_assert!((sum - expected).abs() < 1e-12, "{sum}");
        }

        #[test]
        fn a_higher_mean_is_never_less_likely(arms in any_arms(), place in 0..ARMS, rise in 0.0..0.5f64) {
            let mut risen = arms;
            if let Some(belief) = &mut risen[place] {
                belief.mean += rise;
            }
            let (before, after) = (probability_best(&arms)[place], probability_best(&risen)[place]);
            // The points move with the arm: twice the error of the rule.
            prop_assert!(after >= before - 0.003, "{before} fell to {after}");
        }
    }
}
