//! Who watches a marathon of which only the number of viewers is known.
//!
//! Anyone who is present leaves alike; the user longest gone returns first, and only when nobody is gone a new one comes: so
//! there are never more users than there were viewers at one time. Each has a weight, for good, by which those present speak.

use std::collections::VecDeque;

use domain::random::Generator;

use super::speakers::Speakers;

/// How heavy-tailed speaking is: the shape of the Pareto distribution of the weights.
const SPEAKING_SHAPE: f64 = 1.2;
/// No one speaks more than this many times as much as the most silent, as in the simulated audience.
const LOUDEST: f64 = 200.0;
/// Weights are whole numbers, so that sums are exact whatever the order: the most silent weighs this much.
const WEIGHT: f64 = 1_000.0;

/// All users of a marathon. Each step costs no more than the logarithm of their number.
#[derive(Debug)]
pub(super) struct People {
    generator: Generator,
    /// In no order that means anything: for picking anyone.
    present: Vec<u32>,
    /// Longest gone first.
    gone: VecDeque<u32>,
    /// By user.
    weights: Vec<u32>,
    speakers: Speakers,
}

impl People {
    pub(super) fn new(generator: Generator) -> Self {
        Self { generator, present: Vec::new(), gone: VecDeque::new(), weights: Vec::new(), speakers: Speakers::new() }
    }

    /// How many are present.
    pub(super) fn present(&self) -> u32 {
        self.present.len() as u32
    }

    /// How many ever came.
    pub(super) fn known(&self) -> u64 {
        self.weights.len() as u64
    }

    /// Someone comes.
    pub(super) fn join(&mut self) -> u32 {
        let user = self.gone.pop_front().unwrap_or_else(|| {
            self.weights.push((self.generator.pareto(SPEAKING_SHAPE).min(LOUDEST) * WEIGHT) as u32);
            self.speakers.grow();
            self.weights.len() as u32 - 1
        });
        self.present.push(user);
        self.speakers.add(user, i64::from(self.weight(user)));
        user
    }

    /// Someone goes, if anyone is there.
    pub(super) fn leave(&mut self) -> Option<u32> {
        let drawn = self.generator.below(self.present.len() as u64) as usize;
        if drawn >= self.present.len() {
            return None;
        }
        let user = self.present.swap_remove(drawn);
        self.gone.push_back(user);
        self.speakers.add(user, -i64::from(self.weight(user)));
        Some(user)
    }

    /// Who speaks next, by weight. With nobody present (the source counted no viewers, and messages all the same) anyone who was
    /// there before.
    pub(super) fn speaker(&mut self) -> u32 {
        let total = self.speakers.total();
        match self.speakers.pick(self.generator.below(total)) {
            Some(user) if total > 0 => user,
            _ => self.generator.below(self.known()) as u32,
        }
    }

    fn weight(&self, user: u32) -> u32 {
        self.weights.get(user as usize).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_longest_gone_returns_first_and_a_new_one_only_when_nobody_is_gone() {
        let mut people = People::new(Generator::new(1));
        assert_eq!((0..4).map(|_| people.join()).collect::<Vec<_>>(), [0, 1, 2, 3]);
        let gone: Vec<_> = (0..3).filter_map(|_| people.leave()).collect();
        assert_eq!((people.present(), gone.len()), (1, 3));
        assert_eq!((0..3).map(|_| people.join()).collect::<Vec<_>>(), gone);
        assert_eq!((people.join(), people.known()), (4, 5));
    }

    #[test]
    fn nobody_leaves_an_empty_room() {
        let mut people = People::new(Generator::new(1));
        assert_eq!(people.leave(), None);
        people.join();
        assert_eq!((people.leave(), people.leave(), people.present()), (Some(0), None, 0));
    }

    #[test]
    fn only_those_present_speak_and_few_speak_much() {
        let mut people = People::new(Generator::new(1));
        for _ in 0..2_000 {
            people.join();
        }
        let gone: Vec<_> = (0..1_000).filter_map(|_| people.leave()).collect();
        let mut spoken = vec![0; 2_000];
        (0..100_000).for_each(|_| spoken[people.speaker() as usize] += 1);
        assert!(gone.iter().all(|user| spoken[*user as usize] == 0));
        spoken.sort_unstable_by(|one, other| other.cmp(one));
        // Of a Pareto distribution that is cut off like this one the largest tenth holds 55 %.
        let loudest: i32 = spoken.iter().take(100).sum();
        assert!((48_000..62_000).contains(&loudest), "the loudest tenth wrote {loudest} of 100,000");
        assert!(spoken[999] > 0, "all of them speak");
    }

    #[test]
    fn messages_without_viewers_come_from_users_who_were_there() {
        let mut people = People::new(Generator::new(1));
        assert_eq!(people.speaker(), 0, "the first who will come");
        people.join();
        people.join();
        people.leave();
        people.leave();
        assert!((0..20).all(|_| people.speaker() < 2));
    }
}
