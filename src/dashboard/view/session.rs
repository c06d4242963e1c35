//! One session, as its page shows it.

use std::collections::{BTreeSet, VecDeque};

use compact_str::CompactString;
use indexmap::IndexMap;
use serde::Serialize;
use streams::broker::Offset;
use topology::wire::{
    Anomaly, AnomalyClass, AnomalyLevel, Band, EngagementScore, InterventionCommand, InterventionFeedback,
    InterventionResult, Mode, ScoreTerms, SessionKind, SessionPhase, SessionType, named,
};

use super::card::{Card, Status};
use super::point::Point;
use super::{Budget, words};

/// Points that are kept of a session: an hour of ticks.
const POINTS_MAX: usize = 720;
/// Interventions that are kept of a session.
const CARDS_MAX: usize = 500;
/// Commands of which something was read before the command itself.
const EARLY_MAX: usize = 64;
/// The score is compared with that of so long ago.
const CHANGE_SPAN_MS: i64 = 300_000;

/// The budget of a session, as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Spent {
    /// Decisions in the last span, controls included.
    pub used: usize,
    /// How many there may be.
    pub of: usize,
    /// The span, in milliseconds.
    pub span_ms: i64,
    /// When the next is allowed, in milliseconds since the epoch; nothing: now.
    pub next_at_ms: Option<i64>,
}

/// What is wrong, if anything is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alarm {
    /// From 0 to 1.
    pub score: f64,
    /// How serious it is.
    #[serde(with = "named")]
    pub level: AnomalyLevel,
    /// What is wrong.
    pub class: Option<AnomalyClass>,
    /// The same in words with numbers.
    pub reason: Option<CompactString>,
}

impl From<&Anomaly> for Alarm {
    fn from(anomaly: &Anomaly) -> Self {
        Self { score: anomaly.score, level: anomaly.level, class: anomaly.class, reason: anomaly.reason.clone() }
    }
}

/// The parts of a score, from 0 to 1; nothing: it had no part in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Terms {
    /// Messages.
    pub chat: Option<f64>,
    /// Votes.
    pub poll: Option<f64>,
    /// People with any interaction.
    pub active: Option<f64>,
    /// Reactions.
    pub reactions: Option<f64>,
    /// People who stay.
    pub stay: Option<f64>,
}

impl From<&ScoreTerms> for Terms {
    fn from(terms: &ScoreTerms) -> Self {
        let ScoreTerms { chat, poll, active, reactions, stay } = *terms;
        Self { chat, poll, active, reactions, stay }
    }
}

/// The newest score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// The tick, in milliseconds since the epoch.
    pub at_ms: i64,
    /// From 0 to 1.
    pub score: f64,
    /// The same over 90 seconds.
    pub score_90s: f64,
    /// In a word.
    #[serde(with = "named")]
    pub band: Band,
    /// People who are there.
    pub people: i64,
    /// How many of the four signals are known.
    pub signals_known: usize,
    /// Against five minutes ago.
    pub change_5min: Option<f64>,
    /// Where it comes from.
    pub sentence: String,
    /// Its parts, from 0 to 1.
    pub terms: Terms,
    /// What is wrong.
    pub anomaly: Alarm,
}

/// What is shown of a session.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// Its id.
    pub session: CompactString,
    /// Its title.
    pub title: Option<CompactString>,
    /// What kind of session it is.
    #[serde(rename = "type")]
    pub session_type: Option<&'static str>,
    /// Who speaks.
    pub speaker: Option<CompactString>,
    /// Since when, in milliseconds since the epoch.
    pub started_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// Where in its course it is.
    pub phase: Option<&'static str>,
    /// People who are there.
    pub people: i64,
    /// The most that were there.
    pub people_peak: i64,
    /// How much is done without asking.
    #[serde(with = "named")]
    pub mode: Mode,
    /// Who set it.
    pub mode_by: Option<CompactString>,
    /// When, in milliseconds since the epoch.
    pub mode_at_ms: Option<i64>,
    /// Whether interventions rest.
    pub paused: bool,
    /// Who said so.
    pub paused_by: Option<CompactString>,
    /// When, in milliseconds since the epoch.
    pub paused_at_ms: Option<i64>,
    /// What a change of mode or pause must name.
    pub revision: i64,
    /// Proposals that wait for a person.
    pub open_proposals: usize,
    /// Too little is known to raise an alarm.
    pub is_warming_up: bool,
    /// Topics that have brought nothing.
    pub silent_topics: Vec<&'static str>,
    /// How often it may act.
    pub budget: Spent,
    /// The newest score.
    pub score: Option<Score>,
}

