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
