//! What is usual: a prior from past sessions, drawn towards the session's own past as it grows.

use crate::pane::Pane;
use crate::time::{PANE, minutes};

/// A prior weighs as much as this many minutes of the audience's own past.
pub const PRIOR_MINUTES: f64 = 15.0;
/// The least that a prior weighs, in person-minutes.
pub const PRIOR_WEIGHT_MIN: f64 = 60.0;
/// No rate is below this: "as usual" must stay a number when nothing is usual.
pub const RATE_MIN: f64 = 1e-6;

/// One expected value per term of the score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Messages per person-minute.
    pub chat: f64,
    /// Votes per eligible person.
    pub poll: f64,
    /// The share of the present that interact within 90 s.
    pub active_short: f64,
    /// The share of the present that interact within 5 min.
    pub active_long: f64,
    /// Reactions per person-minute.
    pub reactions: f64,
    /// Leaves per present person in 5 min.
    pub stay: f64,
}

impl Rates {
    /// The start values, until a calibration replaces them.
    pub const START: Self =
        Self { chat: 0.14, poll: 0.47, active_short: 0.30, active_long: 0.65, reactions: 0.10, stay: 0.06 };

    /// The same with every rate a positive number: what is not one becomes the start value or the least rate.
    #[must_use]
    pub fn sound(self) -> Self {
        let sound = |rate: f64, start: f64| if rate.is_finite() { rate.max(RATE_MIN) } else { start };
        Self {
            chat: sound(self.chat, Self::START.chat),
            poll: sound(self.poll, Self::START.poll),
            active_short: sound(self.active_short, Self::START.active_short).min(1.0),
            active_long: sound(self.active_long, Self::START.active_long).min(1.0),
            reactions: sound(self.reactions, Self::START.reactions),
            stay: sound(self.stay, Self::START.stay),
        }
    }
}

/// The versioned prior of one session type and size band; a session pins the version.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// The version of the record; 0 = the start values.
    pub version: u64,
    /// What past sessions showed.
    pub rates: Rates,
}

impl Default for Prior {
    fn default() -> Self {
        Self { version: 0, rates: Rates::START }
    }
}

/// The baseline in effect at a tick.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baseline {
    /// The version of the prior in it.
    pub version: u64,
    /// What is usual here and now.
    pub rates: Rates,
}

/// Totals of a session's own past, the last five minutes not among them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Own {
    /// Person-panes: people present, summed over panes. Person-minutes are a twelfth of it.
    pub person_panes: u64,
    /// Messages.
    pub messages: u64,
    /// Reactions.
    pub reactions: u64,
    /// Leaves, told or not.
    pub leaves: u64,
    /// The share active within 90 s, weighted by person-minutes: the sum.
    pub active_short: f64,
    /// The sum of its weights.
    pub active_short_weight: f64,
    /// The share active within 5 min, weighted by person-minutes: the sum.
    pub active_long: f64,
    /// The sum of its weights.
    pub active_long_weight: f64,
    /// Votes in polls.
    pub votes: u64,
    /// Those who could have voted.
    pub eligible: u64,
}

impl Own {
    /// Person-minutes in it.
    #[must_use]
    pub fn person_minutes(&self) -> f64 {
        self.person_panes as f64 * minutes(PANE)
    }

    /// Adds a pane that has left the longest window. One without a stamp (no tick saw its end) tells nothing.
    pub fn add_pane(&mut self, pane: &Pane) {
        let Some(stamp) = pane.stamp else { return };
        let weight = f64::from(stamp.present) * minutes(PANE);
        self.person_panes += u64::from(stamp.present);
        self.messages += u64::from(pane.all.messages);
        self.reactions += u64::from(pane.all.reactions);
        self.leaves += u64::from(pane.leaves());
        if let Some(share) = stamp.active_short {
            self.active_short += share * weight;
            self.active_short_weight += weight;
        }
        if let Some(share) = stamp.active_long {
            self.active_long += share * weight;
            self.active_long_weight += weight;
        }
    }

    /// Adds a poll that has left the longest window.
    pub fn add_poll(&mut self, votes: u32, eligible: u32) {
        self.votes += u64::from(votes.min(eligible));
        self.eligible += u64::from(eligible);
    }

