//! What a decision read of the policy, as the command carries it: the very numbers, so that the decision can be computed
//! again from the command alone.

use super::ARMS;
use crate::context::InterventionKind;
use crate::time::Millis;

/// The belief about one arm, after back-off and the session's offset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Belief {
    /// The expected reward.
    pub mean: f64,
    /// The standard deviation of that expectation.
    pub sd: f64,
    /// The discounted number of the key's own results behind it.
    pub n: f64,
}

/// All that a choice depends on, names apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PolicyBlock {
    /// The newest version of the policy that had been read.
    pub version: u64,
    /// The arms, in the order of [`InterventionKind::ALL`]; none where the arm is not applicable.
    pub arms: [Option<Belief>; ARMS],
    /// What an anomaly of this class does by itself; the reward is the change less this.
    pub control_mean: f64,
    /// The tick of the decision: seeds the draw of the arm.
    pub seed_ms: Millis,
    /// The episode's first tick: seeds the draw of the hold-out, once for all decisions of the episode.
    pub episode_ms: Millis,
}

impl PolicyBlock {
    /// The belief about an arm, if it is applicable.
    #[must_use]
    pub fn belief(&self, kind: InterventionKind) -> Option<Belief> {
        self.arms.get(kind.index()).copied().flatten()
    }

    /// The applicable arms and the beliefs about them, in the order of [`InterventionKind::ALL`].
    pub fn beliefs(&self) -> impl Iterator<Item = (InterventionKind, Belief)> {
        InterventionKind::ALL.iter().zip(self.arms).filter_map(|(kind, belief)| Some((*kind, belief?)))
    }
}
