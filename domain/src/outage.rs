//! Whether a producer is out: one topic silent in all sessions of a partition while the others flow is no drop in engagement.
//!
//! One session alone can not tell: its own silence IS the evidence of a drop. So at least three sessions must have used the topic
//! lately, and the silence must be longer than what chance would give at the rate seen until then.

use crate::math;
use crate::time::{MINUTE, Millis, SECOND};

/// A topic is watched once this many sessions have used it lately.
pub const SESSIONS_MIN: usize = 3;
/// What counts as lately.
pub const LATELY: Millis = 10 * MINUTE;
/// No silence shorter than this is an outage.
pub const SILENCE_MIN: Millis = 30 * SECOND;
/// So many events must be missing against the rate of before: e^-20 is no chance.
pub const MISSING_MIN: f64 = 20.0;
/// The other topics flow while one of them had an event within this time.
pub const FLOWING: Millis = 10 * SECOND;
/// The time constant of the rate.
const TAU: f64 = 5.0 * 60_000.0;

/// One topic on one partition.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Flow {
    /// Its newest event.
    pub last_at: Option<Millis>,
    /// Events per millisecond until then, an exponential mean.
    pub rate: f64,
    /// The sessions that used it last (by hash), each with its newest event; most recent first.
    pub sessions: [Option<(u64, Millis)>; SESSIONS_MIN],
}

impl Flow {
    /// Takes an event of a session (by hash) into account.
    pub fn saw(&mut self, session: u64, at: Millis) {
        let before = self.last_at.unwrap_or(at);
        let gap = at.saturating_sub(before).max(0) as f64;
        self.rate = self.rate * math::exp(-gap / TAU) + 1.0 / TAU;
        self.last_at = Some(before.max(at));
        let place = self.sessions.iter().position(|known| known.is_none_or(|(hash, _)| hash == session));
        let end = place.unwrap_or(SESSIONS_MIN - 1) + 1;
        if let Some(recent) = self.sessions.get_mut(..end) {
            recent.rotate_right(1);
            if let Some(first) = recent.first_mut() {
                *first = Some((session, at));
            }
        }
    }

    /// Whether it has fallen silent at `at` in a way that neither chance nor one session explains.
    #[must_use]
    pub fn is_silent(&self, at: Millis) -> bool {
        let Some(last) = self.last_at else { return false };
        let silence = at.saturating_sub(last);
        let watched = self.sessions.iter().all(|known| known.is_some_and(|(_, seen)| last - seen <= LATELY));
        watched && (SILENCE_MIN..=LATELY).contains(&silence) && self.rate * silence as f64 >= MISSING_MIN
    }

    fn flows(&self, at: Millis) -> bool {
        self.last_at.is_some_and(|last| at.saturating_sub(last) <= FLOWING)
    }
}

/// The topics of a partition that people's engagement is read from.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Flows {
    /// Chat.
    pub chat: Flow,
    /// Presence.
    pub presence: Flow,
    /// Reactions.
    pub reaction: Flow,
}

impl Flows {
    /// Whether one of the topics is out at `at` while another flows.
    #[must_use]
    pub fn outage(&self, at: Millis) -> bool {
        let all = [&self.chat, &self.presence, &self.reaction];
        all.iter().any(|flow| flow.is_silent(at)) && all.iter().any(|flow| flow.flows(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(sessions: u64, until: Millis) -> Flow {
        let mut flow = Flow::default();
        for at in (0..until).step_by(1_000) {
            flow.saw((at / 1_000) as u64 % sessions, at);
        }
        flow
    }

    #[test]
    fn a_topic_that_stops_in_all_sessions_while_others_flow_is_an_outage() {
        let until = 5 * MINUTE;
        let mut flows = Flows { chat: flow(4, until), presence: flow(4, until), reaction: Flow::default() };
        assert!(!flows.outage(until + 20 * SECOND), "too short a silence");
        flows.presence.saw(1, until + MINUTE);
        assert!(flows.outage(until + MINUTE));
        flows.chat.saw(1, until + MINUTE);
        assert!(!flows.outage(until + MINUTE), "it is back");
    }

    #[test]
    fn the_silence_of_one_or_two_sessions_is_a_drop_and_no_outage() {
        let until = 5 * MINUTE;
        let mut flows = Flows { chat: flow(2, until), presence: flow(4, until), reaction: Flow::default() };
        flows.presence.saw(1, until + MINUTE);
        assert!(!flows.outage(until + MINUTE));
    }

    #[test]
    fn when_everything_is_silent_nothing_is_known_to_be_out() {
        let until = 5 * MINUTE;
        let flows = Flows { chat: flow(4, until), presence: flow(4, until), reaction: flow(4, until) };
        assert!(!flows.outage(until + 2 * MINUTE));
    }

    #[test]
    fn a_rare_topic_may_be_silent_for_long() {
        let mut flow = Flow::default();
        for n in 0..10 {
            flow.saw(n % 4, n as Millis * MINUTE);
        }
        assert!(!flow.is_silent(11 * MINUTE));
    }

    #[test]
    fn the_most_recent_sessions_are_remembered_once_each() {
        let mut flow = Flow::default();
        for (session, at) in [(1, 0), (2, 1), (1, 2), (3, 3), (4, 4)] {
            flow.saw(session, at);
        }
        assert_eq!(flow.sessions, [Some((4, 4)), Some((3, 3)), Some((1, 2))]);
    }
}
