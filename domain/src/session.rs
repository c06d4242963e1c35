//! One session: the row of everything about it that is not a user's and not a pane's, and its life from the first event to
//! its end.

use crate::activity::Activity;
use crate::attendee::Counted;
use crate::baseline::Own;
use crate::context::{Phase, SessionType, SizeBand};
use crate::plan::Plan;
use crate::poll::Poll;
use crate::questions::{Question, RecentMessage};
use crate::time::{LONG_WINDOW, MINUTE, Millis, TICK, pane_start};

/// A session is over after this long without an event.
pub const SILENCE: Millis = 30 * MINUTE;
/// Its rows are kept this long after it is over.
pub const KEPT_AFTER_END: Millis = 60 * MINUTE;

/// The row of one session.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// The time of the first event ever folded: the origin of [`Crowd::since_sum_ms`]; never changes.
    pub began_at: Millis,
    /// The time of the first event of this life: `elapsed` counts from here.
    pub opened_at: Millis,
    /// A `started` was seen; otherwise the session is implicit.
    pub started: bool,
    /// What kind of session it is.
    pub session_type: SessionType,
    /// How many it has room for.
    pub capacity: Option<u32>,
    /// Phases, planned and told.
    pub plan: Plan,
    /// It was ended, then.
    pub ended_at: Option<Millis>,
    /// The newest event.
    pub last_event_at: Millis,
    /// When each kind of event was last seen.
    pub last_seen: LastSeen,
    /// Who is there.
    pub crowd: Crowd,
    /// The newest polls, in the order of their ordinals; at most [`crate::poll::POLLS_MAX`].
    pub polls: Vec<Poll>,
    /// The ordinal of the next poll.
    pub next_poll: u32,
    /// The newest messages; at most [`crate::questions::RECENT_MAX`].
    pub recent: Vec<RecentMessage>,
    /// Open questions: asked, and not replied to; at most [`crate::questions::QUESTIONS_MAX`].
    pub questions: Vec<Question>,
    /// How many questions were asked in this life.
    pub questions_asked: u32,
    /// The first pane that is kept: what would fall before it is not counted in any pane.
    pub kept_from: Millis,
    /// The newest tick.
    pub last_tick: Option<Millis>,
    /// The audience's size, with hysteresis; absent before the first tick.
    pub size: Option<SizeBand>,
    /// The session's own past.
    pub own: Own,
    /// The version of the prior that the session pinned at its first tick; kept by the caller.
    pub baseline_version: Option<u64>,
}

/// When events were last seen, by what they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LastSeen {
    /// A chat event.
    pub chat: Option<Millis>,
    /// A poll's event.
    pub poll: Option<Millis>,
    /// A presence event.
    pub presence: Option<Millis>,
    /// An emoji.
    pub reaction: Option<Millis>,
    /// Any interaction.
    pub interaction: Option<Millis>,
}

/// Totals over the users who are present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Crowd {
    /// How many.
    pub present: u32,
    /// How many of them were active once and no longer are.
    pub disengaged: u32,
    /// How many of them were never active.
    pub lurkers: u32,
    /// How many of them are in their first session.
    pub first_time: u32,
    /// Of how many it is known whether the tab has the focus.
    pub focus_known: u32,
    /// Of how many it has.
    pub focused: u32,
    /// The sum over them of the times since which they are present, less the session's beginning.
    pub since_sum_ms: i64,
}

/// What a session's life has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It is on.
    Live,
    /// Nothing was heard for [`SILENCE`]: any event opens it anew.
    Silent,
    /// It was ended: only `started` opens it anew.
    Ended,
}

impl Session {
    /// An implicit session whose first event came then: a workshop in its middle phase.
    #[must_use]
    pub fn open(at: Millis) -> Self {
        Self {
            began_at: at,
            opened_at: at,
            started: false,
            session_type: SessionType::Workshop,
            capacity: None,
            plan: Plan::default(),
            ended_at: None,
            last_event_at: at,
            last_seen: LastSeen::default(),
            crowd: Crowd::default(),
            polls: Vec::new(),
            next_poll: 0,
            recent: Vec::new(),
            questions: Vec::new(),
            questions_asked: 0,
            kept_from: pane_start(at).saturating_sub(LONG_WINDOW),
            last_tick: None,
            size: None,
            own: Own::default(),
            baseline_version: None,
        }
    }

