//! The empirical-Bayes prior of one arm: what the fleet's other keys say about a key that has seen little.
//!
//! Three Normal levels above the rewards of an arm, each child drawn around its parent:
//! ```text
//! flat -> arm -> group (session type, anomaly) -> key (the group's phases and sizes)
//! ```
//! The spread between children is not known; it is measured from the rows by the method of moments (DerSimonian and Laird
//! 1986, summed over the parents), and expressed as a pseudo-count k = noise variance / variance between children: how many
//! observations the parent is worth.

use super::normal::Normal;

/// How many (session type, anomaly) groups there are.
pub const GROUPS: usize = 12;
/// The bounds of a pseudo-count: the fleet never counts for nothing, nor outvotes 50 results of the key itself.
pub const PSEUDO_COUNT: (f64, f64) = (2.0, 50.0);
/// The pseudo-count while nothing can be measured: the geometric mean of the bounds.
const PSEUDO_COUNT_START: f64 = 10.0;
/// How many observations the start value of the spread counts for.
const SPREAD_WEIGHT: f64 = 40.0;
/// The flat prior's pseudo-count, around a reward of 0.
const FLAT_PSEUDO_COUNT: f64 = 2.0;
/// The noise of one reward (sd) before any was measured, and the degrees of freedom that it counts for.
const NOISE_START: (f64, f64) = (0.1, 5.0);
/// The smallest noise sd: rewards that are all equal do not make certain.
const NOISE_MIN: f64 = 0.005;

/// The sums of one key that the prior is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// The group that the key belongs to, below [`GROUPS`].
    pub group: usize,
    /// The discounted number of rewards.
    pub n: f64,
    /// Their sum.
    pub sum: f64,
    /// The sum of their squares.
    pub sum_of_squares: f64,
}

/// What the fleet knows of one arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ArmPrior {
    /// The variance of a single reward around its key's mean, pooled over all keys.
    pub noise_variance: f64,
    /// How many observations of a key its group is worth.
    pub key_pseudo_count: f64,
    /// How many observations of a group the arm is worth.
    pub group_pseudo_count: f64,
    /// The belief about the arm's mean over all groups.
    pub arm: Normal,
    /// The belief about each group's mean.
    pub groups: [Normal; GROUPS],
}

impl ArmPrior {
    /// The prior from all keys' sums, in a fixed order: the same cells give the same bits.
    #[must_use]
    pub fn of(cells: impl Iterator<Item = Cell> + Clone) -> Self {
        let cells = cells.filter(|cell| cell.n > 0.0 && cell.group < GROUPS);
        let noise_variance = pooled_noise(cells.clone());

        let mut within = [Children::default(); GROUPS];
        for cell in cells.clone() {
            if let Some(group) = within.get_mut(cell.group) {
                group.add(cell.n, cell.sum);
            }
        }
        let key_pseudo_count = pseudo_count(noise_variance, &within);

        // A group's mean is known from its keys, each worth k n / (k + n) observations of the group.
        let mut groups_data = [(0.0, 0.0); GROUPS];
        for cell in cells {
            if let Some((n, sum)) = groups_data.get_mut(cell.group) {
                let share = key_pseudo_count / (key_pseudo_count + cell.n);
                *n += share * cell.n;
                *sum += share * cell.sum;
            }
        }
        let mut across = Children::default();
        groups_data.iter().filter(|(n, _)| *n > 0.0).for_each(|(n, sum)| across.add(*n, *sum));
        let group_pseudo_count = pseudo_count(noise_variance, &[across]);

        let (mut n, mut sum) = (0.0, 0.0);
        for (group_n, group_sum) in groups_data {
            let share = group_pseudo_count / (group_pseudo_count + group_n);
            n += share * group_n;
            sum += share * group_sum;
        }
        let arm = Normal::default().child(FLAT_PSEUDO_COUNT, noise_variance, n, sum);
        let groups = groups_data.map(|(n, sum)| arm.child(group_pseudo_count, noise_variance, n, sum));
        Self { noise_variance, key_pseudo_count, group_pseudo_count, arm, groups }
    }

