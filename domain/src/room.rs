//! For tests: one session with its users, panes and timers, as the engine runs it.

use std::collections::{BTreeMap, BTreeSet};

use crate::activity::Activity;
use crate::attendee::Attendee;
use crate::baseline::Prior;
use crate::observe::{Observed, observe};
use crate::pane::Pane;
use crate::presence::{NextDue, due};
use crate::session::Session;
use crate::tick::{Evaluation, evaluate};
use crate::time::{GRACE, Millis, TICK, pane_start};

/// A multiple of five minutes: aligned blocks begin here.
pub(crate) const START: Millis = 1_700_000_100_000;

pub(crate) struct Room {
    pub(crate) session: Session,
    pub(crate) attendees: BTreeMap<u32, Attendee>,
    pub(crate) panes: BTreeMap<Millis, Pane>,
    timers: BTreeSet<(Millis, u32)>,
    stream_time: Millis,
    next_tick: Millis,
    pub(crate) frozen: bool,
    pub(crate) prior: Prior,
    pub(crate) evaluations: Vec<Evaluation>,
}

impl Room {
    pub(crate) fn new() -> Self {
        assert_eq!(START % (5 * 60_000), 0);
        Self {
            session: Session::open(START),
            attendees: BTreeMap::new(),
            panes: BTreeMap::new(),
            timers: BTreeSet::new(),
            stream_time: START,
            next_tick: pane_start(START) + TICK,
            frozen: false,
            prior: Prior::default(),
            evaluations: Vec::new(),
        }
    }

    /// Moves stream time to `START + after`: timers and ticks fire in the order of their times.
    pub(crate) fn advance(&mut self, after: Millis) {
        let to = START + after;
        loop {
            let timer = self.timers.first().copied().filter(|(at, _)| *at <= to);
            let tick = Some(self.next_tick).filter(|tick| tick + GRACE <= to);
            match (timer, tick) {
                (Some((at, user)), tick) if tick.is_none_or(|tick| at <= tick + GRACE) => self.fire(at, user),
                (_, Some(tick)) => self.tick(tick),
                _ => break,
            }
        }
        self.stream_time = self.stream_time.max(to);
    }

    fn fire(&mut self, at: Millis, user: u32) {
        self.timers.remove(&(at, user));
        let attendee = self.attendees.get_mut(&user).expect("a timer has a row");
        match due(attendee, at, &mut self.session, &mut self.panes) {
            NextDue::At(next) => assert!(self.timers.insert((next, user)) && next > at),
            NextDue::None => assert_eq!(attendee.due_at, None),
            NextDue::Purge => drop(self.attendees.remove(&user)),
        }
    }

    fn tick(&mut self, tick: Millis) {
        self.next_tick += TICK;
        let prior = self.prior;
        let evaluation = evaluate(tick, self.frozen, &mut self.session, |_, _| prior, &mut self.panes);
        self.panes.retain(|start, _| !(evaluation.delete_from..evaluation.delete_to).contains(start));
        self.evaluations.push(evaluation);
    }

    /// An event of a user at `START + after`; stream time goes there first, or stays if it is ahead.
    pub(crate) fn user(&mut self, after: Millis, user: u32, activity: &Activity<'_>) -> Observed {
        self.advance(after);
        let attendee = self.attendees.entry(user).or_default();
        let before = attendee.due_at;
        let observed = observe(activity, START + after, &mut self.session, Some(attendee), &mut self.panes);
        if let Observed::Folded { due: Some(due) } = observed {
            assert_eq!(attendee.due_at, Some(due));
            if let Some(before) = before {
                self.timers.remove(&(before, user));
            }
            self.timers.insert((due, user));
        }
        assert!(self.timers.iter().filter(|(_, owner)| *owner == user).count() <= 1, "one timer for each user");
        observed
    }

    /// An event of the session at `START + after`.
    pub(crate) fn session(&mut self, after: Millis, activity: &Activity<'_>) -> Observed {
        self.advance(after);
        observe(activity, START + after, &mut self.session, None, &mut self.panes)
    }

    pub(crate) fn join(&mut self, after: Millis, user: u32) {
        self.user(after, user, &Activity::Joined { first_time: false });
    }

    pub(crate) fn leave(&mut self, after: Millis, user: u32) {
        self.user(after, user, &Activity::Left);
    }

    pub(crate) fn beat(&mut self, after: Millis, user: u32) {
        self.user(after, user, &Activity::Heartbeat { focused: None });
    }

    pub(crate) fn say(&mut self, after: Millis, user: u32) {
        self.user(after, user, &MESSAGE);
    }

    pub(crate) fn react(&mut self, after: Millis, user: u32) {
        self.user(after, user, &Activity::Reaction { by_command: false });
    }

    /// How many are present at `START + after`.
    pub(crate) fn present(&mut self, after: Millis) -> u32 {
        self.advance(after);
        self.session.crowd.present
    }

    /// Joins, explicit leaves and leaves by time-out in all panes that are kept.
    pub(crate) fn traffic(&self) -> (u32, u32, u32) {
        self.panes.values().fold((0, 0, 0), |(joins, explicit, timeout), pane| {
            (joins + pane.joins, explicit + pane.leaves_explicit, timeout + pane.leaves_timeout)
        })
    }

    /// The newest evaluation.
    pub(crate) fn last(&self) -> &Evaluation {
        self.evaluations.last().expect("a tick has fired")
    }
}

/// A plain chat message.
pub(crate) const MESSAGE: Activity<'static> =
    Activity::Message { chars: 10, question: false, message: None, by_command: false };
