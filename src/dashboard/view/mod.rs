//! What the dashboard knows: a bounded view of the sessions, folded from topics. Pure: no clock, no I/O.
//!
//! - [`session`]: one session; [`card`]: one of its interventions; [`point`]: one of its ticks; `words`: sentences
//! - [`View`]: all of them

pub mod card;
pub mod point;
pub mod session;
pub(super) mod words;

use std::collections::HashMap;

use compact_str::CompactString;
use indexmap::IndexSet;
use serde::Serialize;
use streams::broker::Offset;
use topology::wire::{
    AnomalyLevel, EngagementScore, InterventionCommand, InterventionFeedback, InterventionResult, Mode, Session,
};

use card::Card;
use point::Point;
use session::{News, SessionView, Shown};

/// Sessions that are kept: beyond them the one is forgotten of which nothing was heard for longest.
const SESSIONS_MAX: usize = 2_000;
/// Sessions that the list shows.
const LISTED_MAX: usize = 500;

/// How often a session may be acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Decisions in any span.
    pub decisions: usize,
    /// The span, in milliseconds.
    pub span_ms: i64,
}

/// What has changed in a session since it was asked for last.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Delta {
    /// The session, if anything of it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Shown>,
    /// New ticks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<Point>,
    /// Interventions that are new or have changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interventions: Vec<Card>,
}

/// All sessions.
#[derive(Debug)]
pub struct View {
    sessions: HashMap<CompactString, SessionView>,
    /// Those that have changed since they were asked for.
    changed: IndexSet<CompactString>,
    mode: Mode,
    budget: Budget,
}

impl View {
    /// Nothing is known yet. `mode` is that of a session for which nobody set one.
    #[must_use]
    pub fn new(mode: Mode, budget: Budget) -> Self {
        Self { sessions: HashMap::new(), changed: IndexSet::new(), mode, budget }
    }

    /// The session of this id.
    #[must_use]
    pub fn get(&self, session: &str) -> Option<&SessionView> {
        self.sessions.get(session)
    }

    /// What is shown of a session that nobody has heard of.
    #[must_use]
    pub fn unknown(&self, session: &str) -> SessionView {
        SessionView::new(session, self.mode, self.budget)
    }

    /// All sessions, in no order.
    pub fn sessions(&self) -> impl Iterator<Item = &SessionView> {
        self.sessions.values()
    }

    /// The sessions as the list shows them, those first that need somebody: an alarm, a proposal, a low score; ended ones last.
    #[must_use]
    pub fn list(&self) -> Vec<&Shown> {
        let mut list: Vec<&Shown> = self.sessions.values().map(SessionView::shown).collect();
        list.sort_by(|one, other| need(one).partial_cmp(&need(other)).unwrap_or(std::cmp::Ordering::Equal));
        list.truncate(LISTED_MAX);
        list
    }

    /// Sessions that have changed since [`View::take`] was called for them.
    #[must_use]
    pub fn changed(&self) -> Vec<CompactString> {
        self.changed.iter().cloned().collect()
    }

    /// What has changed in a session; nothing: nothing has.
    pub fn take(&mut self, session: &str) -> Option<Delta> {
        self.changed.swap_remove(session);
        let view = self.sessions.get_mut(session)?;
        if view.changes.is_empty() {
            return None;
        }
        let changes = std::mem::take(&mut view.changes);
        Some(Delta {
            session: changes.session.then(|| view.shown().clone()),
            points: changes.points.iter().filter_map(|at_ms| view.point(*at_ms).cloned()).collect(),
            interventions: changes.cards.iter().filter_map(|command| view.card(command).cloned()).collect(),
        })
    }

    /// Takes a score in.
    pub fn take_score(&mut self, score: &EngagementScore) {
        self.change(&score.session, |session| session.take_score(score));
    }

    /// Takes a record of a command in; `offset` is where it lies.
    pub fn take_command(&mut self, command: &InterventionCommand, offset: Offset) {
        self.change(&command.session, |session| session.take_command(command, offset));
    }

    /// Takes in what the executor said.
    pub fn take_feedback(&mut self, session: &str, feedback: InterventionFeedback) {
        let command = feedback.command.clone();
        self.change(session, |session| session.take_news(&command, News::Feedback(Box::new(feedback))));
    }

    /// Takes in what came of a command.
    pub fn take_result(&mut self, result: InterventionResult) {
        let (session, command) = (result.session.clone(), result.command.clone());
        self.change(&session, |session| session.take_news(&command, News::Result(Box::new(result))));
    }

    /// Takes in what happened to a session, or what somebody decided; `offset` is where its record lies.
    pub fn take_session(&mut self, session: &str, told: &Session, offset: Offset, at_ms: i64) {
        self.change(session, |view| view.take_session(told, offset, at_ms));
    }

    fn change(&mut self, session: &str, change: impl FnOnce(&mut SessionView)) {
        if !self.sessions.contains_key(session) && self.sessions.len() >= SESSIONS_MAX {
            self.forget_oldest();
        }
        let (mode, budget) = (self.mode, self.budget);
        let view = self.sessions.entry(session.into()).or_insert_with(|| SessionView::new(session, mode, budget));
        change(view);
        if !view.changes.is_empty() && !self.changed.contains(session) {
            self.changed.insert(session.into());
        }
    }

    fn forget_oldest(&mut self) {
        let oldest = self.sessions.iter().min_by_key(|(_, view)| view.newest_ms()).map(|(session, _)| session.clone());
        if let Some(oldest) = oldest {
            self.sessions.remove(&oldest);
            self.changed.swap_remove(&oldest);
        }
    }
}

/// The smaller, the more a session needs somebody.
fn need(shown: &Shown) -> (bool, i8, bool, f64, CompactString) {
    let score = shown.score.as_ref();
    let alarm = match score.map(|score| score.anomaly.level) {
        Some(AnomalyLevel::Critical) => -2,
        Some(AnomalyLevel::Warning) => -1,
        _ => 0,
    };
    let number = score.map_or(1.0, |score| score.score);
    (shown.ended_ms.is_some(), alarm, shown.open_proposals == 0, number, shown.session.clone())
}

#[cfg(test)]
mod tests;
