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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Generator;

    /// Given its parent, a child with k pseudo-observations at the parent's mean is a plain Normal update; the parent is
    /// drawn, so the child's spread must hold what is unknown of the parent too.
    #[test]
    fn a_child_is_as_uncertain_as_its_data_and_its_parent_leave_it() {
        let parent = Normal { mean: 0.1, variance: 0.04 };
        let (k, noise, n, sum) = (5.0, 0.09, 3.0, 0.6);
        let mut generator = Generator::new(2);
        let draws = 100_000;
        let drawn: Vec<f64> = (0..draws)
            .map(|_| {
                let mean = generator.normal(parent.mean, parent.sd());
                generator.normal((k * mean + sum) / (k + n), math::sqrt(noise / (k + n)))
            })
            .collect();
        let mean = drawn.iter().sum::<f64>() / f64::from(draws);
        let variance = drawn.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64::from(draws);
        let child = parent.child(k, noise, n, sum);
        assert!((child.mean - mean).abs() < 0.003, "{} {mean}", child.mean);
        assert!((child.variance / variance - 1.0).abs() < 0.03, "{} {variance}", child.variance);
    }
}
