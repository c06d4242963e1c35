//! The people: who is there, where they sit, how much they speak and how attentive each is.

use super::weights::Weights;
use crate::random::Generator;
use crate::time::{Millis, SECOND};

/// Standard deviation of a person's own attention, on the logit.
const PERSON_SD: f64 = 0.15;
/// How heavy-tailed speaking is: the shape of the Pareto distribution of speakers' weights.
const SPEAKING_SHAPE: f64 = 1.2;
/// No one speaks more than this many times as much as the most silent: the tail has no variance, and one seat must not be
/// the whole chat of a large session.
const LOUDEST: f64 = 200.0;
/// Chat grows with attention to the power 1.5, and attention (at the usual level) by half of what its logit grows.
const SPEAKING_PER_LOGIT: f64 = 0.75;
/// The share that comes for the first time (an assumption).
const FIRST_TIME: f64 = 0.3;
/// A client says that it is alive once in this many steps of a second.
const HEARTBEAT_STEPS: Millis = 30;

/// A person in a seat. It stays true until the person leaves; the seat is then given to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seat {
    slot: u32,
    /// Who sits there.
    pub(super) user: u32,
}

#[derive(Debug, Clone)]
struct Person {
    user: u32,
    /// What is added to the session's attention logit for this person.
    offset: f64,
    /// Where this seat stands in `People::present`.
    position: usize,
}

/// Everyone who is present. Memory grows with the most people who were there at one time, not with how many ever came.
#[derive(Debug, Clone)]
pub(super) struct People {
    seats: Vec<Option<Person>>,
    free: Vec<u32>,
    /// The taken seats, in no order that means anything: for picking anyone.
    present: Vec<u32>,
    /// How much each seat speaks.
    speakers: Weights,
    next_user: u32,
}

impl People {
    pub(super) fn new() -> Self {
        Self { seats: Vec::new(), free: Vec::new(), present: Vec::new(), speakers: Weights::new(), next_user: 0 }
    }

    /// How many are present.
    pub(super) fn count(&self) -> usize {
        self.present.len()
    }

    /// A new person sits down: who, and whether for the first time.
    pub(super) fn join(&mut self, generator: &mut Generator) -> (u32, bool) {
        let user = self.next_user;
        self.next_user = self.next_user.saturating_add(1);
        let offset = generator.normal(0.0, PERSON_SD);
        let weight = generator.pareto(SPEAKING_SHAPE).min(LOUDEST) * crate::math::exp(SPEAKING_PER_LOGIT * offset);
        let person = Some(Person { user, offset, position: self.present.len() });
        let slot = self.free.pop().unwrap_or(self.seats.len() as u32);
        match self.seats.get_mut(slot as usize) {
            Some(seat) => *seat = person,
            None => self.seats.push(person),
        }
        self.present.push(slot);
        self.speakers.set(slot as usize, weight);
        (user, generator.chance(FIRST_TIME))
    }

    /// A person leaves the seat.
    pub(super) fn leave(&mut self, seat: Seat) {
        let Some(person) = self.seats.get_mut(seat.slot as usize).and_then(Option::take) else { return };
        self.present.swap_remove(person.position);
        let moved = self.present.get(person.position).copied();
        if let Some(moved) = moved.and_then(|slot| self.seats.get_mut(slot as usize)).and_then(Option::as_mut) {
            moved.position = person.position;
        }
        self.free.push(seat.slot);
        self.speakers.set(seat.slot as usize, 0.0);
    }

    /// Whether this person still sits there.
    pub(super) fn is_present(&self, seat: Seat) -> bool {
        self.person(seat.slot).is_some_and(|person| person.user == seat.user)
    }

    /// What this person adds to the session's attention logit.
    pub(super) fn offset(&self, seat: Seat) -> f64 {
        self.person(seat.slot).map_or(0.0, |person| person.offset)
    }

    /// Makes this person more attentive, for good.
    pub(super) fn lift(&mut self, seat: Seat, by: f64) {
        if let Some(person) = self.seats.get_mut(seat.slot as usize).and_then(Option::as_mut) {
            person.offset += by;
        }
    }

    /// Anyone present, each alike.
    pub(super) fn anyone(&self, generator: &mut Generator) -> Option<Seat> {
        let drawn = generator.below(self.present.len() as u64) as usize;
        self.seat(*self.present.get(drawn)?)
    }

    /// Someone present, by how much each speaks.
    pub(super) fn speaker(&self, generator: &mut Generator) -> Option<Seat> {
        self.seat(self.speakers.pick(generator)? as u32)
    }

    /// Everyone present.
    pub(super) fn everyone(&self) -> impl Iterator<Item = Seat> {
        self.present.iter().filter_map(|slot| self.seat(*slot))
    }

    /// Whose clients say in the second that begins `elapsed` after the start that they are alive, and at which millisecond of
    /// it. A seat has its second of the 30, so that a second touches only its own seats.
    pub(super) fn heartbeats(&self, elapsed: Millis) -> impl Iterator<Item = (Seat, Millis)> {
        let first = (elapsed / SECOND).rem_euclid(HEARTBEAT_STEPS) as usize;
        let seats = self.seats.iter().enumerate().skip(first).step_by(HEARTBEAT_STEPS as usize);
        seats.filter_map(|(slot, person)| {
            let seat = Seat { slot: slot as u32, user: person.as_ref()?.user };
            // Spread over the second by a stride that is coprime to it.
            Some((seat, (slot as Millis * 389) % SECOND))
        })
    }

    fn person(&self, slot: u32) -> Option<&Person> {
        self.seats.get(slot as usize)?.as_ref()
    }

    fn seat(&self, slot: u32) -> Option<Seat> {
        Some(Seat { slot, user: self.person(slot)?.user })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_given_to_another_and_the_old_ticket_no_longer_holds() {
        let mut generator = Generator::new(1);
        let mut people = People::new();
        people.join(&mut generator);
        people.join(&mut generator);
        let gone = people.everyone().next().unwrap();
        people.leave(gone);
        assert!(!people.is_present(gone));
        people.join(&mut generator);
        assert!(!people.is_present(gone), "the seat is taken, by another");
        assert_eq!((people.count(), people.seats.len()), (2, 2));
    }

    #[test]
    fn memory_follows_who_is_present_not_who_ever_came() {
        let mut generator = Generator::new(1);
        let mut people = People::new();
        for _ in 0..10 {
            people.join(&mut generator);
        }
        for _ in 0..10_000 {
            let seat = people.anyone(&mut generator).unwrap();
            people.leave(seat);
            people.join(&mut generator);
        }
        assert_eq!((people.count(), people.seats.len(), people.free.len()), (10, 10, 0));
    }

    #[test]
    fn everyone_beats_once_in_thirty_seconds() {
        let mut generator = Generator::new(1);
        let mut people = People::new();
        for _ in 0..100 {
            people.join(&mut generator);
        }
        let mut users: Vec<_> = (0..30)
            .flat_map(|second| people.heartbeats(second * SECOND).map(|(seat, _)| seat.user).collect::<Vec<_>>())
            .collect();
        users.sort_unstable();
        assert_eq!(users, (0..100).collect::<Vec<_>>());
    }
}
