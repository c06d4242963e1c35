//! Polls: who of the people present will answer is drawn when a poll opens, when they answer as time goes by.

use std::collections::VecDeque;

use super::attention::relative;
use super::person::{People, Seat};
use super::{CommandRef, Happening, POLL_OPTIONS, STEP, What};
use crate::math;
use crate::random::Generator;
use crate::time::{MINUTE, Millis, TICK};

/// The share of the people present who answer, at usual attention,
const ANSWERING: f64 = 0.47;
/// and how it follows attention.
const ANSWERING_EXPONENT: f64 = 0.7;
/// The share of those still to answer who do so within a tick.
const PER_TICK: f64 = 0.28;
/// How long a poll stays open (an assumption).
const OPEN: Millis = 2 * MINUTE;
/// How many polls are open at one time; the oldest is closed for another.
const MOST_OPEN: usize = 8;

#[derive(Debug, Clone)]
struct Poll {
    poll: u64,
    opened_ms: Millis,
    command: Option<CommandRef>,
    /// Those who will answer and have not.
    willing: Vec<Seat>,
}

/// The polls of one session.
#[derive(Debug, Clone)]
pub(super) struct Polls {
    open: VecDeque<Poll>,
    next_poll: u64,
    /// Draws the votes of the program's polls,
    own: Generator,
    /// and those of the polls that actions open: neither shifts the other's draws.
    caused: Generator,
}

impl Polls {
    pub(super) fn new(own: Generator, caused: Generator) -> Self {
        Self { open: VecDeque::new(), next_poll: 0, own, caused }
    }

    /// Opens a poll at `at`, before an audience with this attention logit.
    pub(super) fn open(
        &mut self,
        at_ms: Millis,
        command: Option<CommandRef>,
        logit: f64,
        people: &People,
        out: &mut Vec<Happening>,
    ) {
        if self.open.len() >= MOST_OPEN {
            self.close_first(at_ms, out);
        }
        let poll = self.next_poll;
        self.next_poll = self.next_poll.wrapping_add(1);
        let generator = if command.is_some() { &mut self.caused } else { &mut self.own };
        let answers =
            |seat: &Seat| generator.chance(ANSWERING * relative(logit + people.offset(*seat), ANSWERING_EXPONENT));
        let willing = people.everyone().filter(answers).collect();
        self.open.push_back(Poll { poll, opened_ms: at_ms, command, willing });
        let eligible = people.count() as u32;
        out.push(Happening { at_ms, what: What::PollOpened { poll, eligible, command } });
    }

    /// One second of votes; closes the polls whose time is over.
    pub(super) fn step(&mut self, from: Millis, people: &People, out: &mut Vec<Happening>) {
        let per_step = 1.0 - math::pow(1.0 - PER_TICK, STEP as f64 / TICK as f64);
        for poll in self.open.iter_mut().filter(|poll| poll.opened_ms <= from) {
            let generator = if poll.command.is_some() { &mut self.caused } else { &mut self.own };
            poll.willing.retain(|seat| {
                if !generator.chance(per_step) {
                    return true;
                }
                if people.is_present(*seat) {
                    let at_ms = from + generator.below(STEP as u64) as Millis;
                    let option = generator.below(u64::from(POLL_OPTIONS)) as u32;
                    let what = What::Voted { poll: poll.poll, user: seat.user, option, command: poll.command };
                    out.push(Happening { at_ms, what });
                }
                false
            });
        }
        while self.open.front().is_some_and(|poll| from.saturating_sub(poll.opened_ms) >= OPEN) {
            self.close_first(from + STEP - 1, out);
        }
    }

    /// Closes all polls.
    pub(super) fn close(&mut self, at: Millis, out: &mut Vec<Happening>) {
        while !self.open.is_empty() {
            self.close_first(at, out);
        }
    }

    fn close_first(&mut self, at_ms: Millis, out: &mut Vec<Happening>) {
        if let Some(poll) = self.open.pop_front() {
            out.push(Happening { at_ms, what: What::PollClosed { poll: poll.poll } });
        }
    }
}