    /// The belief about the arm's mean under a key of `group` that has seen `n` rewards adding up to `sum`.
    #[must_use]
    pub fn posterior(&self, group: usize, n: f64, sum: f64) -> Normal {
        let parent = self.groups.get(group).unwrap_or(&self.arm);
        parent.child(self.key_pseudo_count, self.noise_variance, n, sum)
    }
}

/// The children of one parent, as the method of moments needs them.
#[derive(Debug, Clone, Copy, Default)]
struct Children {
    count: f64,
    n: f64,
    n_squared: f64,
    sum: f64,
    /// Of sum^2 / n, over the children.
    squared: f64,
}

impl Children {
    fn add(&mut self, n: f64, sum: f64) {
        self.count += 1.0;
        self.n += n;
        self.n_squared += n * n;
        self.sum += sum;
        self.squared += sum * sum / n;
    }
}

/// noise variance / variance between children, clamped. With Q = sum n (mean - parent's mean)^2 over the children of a parent,
/// ```text
/// E[Q] = (count - 1) noise + spread (n - sum n^2 / n)
/// ```
/// is solved for the spread, over all parents at once.
fn pseudo_count(noise_variance: f64, parents: &[Children]) -> f64 {
    let start = noise_variance / PSEUDO_COUNT_START;
    let (mut excess, mut weight) = (SPREAD_WEIGHT * start, SPREAD_WEIGHT);
    for parent in parents.iter().filter(|parent| parent.count > 1.0) {
        excess += parent.squared - parent.sum * parent.sum / parent.n - (parent.count - 1.0) * noise_variance;
        weight += parent.n - parent.n_squared / parent.n;
    }
    let (least, most) = PSEUDO_COUNT;
    let spread = excess / weight;
    if spread * most <= noise_variance { most } else { (noise_variance / spread).max(least) }
}

