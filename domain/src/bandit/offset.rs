//! How one session differs from the fleet: an offset per kind, so that a session which ignores polls stops getting them.

use super::ARMS;
use crate::context::InterventionKind;

/// Noise variance / prior variance of an offset: (0.1 / 0.05)^2, the noise being the start value of a reward's. A constant,
/// not the fleet's measured noise: a session's state depends on nothing that arrives asynchronously.
const PSEUDO_COUNT: f64 = 4.0;
/// Sessions are short; beyond this many results an offset keeps its weight.
const COUNT_MAX: f64 = 1_000.0;

/// The residuals of one session, per kind: scalars that are stored with it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Offsets {
    /// How many results of each kind the session has seen.
    pub counts: [f64; ARMS],
    /// The sum of (reward - the fleet's mean at the decision), of each kind.
    pub sums: [f64; ARMS],
}

impl Offsets {
    /// The expected offset: Normal(0, 0.05) before, and after n residuals sum / (n + 4).
    ///
    /// Only the mean shifts the arm: the offset's own variance is left out of the belief, since a session has no time to win
    /// back what exploring for itself alone would cost.
    #[must_use]
    pub fn mean(&self, kind: InterventionKind) -> f64 {
        match (self.counts.get(kind.index()), self.sums.get(kind.index())) {
            (Some(count), Some(sum)) => sum / (count + PSEUDO_COUNT),
            _ => 0.0,
        }
    }

    /// These offsets after one more result, to be called for what teaches an arm ([`super::Lesson::Arm`]). `expected` is the
    /// mean in the command's block, this offset included: a session has one intervention open at a time, so the offset has
    /// not changed since.
    #[must_use]
    pub fn with(mut self, kind: InterventionKind, reward: f64, expected: f64) -> Self {
        let residual = reward - (expected - self.mean(kind));
        let (Some(count), Some(sum)) = (self.counts.get_mut(kind.index()), self.sums.get_mut(kind.index())) else {
            return self;
        };
        if residual.is_finite() && *count < COUNT_MAX {
            *count += 1.0;
            *sum += residual.clamp(-2.0, 2.0);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bandit::{Names, PolicyRow, PolicyTable, choose};
    use crate::context::ContextKey;

    #[test]
    fn a_session_that_ignores_polls_stops_getting_them() {
        let key = ContextKey::parse("middle_keynote_large_LOW_ENGAGEMENT").unwrap();
        let mut row = PolicyRow::empty(key);
        for turn in 0..400 {
            let noise = if turn % 2 == 0 { 0.05 } else { -0.05 };
            row = row.with(1, InterventionKind::Poll, 0.08 + noise, true);
            row = row.with(1, InterventionKind::ChatPrompt, 0.05 + noise, true);
        }
        let mut table = PolicyTable::default();
        table.update(row);
        let arms = [InterventionKind::Poll, InterventionKind::ChatPrompt];
        let mut offsets = Offsets::default();
        let poll = |offsets: &Offsets| {
            let block = table.block(&key, &arms, offsets, 0, 0);
            let choice = choose(&block, Names { application: "a", session: "s" }).unwrap();
            (choice.propensities[0], block.belief(InterventionKind::Poll).unwrap().mean)
        };
        assert!(poll(&offsets).0 > 0.9);
        for _ in 0..4 {
            offsets = offsets.with(InterventionKind::Poll, -0.02, poll(&offsets).1);
        }
        assert!(poll(&offsets).0 < 0.1, "{:?}", poll(&offsets));
        assert_eq!(offsets.mean(InterventionKind::ChatPrompt), 0.0);
    }

    #[test]
    fn the_residual_is_taken_against_the_fleet_and_not_against_the_offset_itself() {
        let mut offsets = Offsets::default();
        let fleet = 0.1;
        for _ in 0..500 {
            let expected = fleet + offsets.mean(InterventionKind::Nudge);
            offsets = offsets.with(InterventionKind::Nudge, 0.04, expected);
        }
        assert!((offsets.mean(InterventionKind::Nudge) + 0.06).abs() < 0.001);
    }

    #[test]
    fn what_is_no_number_leaves_the_offsets_as_they_are() {
        let offsets = Offsets::default().with(InterventionKind::Poll, f64::NAN, 0.1);
        assert_eq!(offsets, Offsets::default());
    }
}
