//! Emoji reactions: Poisson with a Gamma(2) rate, so that they come in bursts.

use super::attention::relative;
use super::chat::Moment;
use super::person::People;
use super::{EMOJIS, Happening, STEP, What};
use crate::random::Generator;
use crate::time::{Millis, minutes};

/// Reactions per person-minute at usual attention: an assumption, set to the score's baseline.
const PER_MINUTE: f64 = 0.10;
/// How they follow attention: an assumption, as chat does.
const EXPONENT: f64 = 1.5;
/// The shape of the rate, drawn anew every tick.
const SHAPE: f64 = 2.0;

/// The reactions of one session. Everyone is alike in them: there is no log to measure a tail on.
#[derive(Debug, Clone)]
pub(super) struct Reactions {
    generator: Generator,
    /// The rate of this tick, relative to its mean.
    burst: f64,
}

impl Reactions {
    pub(super) fn new(generator: Generator) -> Self {
        Self { generator, burst: 1.0 }
    }

    /// One second of reactions.
    pub(super) fn step(&mut self, moment: Moment, people: &People, out: &mut Vec<Happening>) {
        if moment.ticks {
            self.burst = self.generator.gamma(SHAPE) / SHAPE;
        }
        let per_minute = PER_MINUTE * relative(moment.logit, EXPONENT) * self.burst;
        for _ in 0..self.generator.poisson(people.count() as f64 * per_minute * minutes(STEP)) {
            let Some(seat) = people.anyone(&mut self.generator) else { return };
            let at_ms = moment.from + self.generator.below(STEP as u64) as Millis;
            let emoji = self.generator.below(u64::from(EMOJIS)) as u32;
            out.push(Happening { at_ms, what: What::Reaction { user: seat.user, emoji, command: None } });
        }
    }
}
