//! The choice: Thompson sampling with its probabilities written out, and a floor under them.

use super::quadrature::probability_best;
use super::{ARMS, PolicyBlock};
use crate::context::InterventionKind;
use crate::random::Generator;
use crate::time::Millis;

/// The least probability of an applicable arm: what was given up too early is found again, and every propensity is large
/// enough to weigh logged results by.
pub const FLOOR: f64 = 0.03;

/// The names that, with a time, seed a draw: whose decision it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names<'a> {
    /// The application id.
    pub application: &'a str,
    /// The session id.
    pub session: &'a str,
}

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

/// Draws an arm of the block: a pure function of the block and the names. None if no arm is applicable.
///
/// The probability of being drawn is that of being the best (which is what a Thompson sampler does by sampling), lifted to the
/// floor: p' = (1 - 0.03 n) p + 0.03 over the n applicable arms.
#[must_use]
pub fn choose(block: &PolicyBlock, names: Names<'_>) -> Option<Choice> {
    let probabilities = probability_best(&block.arms);
    let lifted = 1.0 - FLOOR * block.beliefs().count() as f64;
    let mut propensities = probabilities.map(|p| lifted * p);
    let mut left = drawn("arm", names, block.seed_ms);
    let mut chosen = None;
    for ((arm, belief), (probability, propensity)) in
        InterventionKind::ALL.iter().zip(&block.arms).zip(probabilities.iter().zip(&mut propensities))
    {
        if belief.is_none() {
            continue;
        }
        *propensity = (*propensity + FLOOR).min(1.0);
        // Stays at the last applicable arm when rounding leaves the sum a hair under 1.
        if left >= 0.0 {
            chosen = Some((*arm, *propensity, *probability));
        }
        left -= *propensity;
    }
    let (arm, propensity, confidence) = chosen?;
    Some(Choice { arm, propensity, confidence, probabilities, propensities })
}

/// The numbers in [0, 1) that decide: which arm, and whether the episode is a control. For whoever explains a choice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draws {
    /// Falls into the share of one of the arms, laid side by side in their order.
    pub arm: f64,
    /// Below the probability of a hold-out, the episode is a control.
    pub hold_out: f64,
}

/// What [`choose`] and [`held_out`] draw for this block.
#[must_use]
pub fn draws(block: &PolicyBlock, names: Names<'_>) -> Draws {
    Draws { arm: drawn("arm", names, block.seed_ms), hold_out: drawn("hold-out", names, block.episode_ms) }
}

/// Whether an episode is a control: drawn once for it, from names alone, so every tick of the episode says the same.
#[must_use]
pub fn held_out(names: Names<'_>, episode_ms: Millis, probability: f64) -> bool {
    drawn("hold-out", names, episode_ms) < probability
}