    /// When it is over: at its end, or when silence will have ended it.
    #[must_use]
    pub fn over_at(&self) -> Millis {
        self.ended_at.unwrap_or_else(|| self.last_event_at.saturating_add(SILENCE))
    }

    /// What its life has come to at `at`.
    #[must_use]
    pub fn life(&self, at: Millis) -> Life {
        match self.ended_at {
            Some(ended) if at > ended => Life::Ended,
            None if at >= self.over_at() => Life::Silent,
            _ => Life::Live,
        }
    }

    /// The first tick after `after` that is to fire: ticks up to the end still do. Ask again when an event was folded.
    #[must_use]
    pub fn next_tick(&self, after: Millis) -> Option<Millis> {
        let tick = pane_start(after).saturating_add(TICK);
        (tick <= self.over_at()).then_some(tick)
    }

    /// When its rows may be purged, if nothing else happens.
    #[must_use]
    pub fn purge_at(&self) -> Millis {
        self.over_at().saturating_add(KEPT_AFTER_END)
    }

    /// The phase at `at`; an implicit session is in its middle unless it was told otherwise.
    #[must_use]
    pub fn phase(&self, at: Millis) -> Phase {
        self.plan.phase_at(at)
    }

    /// The poll of this id, among those that are kept.
    #[must_use]
    pub fn poll(&self, id: u64) -> Option<&Poll> {
        self.polls.iter().find(|poll| poll.id == id)
    }

    pub(crate) fn poll_mut(&mut self, id: u64) -> Option<&mut Poll> {
        self.polls.iter_mut().find(|poll| poll.id == id)
    }

    /// The message of this id, while it is known: among the newest, or an open question.
    pub(crate) fn origin(&self, id: u64) -> Option<RecentMessage> {
        let recent = self.recent.iter().rev().find(|message| message.id == id).copied();
        recent.or_else(|| {
            let question = self.questions.iter().find(|question| question.id == id)?;
            Some(RecentMessage { id, at: question.at, by_command: question.by_command })
        })
    }

    /// Begins another life.
    pub(crate) fn reopen(&mut self, at: Millis) {
        self.opened_at = at;
        self.ended_at = None;
        self.last_event_at = at;
        // Nobody is going to answer what was asked in the life before.
        self.questions.clear();
        self.questions_asked = 0;
    }
}

impl LastSeen {
    /// Takes note of an event.
    pub(crate) fn note(&mut self, activity: &Activity<'_>, at: Millis) {
        if activity.is_interaction() {
            self.interaction = self.interaction.max(Some(at));
        }
        let kind = match activity {
            Activity::Message { .. } | Activity::Upvote { .. } | Activity::Reply { .. } => &mut self.chat,
            Activity::PollOpened { .. } | Activity::Voted { .. } | Activity::PollClosed { .. } => &mut self.poll,
            Activity::Joined { .. } | Activity::Left | Activity::Heartbeat { .. } => &mut self.presence,
            Activity::Reaction { .. } => &mut self.reaction,
            _ => return,
        };
        *kind = (*kind).max(Some(at));
    }
}

impl Crowd {
    /// Replaces one user's part in the totals. Times are relative to `began_at`.
    pub(crate) fn recount(&mut self, began_at: Millis, before: &Counted, after: &Counted) {
        let step = |total: &mut u32, before: bool, after: bool| {
            *total = total.saturating_sub(u32::from(before)).saturating_add(u32::from(after));
        };
        step(&mut self.present, before.present_since.is_some(), after.present_since.is_some());
        step(&mut self.disengaged, before.disengaged, after.disengaged);
        step(&mut self.lurkers, before.lurker, after.lurker);
        step(&mut self.first_time, before.first_time, after.first_time);
        step(&mut self.focus_known, before.focused.is_some(), after.focused.is_some());
        step(&mut self.focused, before.focused == Some(true), after.focused == Some(true));
        let since = |counted: &Counted| counted.present_since.map_or(0, |since| since.saturating_sub(began_at));
        self.since_sum_ms = self.since_sum_ms.saturating_sub(since(before)).saturating_add(since(after));
    }
}
