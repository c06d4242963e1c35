//! All that the report keeps of one session.

use compact_str::CompactString;
use topology::wire::{
    AnomalyLevel, CommandStatus, EngagementScore, InterventionCommand, InterventionKind, InterventionResult,
    SessionPhase,
};

use super::series::{Series, Tick};
use crate::alarm::{AlarmTracker, Edge, Episode};
use crate::words;

/// Alarms that are kept; further ones are counted.
const ALARMS_MAX: usize = 200;
/// Interventions that are kept; further ones are counted.
const INTERVENTIONS_MAX: usize = 200;
/// Changes of phase that are kept.
const PHASES_MAX: usize = 100;

/// One session.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SessionReport {
    pub(super) title: Option<CompactString>,
    /// The first tick and the last.
    pub(super) span: Option<(i64, i64)>,
    pub(super) people_max: i64,
    pub(super) score_min: Option<f64>,
    pub(super) scores: u64,
    score_sum: f64,
    score_last: Option<f64>,
    /// Every alarm, in the order of their beginnings; the last may be open.
    pub(super) alarms: Vec<Alarm>,
    pub(super) alarms_beyond: u64,
    /// Since when which phase was on.
    pub(super) phases: Vec<(i64, SessionPhase)>,
    pub(super) interventions: Vec<Mark>,
    pub(super) interventions_beyond: u64,
    tracker: AlarmTracker,
    series: Option<Series>,
    series_given_up: bool,
}

/// One alarm, as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Alarm {
    pub(super) episode: Episode,
    /// Why, in words, when it was at its worst.
    pub(super) reason: String,
}

/// One intervention, as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) command: CompactString,
    pub(super) kind: InterventionKind,
    pub(super) status: CommandStatus,
    pub(super) at_ms: i64,
    /// The score when it was decided.
    pub(super) score: Option<f64>,
    pub(super) reason: String,
    /// What came of it, in words; none while nothing has.
    pub(super) outcome: Option<String>,
    pub(super) change: Option<f64>,
    pub(super) success: Option<bool>,
}

impl SessionReport {
    /// Takes a score; true when that began its series.
    pub(super) fn score(&mut self, score: &EngagementScore) -> bool {
        let from = self.span.map_or(score.at_ms, |(from, _)| from);
        self.span = Some((from, score.at_ms.max(from)));
        self.people_max = self.people_max.max(score.people);
        self.score_min = Some(self.score_min.map_or(score.score, |least| least.min(score.score)));
        self.score_sum += score.score;
        self.score_last = Some(score.score);
        self.scores += 1;
        self.alarm(score);
        self.phase(score);

        let began = self.series.is_none() && !self.series_given_up;
        if began {
            self.series = Some(Series::new());
        }
        if let Some(series) = &mut self.series {
            let EngagementScore { at_ms, score, score_90s, people, .. } = *score;
            series.push(Tick { at_ms, score, score_90s, people: people as f64 });
        }
        began
    }

    fn alarm(&mut self, score: &EngagementScore) {
        let reason = || score.anomaly.reason.as_deref().map(words::quote).unwrap_or_default();
        match self.tracker.observe(score.at_ms, &score.anomaly) {
            Some(Edge::Raised(_)) if self.alarms.len() >= ALARMS_MAX => self.alarms_beyond += 1,
            Some(Edge::Raised(episode)) => self.alarms.push(Alarm { episode, reason: reason() }),
            Some(Edge::Grew(episode)) => {
                if let Some(alarm) = self.open_alarm(episode.from_ms) {
                    alarm.reason = reason();
                }
            }
            Some(Edge::Ended(_)) | None => {}
        }
        if let Some(open) = self.tracker.open()
            && let Some(alarm) = self.open_alarm(open.from_ms)
        {
            alarm.episode = open;
        }
    }

    fn open_alarm(&mut self, from_ms: i64) -> Option<&mut Alarm> {
        self.alarms.last_mut().filter(|alarm| alarm.episode.from_ms == from_ms)
    }

    fn phase(&mut self, score: &EngagementScore) {
        let Some(phase) = score.signals.phase else { return };
        let same = self.phases.last().is_some_and(|(_, last)| *last == phase);
        if !same && self.phases.len() < PHASES_MAX {
            self.phases.push((score.at_ms, phase));
        }
    }

    pub(super) fn command(&mut self, command: &InterventionCommand) {
        if self.title.is_none() {
            self.title = command.context.title.as_deref().map(|title| words::quote(title).into());
        }
        if let Some(mark) = self.mark(&command.command) {
            mark.status = command.status;
            return;
        }
        if self.interventions.len() >= INTERVENTIONS_MAX {
            self.interventions_beyond += 1;
            return;
        }
        self.interventions.push(Mark {
            command: command.command.clone(),
            kind: command.kind,
            status: command.status,
            at_ms: command.at_ms,
            score: self.score_last,
            reason: words::quote(&command.reason),
            outcome: None,
            change: None,
            success: None,
        });
    }

    pub(super) fn result(&mut self, result: &InterventionResult) {
        if let Some(mark) = self.mark(&result.command) {
            mark.outcome = Some(words::verdict(result));
            mark.change = result.change;
            mark.success = result.success;
        }
    }

    fn mark(&mut self, command: &str) -> Option<&mut Mark> {
        // The one that is asked for is mostly the newest.
        self.interventions.iter_mut().rev().find(|mark| mark.command == command)
    }

    /// How telling it is: alarms first, the critical ones before, then people.
    pub(super) fn rank(&self) -> (usize, usize, i64) {
        let critical = self.alarms.iter().filter(|alarm| alarm.episode.level == AnomalyLevel::Critical).count();
        (critical, self.alarms.len() + self.interventions.len(), self.people_max)
    }

    /// The mean score.
    pub(super) fn score_mean(&self) -> Option<f64> {
        (self.scores > 0).then(|| self.score_sum / self.scores as f64)
    }

    pub(super) fn has_series(&self) -> bool {
        self.series.is_some()
    }

    pub(super) fn series(&self) -> Option<&Series> {
        self.series.as_ref()
    }

    pub(super) fn give_up_series(&mut self) {
        self.series = None;
        self.series_given_up = true;
    }
}
