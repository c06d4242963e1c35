//! How the audience's attention answers an intervention. Every number here is an assumption: the table of what helps against
//! what is the truth that the policy has to find, and nothing more.

use std::collections::VecDeque;

use super::CommandRef;
use crate::context::{AnomalyClass, InterventionKind};
use crate::math;
use crate::random::Generator;
use crate::time::{MINUTE, Millis, minutes};

/// What an intervention that takes adds to the attention logit.
const TAKEN: f64 = 0.95;
/// What one that does not take adds: it disturbs.
const NOT_TAKEN: f64 = -0.05;
/// How fast either wears off.
const WEAR_MINUTES: f64 = 4.0;
/// Each intervention within this span before makes the next one less likely to take,
const FATIGUE_SPAN: Millis = 10 * MINUTE;
/// by this factor.
const FATIGUE: f64 = 0.6;
/// How many interventions are remembered; the oldest has long worn off by then.
const REMEMBERED: usize = 64;

/// Which world an audience lives in: claims of an effect are run in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum World {
    /// Interventions act on attention.
    #[default]
    Normal,
    /// They cause their own events (votes, replies), and move nobody's attention, neither up nor down.
    NoEffect,
}

/// An intervention that the platform carries out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action<'a> {
    /// Whose events it causes.
    pub command: CommandRef,
    /// What is done.
    pub kind: InterventionKind,
    /// How; of the variants only `REQUEST_NEW` of `QNA_PROMOTE` (ask for questions, instead of showing one) makes a difference.
    pub variant: Option<&'a str>,
    /// Whom it addresses; empty: everyone. Only a nudge looks at it, and at the first 10,000.
    pub targets: &'a [u32],
}

/// What became of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acted {
    /// When it was carried out; none: there was no session to act on, nothing happened.
    pub at_ms: Option<Millis>,
    /// What was wrong at that time.
    pub anomaly: Option<AnomalyClass>,
    /// Whether it took.
    pub took: bool,
}

/// The probability that the first intervention of this kind takes against an anomaly of this class. With nothing wrong it never takes.
#[must_use]
pub fn theta(class: AnomalyClass, kind: InterventionKind) -> f64 {
    let [poll, chat, nudge, questions] = match class {
        AnomalyClass::SuddenDrop => [0.55, 0.45, 0.70, 0.50],
        AnomalyClass::GradualDecline => [0.60, 0.65, 0.35, 0.50],
        AnomalyClass::LowEngagement => [0.75, 0.40, 0.45, 0.35],
        AnomalyClass::MassExit => [0.30, 0.25, 0.45, 0.35],
    };
    match kind {
        InterventionKind::Poll => poll,
        InterventionKind::ChatPrompt => chat,
        InterventionKind::Nudge => nudge,
        InterventionKind::QnaPromote => questions,
    }
}

/// What was done to the audience and has not worn off.
#[derive(Debug, Clone)]
pub(super) struct Responses {
    world: World,
    given: VecDeque<Given>,
    generator: Generator,
}

#[derive(Debug, Clone, Copy)]
struct Given {
    at_ms: Millis,
    gain: f64,
}

impl Responses {
    pub(super) fn new(world: World, generator: Generator) -> Self {
        Self { world, given: VecDeque::new(), generator }
    }

    /// An intervention of this kind at `at`, while `anomaly` can be answered; returns whether it takes.
    pub(super) fn give(&mut self, at_ms: Millis, kind: InterventionKind, anomaly: Option<AnomalyClass>) -> bool {
        let before = self.given.iter().filter(|given| at_ms.saturating_sub(given.at_ms) < FATIGUE_SPAN).count();
        let first = anomaly.map_or(0.0, |class| theta(class, kind));
        let chance = first * math::pow(FATIGUE, before as f64);
        // Drawn in every world, so that the worlds of one seed stay in step.
        let took = self.generator.chance(chance) && self.world == World::Normal;
        let gain = match self.world {
            World::Normal if took => TAKEN,
            World::Normal => NOT_TAKEN,
            World::NoEffect => 0.0,
        };
        if self.given.len() >= REMEMBERED {
            self.given.pop_front();
        }
        self.given.push_back(Given { at_ms, gain });
        took
    }

    /// What all of it adds to the attention logit at `at`.
    pub(super) fn on_attention(&self, at: Millis) -> f64 {
        let past = self.given.iter().filter(|given| given.at_ms <= at);
        past.map(|given| given.gain * math::exp(-minutes(at - given.at_ms) / WEAR_MINUTES)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share_that_takes(world: World, anomaly: Option<AnomalyClass>, before: usize) -> f64 {
        let taken = (0..4_000).filter(|seed| {
            let mut responses = Responses::new(world, Generator::new(*seed));
            for _ in 0..before {
                responses.give(0, InterventionKind::Poll, anomaly);
            }
            responses.give(MINUTE, InterventionKind::Poll, anomaly)
        });
        taken.count() as f64 / 4_000.0
    }

    #[test]
    fn an_intervention_takes_as_often_as_the_table_says_and_less_when_repeated() {
        let low = Some(AnomalyClass::LowEngagement);
        assert!((share_that_takes(World::Normal, low, 0) - 0.75).abs() < 0.03);
        assert!((share_that_takes(World::Normal, low, 2) - 0.75 * 0.36).abs() < 0.03);
    }

    #[test]
    fn nothing_takes_when_nothing_is_wrong_or_nothing_has_an_effect() {
        assert_eq!(share_that_takes(World::Normal, None, 0), 0.0);
        assert_eq!(share_that_takes(World::NoEffect, Some(AnomalyClass::SuddenDrop), 0), 0.0);
    }

    #[test]
    fn a_false_trigger_disturbs_a_little_and_wears_off() {
        let mut responses = Responses::new(World::Normal, Generator::new(1));
        responses.give(MINUTE, InterventionKind::Poll, None);
        assert_eq!(responses.on_attention(0), 0.0);
        assert_eq!(responses.on_attention(MINUTE), -0.05);
        assert!(responses.on_attention(30 * MINUTE).abs() < 1e-4);
    }

    #[test]
    fn memory_stays_bounded_however_often_the_platform_acts() {
        let mut responses = Responses::new(World::Normal, Generator::new(1));
        for at in 0..10_000 {
            responses.give(at, InterventionKind::Nudge, None);
        }
        assert_eq!(responses.given.len(), REMEMBERED);
    }
}