/// Uniform in [0, 1). The purpose keeps the two draws apart: an episode is often acted on at its first tick, and one number
/// for both would let the hold-out take the first arms away.
fn drawn(purpose: &str, names: Names<'_>, at: Millis) -> f64 {
    let Names { application, session } = names;
    Generator::of(&[application.as_bytes(), session.as_bytes(), &at.to_le_bytes(), purpose.as_bytes()]).uniform()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bandit::Belief;

    fn names(session: &str) -> Names<'_> {
        Names { application: "conductor", session }
    }

    fn block(means: [Option<f64>; ARMS], sd: f64, seed_ms: Millis) -> PolicyBlock {
        let arms = means.map(|mean| mean.map(|mean| Belief { mean, sd, n: 10.0 }));
        PolicyBlock { version: 7, arms, control_mean: 0.02, seed_ms, episode_ms: seed_ms }
    }

    /// What was decided must be explained for as long as commands are kept: this list changes only with the wire format.
    #[test]
    fn a_decision_of_long_ago_is_computed_again() {
        let block = block([Some(0.05), Some(0.02), None, Some(0.04)], 0.03, 1_700_000_000_000);
        let arms: Vec<&str> = ["a", "b", "c", "d", "e", "f", "g", "h"]
            .iter()
            .map(|session| choose(&block, names(session)).unwrap().arm.name())
            .collect();
        assert_eq!(
            arms,
            ["CHAT_PROMPT", "QNA_PROMOTE", "QNA_PROMOTE", "POLL", "POLL", "CHAT_PROMPT", "CHAT_PROMPT", "QNA_PROMOTE"]
        );
        assert_eq!(
            choose(&block, names("a")).unwrap().probabilities,
            [0.515_238_564_234_502_2, 0.138_326_845_977_598_34, 0.0, 0.346_434_589_787_899_3]
        );
    }

    #[test]
    fn arms_are_drawn_as_often_as_their_propensity_says() {
        let mut drawn = [0.0; ARMS];
        let mut propensities = [0.0; ARMS];
        for tick in 0..10_000 {
            let choice =
                choose(&block([Some(0.05), None, Some(0.0), Some(0.04)], 0.02, tick * 5_000), names("s")).unwrap();
            drawn[choice.arm.index()] += 1.0 / 10_000.0;
            propensities = choice.propensities;
        }
        for (drawn, propensity) in drawn.iter().zip(propensities) {
            assert!((drawn - propensity).abs() < 0.015, "{drawn} of {propensity}");
        }
        assert_eq!(drawn[InterventionKind::ChatPrompt.index()], 0.0);
    }

    #[test]
    fn the_hold_out_takes_its_share_and_no_arm_away() {
        let (mut held, mut acted, mut polls) = (0.0, 0.0, 0.0);
        for tick in 0..10_000 {
            let block = block([Some(0.0); ARMS], 0.1, tick * 5_000);
            if held_out(names("s"), block.episode_ms, 0.12) {
                held += 1.0;
            } else {
                acted += 1.0;
                let arm = choose(&block, names("s")).unwrap().arm;
                polls += f64::from(u8::from(arm == InterventionKind::Poll));
            }
        }
        assert!((held / 10_000.0 - 0.12_f64).abs() < 0.01, "{held}");
        assert!((polls / acted - 0.25_f64).abs() < 0.015, "{polls} of {acted}");
    }

    #[test]
    fn the_draws_that_are_told_are_those_that_decided() {
        for tick in 0..1_000 {
            let block = block([Some(0.05), Some(0.02), None, Some(0.04)], 0.03, tick * 5_000);
            let (choice, draws) = (choose(&block, names("s")).unwrap(), draws(&block, names("s")));
            let below: f64 = choice.propensities[..choice.arm.index()].iter().sum();
            assert!((below..below + choice.propensity).contains(&draws.arm), "{draws:?} {choice:?}");
            assert_eq!(held_out(names("s"), block.episode_ms, 0.2), draws.hold_out < 0.2);
        }
    }

    #[test]
    fn without_an_applicable_arm_nothing_is_chosen() {
        assert_eq!(choose(&block([None; ARMS], 0.1, 0), names("s")), None);
    }

    #[test]
    fn an_only_arm_is_certain() {
        let choice = choose(&block([None, Some(f64::NAN), None, None], f64::NAN, 0), names("s")).unwrap();
        assert_eq!((choice.arm, choice.propensity, choice.confidence), (InterventionKind::ChatPrompt, 1.0, 1.0));
    }

    fn any_number() -> impl Strategy<Value = f64> {
        prop_oneof![8 => -1.0..1.0f64, 1 => Just(0.0), 1 => any::<f64>()]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn propensities_sum_to_one_above_the_floor_whatever_the_block_says(
            arms in prop::array::uniform4(prop::option::of((any_number(), any_number()))),
            seed_ms in any::<i64>(),
        ) {
            let arms = arms.map(|arm| arm.map(|(mean, sd)| Belief { mean, sd, n: 0.0 }));
            let block = PolicyBlock { version: 0, arms, control_mean: f64::NAN, seed_ms, episode_ms: 0 };
            prop_assume!(block.beliefs().count() > 0);
            let choice = choose(&block, names("s")).unwrap();
            prop_assert_eq!(choose(&block, names("s")).unwrap(), choice);
            prop_assert!(block.belief(choice.arm).is_some());
            prop_assert!((choice.propensities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            prop_assert_eq!(choice.propensity, choice.propensities[choice.arm.index()]);
            for (kind, _) in block.beliefs() {
                prop_assert!(choice.propensities[kind.index()] >= 0.03);
            }
        }
    }
}
