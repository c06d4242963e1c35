//! A Normal distribution over a mean reward, and its update.

use crate::math;

/// A belief about a mean.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Normal {
    /// The expected value.
    pub mean: f64,
    /// The variance of the belief, not of a single reward.
    pub variance: f64,
}

impl Normal {
    /// The standard deviation.
    #[must_use]
    pub fn sd(&self) -> f64 {
        math::sqrt(self.variance.max(0.0))
    }

    /// The belief about a child of this parent, after `n` observations that add up to `sum`, with this noise variance and
    /// `pseudo_count` (> 0) = noise variance / variance between children.
    ///
    /// The parent weighs as much as `pseudo_count` observations; what is unknown of the parent stays unknown of the child
    /// in that proportion. Exact for Normal levels (Lindley and Smith 1972; Gelman et al., Bayesian Data Analysis, 5.4):
    /// ```text
    /// mean     = (k parent.mean + sum) / (k + n)
    /// variance = noise / (k + n) + (k / (k + n))^2 parent.variance
    /// ```
    #[must_use]
    pub fn child(&self, pseudo_count: f64, noise_variance: f64, n: f64, sum: f64) -> Self {
        let weight = pseudo_count + n;
        let share = pseudo_count / weight;
        Self {
            mean: (pseudo_count * self.mean + sum) / weight,
            variance: noise_variance / weight + share * share * self.variance,
        }
    }
}