    /// Adds other totals.
    pub fn add(&mut self, other: &Self) {
        self.person_panes += other.person_panes;
        self.messages += other.messages;
        self.reactions += other.reactions;
        self.leaves += other.leaves;
        self.active_short += other.active_short;
        self.active_short_weight += other.active_short_weight;
        self.active_long += other.active_long;
        self.active_long_weight += other.active_long_weight;
        self.votes += other.votes;
        self.eligible += other.eligible;
    }

    /// These totals with `prior` weighing `kappa`. With nothing seen and no weight it is the prior.
    #[must_use]
    pub fn blend(&self, prior: &Rates, kappa: f64) -> Rates {
        let mix = |rate: f64, sum: f64, weight: f64| {
            let all = kappa + weight;
            if all > 0.0 { (kappa * rate + sum) / all } else { rate }
        };
        let people = self.person_minutes();
        Rates {
            chat: mix(prior.chat, self.messages as f64, people),
            poll: mix(prior.poll, self.votes as f64, self.eligible as f64),
            active_short: mix(prior.active_short, self.active_short, self.active_short_weight),
            active_long: mix(prior.active_long, self.active_long, self.active_long_weight),
            reactions: mix(prior.reactions, self.reactions as f64, people),
            stay: mix(prior.stay, 5.0 * self.leaves as f64, people),
        }
        .sound()
    }
}

impl Baseline {
    /// The baseline of a session with `people` present.
    #[must_use]
    pub fn of(prior: &Prior, own: &Own, people: f64) -> Self {
        let kappa = (PRIOR_MINUTES * people).max(PRIOR_WEIGHT_MIN);
        Self { version: prior.version, rates: own.blend(&prior.rates.sound(), kappa) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pane::{Counts, Stamp};

    fn pane(present: u32, share: f64) -> Pane {
        let stamp = Stamp { present, active_short: Some(share), active_long: None };
        let all = Counts { messages: 6, reactions: 3, users: 0 };
        Pane { all, leaves_explicit: 1, leaves_timeout: 2, stamp: Some(stamp), ..Pane::default() }
    }

    #[test]
    fn the_active_share_is_weighted_by_person_minutes() {
        let mut own = Own::default();
        own.add_pane(&pane(120, 0.1));
        own.add_pane(&pane(360, 0.5));
        own.add_pane(&Pane { stamp: None, ..pane(1_000, 0.9) });
        assert!((own.person_minutes() - 40.0).abs() < 1e-12);
        assert!((own.active_short / own.active_short_weight - 0.4).abs() < 1e-12);
        assert_eq!((own.messages, own.reactions, own.leaves, own.active_long_weight), (12, 6, 6, 0.0));
    }

    #[test]
    fn the_prior_weighs_fifteen_minutes_of_the_audience_and_at_least_sixty_person_minutes() {
        let mut own = Own::default();
        for _ in 0..12 {
            own.add_pane(&pane(60, 0.5));
        }
        let prior = Prior { version: 3, ..Prior::default() };
        let of = |people| Baseline::of(&prior, &own, people);
        assert_eq!(of(1.0).version, 3);
        assert!((of(1.0).rates.chat - (60.0 * 0.14 + 72.0) / 120.0).abs() < 1e-12);
        assert!((of(60.0).rates.chat - (900.0 * 0.14 + 72.0) / 960.0).abs() < 1e-12);
        // 36 leaves in 60 person-minutes are 3 per person in 5 minutes.
        assert!((of(1.0).rates.stay - (60.0 * 0.06 + 60.0 * 3.0) / 120.0).abs() < 1e-12);
        assert!((of(1.0).rates.active_long - 0.65).abs() < 1e-12);
    }

    #[test]
    fn a_poll_weighs_by_those_who_could_vote() {
        let mut own = Own::default();
        own.add_poll(30, 60);
        own.add_poll(90, 60);
        let rates = Baseline::of(&Prior::default(), &own, 0.0).rates;
        assert!((rates.poll - (60.0 * 0.47 + 90.0) / 180.0).abs() < 1e-12, "votes beyond the eligible do not count");
    }

    #[test]
    fn every_rate_is_a_positive_number() {
        let broken = Rates { chat: f64::NAN, poll: -1.0, active_short: 7.0, active_long: 0.0, ..Rates::START };
        let sound = broken.sound();
        assert_eq!((sound.chat, sound.poll), (0.14, RATE_MIN));
        assert_eq!((sound.active_short, sound.active_long), (1.0, RATE_MIN));
    }
}