/// What a viewer has not seen yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub(super) session: bool,
    pub(super) points: Vec<i64>,
    pub(super) cards: BTreeSet<CompactString>,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        !self.session && self.points.is_empty() && self.cards.is_empty()
    }
}

/// Something about a command.
#[derive(Clone, Debug)]
pub(super) enum News {
    Decision(Box<topology::wire::Session>, i64),
    Feedback(Box<InterventionFeedback>),
    Result(Box<InterventionResult>),
}

/// One session.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// What is shown; what is computed from the rest is brought up to date when it is asked for.
    shown: Shown,
    budget: Budget,
    points: VecDeque<Point>,
    /// By command, oldest first.
    cards: IndexMap<CompactString, Card>,
    /// What was read of a command before the command: topics are read side by side.
    early: IndexMap<CompactString, Vec<News>>,
    pub(super) changes: Changes,
}

impl SessionView {
    pub(super) fn new(session: &str, mode: Mode, budget: Budget) -> Self {
        let shown = Shown {
            session: session.into(),
            title: None,
            session_type: None,
            speaker: None,
            started_ms: None,
            ended_ms: None,
            phase: None,
            people: 0,
            people_peak: 0,
            mode,
            mode_by: None,
            mode_at_ms: None,
            paused: false,
            paused_by: None,
            paused_at_ms: None,
            revision: 0,
            open_proposals: 0,
            is_warming_up: true,
            silent_topics: Vec::new(),
            budget: Spent { used: 0, of: budget.decisions, span_ms: budget.span_ms, next_at_ms: None },
            score: None,
        };
        Self {
            shown,
            budget,
            points: VecDeque::new(),
            cards: IndexMap::new(),
            early: IndexMap::new(),
            changes: Changes::default(),
        }
    }

    /// What is shown of it.
    #[must_use]
    pub fn shown(&self) -> &Shown {
        &self.shown
    }

    /// The ticks, oldest first.
    pub fn points(&self) -> impl Iterator<Item = &Point> {
        self.points.iter()
    }

    /// The interventions, newest first.
    pub fn cards(&self) -> impl Iterator<Item = &Card> {
        self.cards.values().rev()
    }

    /// The card of a command.
    #[must_use]
    pub fn card(&self, command: &str) -> Option<&Card> {
        self.cards.get(command)
    }

    /// The point of a tick.
    pub(super) fn point(&self, at_ms: i64) -> Option<&Point> {
        self.points.iter().rev().find(|point| point.at_ms == at_ms)
    }

    /// The time of the newest thing that is known of it.
    pub(super) fn newest_ms(&self) -> i64 {
        let score = self.shown.score.as_ref().map(|score| score.at_ms);
        score.max(self.shown.ended_ms).max(self.shown.started_ms).unwrap_or(i64::MIN)
    }

    pub(super) fn take_score(&mut self, score: &EngagementScore) {
        let point = Point::of(score);
        match self.points.back() {
            // The same tick again, or an older one: a stream that gives each at least once.
            Some(newest) if newest.at_ms >= point.at_ms => {
                let same = self.points.iter_mut().rev().find(|known| known.at_ms == point.at_ms);
                let Some(same) = same else { return };
                *same = point;
            }
            _ => {
                self.points.push_back(point);
                if self.points.len() > POINTS_MAX {
                    self.points.pop_front();
                }
            }
        }
        self.changes.points.push(score.at_ms);
        if self.shown.score.as_ref().is_some_and(|newest| newest.at_ms > score.at_ms) {
            return;
        }
        let before = self.points.iter().rev().find(|point| point.at_ms <= score.at_ms - CHANGE_SPAN_MS);
        let signals = &score.signals;
        let known =
            [signals.chat_per_min, signals.reactions_per_min, signals.poll_participation, signals.leave_per_min];
        self.shown.score = Some(Score {
            at_ms: score.at_ms,
            score: score.score,
            score_90s: score.score_90s,
            band: score.band,
            people: score.people,
            signals_known: known.iter().flatten().count(),
            change_5min: before.map(|before| score.score - before.score),
            sentence: words::explanation(score),
            terms: Terms::from(&score.terms),
            anomaly: Alarm::from(&score.anomaly),
        });
        self.shown.people = score.people;
        self.shown.people_peak = self.shown.people_peak.max(score.people);
        self.shown.is_warming_up = score.anomaly.class == Some(AnomalyClass::InsufficientData);
        self.shown.phase = signals.phase.map(SessionPhase::name);
        if let Some(elapsed_s) = signals.elapsed_s.filter(|_| self.shown.started_ms.is_none()) {
            self.shown.started_ms = Some(score.at_ms - (elapsed_s * 1_000.0) as i64);
        }
        if self.shown.ended_ms.is_some_and(|ended| score.at_ms > ended) {
            self.shown.ended_ms = None;
        }
        let silent = |rate: Option<f64>| rate.is_none_or(|rate| rate <= 0.0);
        let topics = [
            ("chat", silent(signals.chat_per_min)),
            ("poll", signals.poll_participation.is_none()),
            ("presence", signals.present_users.is_none_or(|users| users == 0)),
            ("reaction", silent(signals.reactions_per_min)),
        ];
        self.shown.silent_topics = topics.iter().filter(|(_, is_silent)| *is_silent).map(|(topic, _)| *topic).collect();
        self.count(score.at_ms);
    }