/// The variance of a reward around its key's mean, over all keys, with the start value as a few more observations.
fn pooled_noise(cells: impl Iterator<Item = Cell>) -> f64 {
    let (sd, freedom) = NOISE_START;
    let (mut squares, mut freedom) = (sd * sd * freedom, freedom);
    for cell in cells {
        squares += (cell.sum_of_squares - cell.sum * cell.sum / cell.n).max(0.0);
        freedom += (cell.n - 1.0).max(0.0);
    }
    (squares / freedom).max(NOISE_MIN * NOISE_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math;
    use crate::random::Generator;

    /// `keys` cells in each of `groups` groups, whose means are drawn with these spreads, `n` rewards each.
    fn drawn(groups: usize, keys: usize, n: usize, noise: f64, group_sd: f64, key_sd: f64) -> Vec<Cell> {
        let mut generator = Generator::new(23);
        let mut cells = Vec::new();
        for group in 0..groups {
            let group_mean = generator.normal(0.1, group_sd);
            for _ in 0..keys {
                let mean = generator.normal(group_mean, key_sd);
                let mut cell = Cell { group, n: 0.0, sum: 0.0, sum_of_squares: 0.0 };
                for _ in 0..n {
                    let reward = generator.normal(mean, noise);
                    cell.n += 1.0;
                    cell.sum += reward;
                    cell.sum_of_squares += reward * reward;
                }
                cells.push(cell);
            }
        }
        cells
    }

    #[test]
    fn the_method_of_moments_finds_the_noise_and_the_spreads() {
        let prior = ArmPrior::of(drawn(12, 12, 100, 0.1, 0.05, 0.03).into_iter());
        assert!((prior.noise_variance / 0.01 - 1.0).abs() < 0.05, "{}", prior.noise_variance);
        let key_sd = math::sqrt(prior.noise_variance / prior.key_pseudo_count);
        let group_sd = math::sqrt(prior.noise_variance / prior.group_pseudo_count);
        assert!((key_sd / 0.03 - 1.0).abs() < 0.2, "{key_sd}");
        assert!((group_sd / 0.05 - 1.0).abs() < 0.4, "{group_sd}");
    }

    #[test]
    fn pseudo_counts_stay_within_their_bounds() {
        let alike = ArmPrior::of(drawn(12, 12, 100, 0.1, 0.0, 0.0).into_iter());
        assert_eq!(alike.key_pseudo_count, PSEUDO_COUNT.1);
        let apart = ArmPrior::of(drawn(12, 12, 100, 0.02, 0.5, 0.5).into_iter());
        assert_eq!((apart.key_pseudo_count, apart.group_pseudo_count), (PSEUDO_COUNT.0, PSEUDO_COUNT.0));
        let nothing = ArmPrior::of(core::iter::empty());
        assert_eq!(nothing.key_pseudo_count, PSEUDO_COUNT_START);
    }

    /// The means of all levels solve a linear system, each one given its neighbours; iterating it is the slow way to them.
    #[test]
    fn backing_off_gives_the_exact_posterior_means_of_the_three_levels() {
        let mut cells = drawn(3, 4, 6, 0.1, 0.05, 0.05);
        cells.iter_mut().step_by(3).for_each(|cell| *cell = Cell { n: 1.0, sum: 0.3, sum_of_squares: 0.09, ..*cell });
        let prior = ArmPrior::of(cells.iter().copied());
        let (key_k, group_k) = (prior.key_pseudo_count, prior.group_pseudo_count);
        let (mut arm, mut groups, mut keys) = (0.0, [0.0; 3], vec![0.0; cells.len()]);
        for _ in 0..5_000 {
            for (key, cell) in keys.iter_mut().zip(&cells) {
                *key = (key_k * groups[cell.group] + cell.sum) / (key_k + cell.n);
            }
            for (place, group) in groups.iter_mut().enumerate() {
                let of_group: f64 = keys[place * 4..place * 4 + 4].iter().sum();
                *group = (group_k * arm + key_k * of_group) / (group_k + key_k * 4.0);
            }
            arm = group_k * groups.iter().sum::<f64>() / (FLAT_PSEUDO_COUNT + group_k * 3.0);
        }
        assert!((arm - prior.arm.mean).abs() < 1e-9, "{arm} {}", prior.arm.mean);
        for (key, cell) in keys.iter().zip(&cells) {
            let computed = prior.posterior(cell.group, cell.n, cell.sum);
            assert!((key - computed.mean).abs() < 1e-9, "{key} {}", computed.mean);
        }
    }

    #[test]
    fn what_the_fleet_knows_narrows_the_belief_about_a_new_key() {
        let prior = ArmPrior::of(drawn(6, 12, 50, 0.1, 0.03, 0.02).into_iter());
        let flat = ArmPrior::of(core::iter::empty());
        let (known_group, new_group) = (prior.posterior(0, 0.0, 0.0), prior.posterior(11, 0.0, 0.0));
        assert!(known_group.variance < new_group.variance, "{known_group:?} {new_group:?}");
        assert!(new_group.variance < flat.posterior(0, 0.0, 0.0).variance);
        assert!((new_group.mean - 0.1).abs() < 0.05, "{new_group:?}");
    }

    #[test]
    fn extremes_stay_numbers() {
        let cell = |group, n: f64, mean: f64| Cell { group, n, sum: n * mean, sum_of_squares: n * mean * mean };
        let cases = [
            vec![cell(0, 1e12, 0.0), cell(0, 1e12, 0.0)],
            vec![cell(0, 1e12, 2.0), cell(1, 1e-300, -2.0)],
            vec![cell(0, 1e-9, 0.5), cell(0, 1e-9, 0.5), cell(11, 1e-9, 0.5)],
            vec![cell(99, 5.0, 1.0), cell(3, 0.0, 0.0)],
        ];
        for cells in cases {
            let prior = ArmPrior::of(cells.iter().copied());
            for group in 0..GROUPS {
                for n in [0.0, 1.0, 1e12] {
                    let posterior = prior.posterior(group, n, n);
                    assert!(posterior.mean.is_finite() && posterior.variance > 0.0, "{cells:?}: {posterior:?}");
                }
            }
        }
    }
}
