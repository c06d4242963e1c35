//! The choice: Thompson sampling with its probabilities written out, and a floor under them.

use super::quadrature::probability_best;
use super::{ARMS, PolicyBlock};
use crate::context::InterventionKind;
use crate::random::Generator;
use crate::time::Millis;

/// The least probability of an applicable arm: what was given up too early is found again, and every propensity is large
/// enough to weigh logged results by.
pub const FLOOR: f64 = 0.03;

/// What was chosen, and how likely that was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// The arm.
    pub arm: InterventionKind,
    /// The probability with which it was drawn.
    pub propensity: f64,
    /// The probability that it is the best one.
    pub confidence: f64,
    /// The probability of each arm to be the best, in the order of [`InterventionKind::ALL`]; 0 where not applicable.
    pub probabilities: [f64; ARMS],
    /// The probability of each arm to be drawn; 0 where not applicable.
    pub propensities: [f64; ARMS],
}

/// Draws an arm of the block: a pure function of the block and the two names. None if no arm is applicable.
///
/// The probability of being drawn is that of being the best (which is what a Thompson sampler does by sampling), lifted to the
/// floor: p' = (1 - 0.03 n) p + 0.03 over the n applicable arms.
#[must_use]
pub fn choose(block: &PolicyBlock, application: &str, session: &str) -> Option<Choice> {
    let probabilities = probability_best(&block.arms);
    let lifted = 1.0 - FLOOR * block.beliefs().count() as f64;
    let mut propensities = probabilities.map(|p| lifted * p);
    let mut left = drawn("arm", application, session, block.seed_ms);
    let mut chosen = None;
    for ((arm, belief), (probability, propensity)) in
        InterventionKind::ALL.iter().zip(&block.arms).zip(probabilities.iter().zip(&mut propensities))
    {
        if belief.is_none() {
            continue;
        }
        *propensity += FLOOR;
        // Stays at the last applicable arm when rounding leaves the sum a hair under 1.
        if left >= 0.0 {
            chosen = Some((*arm, *propensity, *probability));
        }
        left -= *propensity;
    }
    let (arm, propensity, confidence) = chosen?;
    Some(Choice { arm, propensity, confidence, probabilities, propensities })
}

/// Whether an episode is a control: drawn once for it, from names alone, so every tick of the episode says the same.
#[must_use]
pub fn held_out(application: &str, session: &str, episode_ms: Millis, probability: f64) -> bool {
    drawn("hold-out", application, session, episode_ms) < probability
}

/// Uniform in [0, 1). The purpose keeps the two draws apart: an episode is often acted on at its first tick, and one number
/// for both would let the hold-out take the first arms away.
fn drawn(purpose: &str, application: &str, session: &str, at: Millis) -> f64 {
    Generator::of(&[application.as_bytes(), session.as_bytes(), &at.to_le_bytes(), purpose.as_bytes()]).uniform()
}