    /// What follows from the cards.
    fn count(&mut self, now_ms: i64) {
        self.changes.session = true;
        let open = self.cards.values().filter(|card| card.status == Status::Proposed && card.expires_at_ms > now_ms);
        self.shown.open_proposals = open.count();
        let since = now_ms.saturating_sub(self.budget.span_ms);
        let mut decided: Vec<i64> = self.cards.values().map(|card| card.at_ms).filter(|at| *at > since).collect();
        decided.sort_unstable();
        // The one whose going makes room.
        let blocking = decided.len().checked_sub(self.budget.decisions).and_then(|place| decided.get(place));
        self.shown.budget.used = decided.len();
        self.shown.budget.next_at_ms = blocking.map(|at| at.saturating_add(self.budget.span_ms));
    }

    fn recount(&mut self) {
        let now_ms = self.shown.score.as_ref().map_or(i64::MIN, |score| score.at_ms);
        self.count(now_ms);
    }

    pub(super) fn take_command(&mut self, command: &InterventionCommand, offset: Offset) {
        match self.cards.get_mut(&command.command) {
            Some(card) => card.take_command(command, offset),
            None => {
                let mut card = Card::new(command, offset);
                self.early.shift_remove(&command.command).into_iter().flatten().for_each(|news| card.take(news));
                self.cards.insert(command.command.clone(), card);
                if self.cards.len() > CARDS_MAX {
                    self.cards.shift_remove_index(0);
                }
            }
        }
        self.changes.cards.insert(command.command.clone());
        self.recount();
    }

    /// Takes in something about a command.
    pub(super) fn take_news(&mut self, command: &CompactString, news: News) {
        match self.cards.get_mut(command) {
            Some(card) => card.take(news),
            None => {
                self.early.entry(command.clone()).or_default().push(news);
                if self.early.len() > EARLY_MAX {
                    self.early.shift_remove_index(0);
                }
                return;
            }
        }
        self.changes.cards.insert(command.clone());
        self.recount();
    }

    pub(super) fn take_session(&mut self, told: &topology::wire::Session, offset: Offset, at_ms: i64) {
        let shown = &mut self.shown;
        match told.kind {
            SessionKind::Started => {
                shown.title.clone_from(&told.title);
                shown.speaker.clone_from(&told.speaker);
                shown.session_type = told.session_type.map(SessionType::name);
                shown.started_ms = Some(at_ms);
                shown.ended_ms = None;
            }
            SessionKind::Phase => shown.phase = told.phase.map(SessionPhase::name),
            SessionKind::Ended => shown.ended_ms = Some(at_ms),
            SessionKind::Mode => {
                shown.mode = told.mode.unwrap_or(shown.mode);
                shown.mode_by.clone_from(&told.actor);
                shown.mode_at_ms = Some(at_ms);
                shown.revision = offset.saturating_add(1);
            }
            SessionKind::Paused | SessionKind::Resumed => {
                shown.paused = told.kind == SessionKind::Paused;
                shown.paused_by.clone_from(&told.actor);
                shown.paused_at_ms = Some(at_ms);
                shown.revision = offset.saturating_add(1);
            }
            SessionKind::Decision => {
                if let Some(command) = &told.command {
                    self.take_news(command, News::Decision(Box::new(told.clone()), at_ms));
                }
                return;
            }
            SessionKind::Slide | SessionKind::Speech => return,
        }
        self.changes.session = true;
    }
}
