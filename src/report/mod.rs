//! The report: one page of HTML that stands by itself, with a chart per session and what was done about each alarm.
//!
//! Its memory is bounded however long the log is, and the same outputs give the same bytes. Charts are SVG, everything that
//! must stay readable on a phone is HTML laid over them; no script.
//!
//! # Layout
//! - `series`: a session's scores, thinned out without losing a dip
//! - `session`: all that is kept of one session
//! - `chart`: one session as a picture
//! - `tables`: the totals, and the sessions without a chart
//! - `page`: the whole
//! - `html`: texts of other people, made harmless

use std::collections::BTreeMap;

use compact_str::CompactString;
use topology::wire::{EngagementScore, InterventionCommand, InterventionResult};

use crate::output::{DeadLetter, Output};
use crate::summary::Summary;
use crate::words;

mod series;
mod session;

mod chart;
mod page;
mod tables;

mod html;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

use session::SessionReport;

/// Sessions that get a chart: those with the most alarms and people.
const CHARTS_MAX: usize = 60;
/// Sessions whose scores are kept while it is not known yet which of them get a chart.
const SERIES_MAX: usize = 4 * CHARTS_MAX;
/// Sessions that get a row; further ones are counted.
const SESSIONS_MAX: usize = 10_000;
/// Dead letters that are told one by one; further ones are counted.
const DEAD_LETTERS_MAX: usize = 50;

/// Collects what the report will show.
#[derive(Debug, Default)]
pub struct ReportBuilder {
    sessions: BTreeMap<CompactString, SessionReport>,
    series_kept: usize,
    dead_letters: Vec<DeadLetter>,
    scores_beyond: u64,
}

impl ReportBuilder {
    /// Takes one output.
    pub fn observe(&mut self, output: &Output) {
        match output {
            Output::Titled { session, title } => self.title(session, title),
            Output::Score(score) => self.score(score),
            Output::Command(command) => self.command(command),
            Output::Result(result) => self.result(result),
            Output::DeadLetter(letter) => self.dead_letter(letter),
            Output::Feedback(_) | Output::Serving { .. } | Output::Progress(_) => {}
        }
    }

    /// Names a session.
    pub fn title(&mut self, session: &CompactString, title: &CompactString) {
        if let Some(session) = self.session(session) {
            session.title = Some(words::quote(title).into());
        }
    }

    /// Takes a score.
    pub fn score(&mut self, score: &EngagementScore) {
        let Some(session) = self.session(&score.session) else {
            self.scores_beyond += 1;
            return;
        };
        let began = session.score(score);
        if began {
            self.series_kept += 1;
            self.keep_the_most_telling();
        }
    }

    /// Takes a command, or a new status of one.
    pub fn command(&mut self, command: &InterventionCommand) {
        if let Some(session) = self.session(&command.session) {
            session.command(command);
        }
    }

    /// Takes a result.
    pub fn result(&mut self, result: &InterventionResult) {
        if let Some(session) = self.session(&result.session) {
            session.result(result);
        }
    }

    /// Takes a record that could not be understood.
    pub fn dead_letter(&mut self, letter: &DeadLetter) {
        if self.dead_letters.len() < DEAD_LETTERS_MAX {
            self.dead_letters.push(letter.clone());
        }
    }

    /// The page.
    #[must_use]
    pub fn finish(self, summary: &Summary) -> String {
        let mut sessions: Vec<(&CompactString, &SessionReport)> = self.sessions.iter().collect();
        sessions.sort_by_key(|(id, session)| (std::cmp::Reverse(session.rank()), *id));
        let (mut charts, mut rows) = (Vec::new(), Vec::new());
        for entry in sessions {
            let list = if entry.1.has_series() && charts.len() < CHARTS_MAX { &mut charts } else { &mut rows };
            list.push(entry);
        }
        page::write(&page::Page {
            summary,
            charts,
            rows,
            dead_letters: &self.dead_letters,
            scores_beyond: self.scores_beyond,
        })
    }

    fn session(&mut self, id: &CompactString) -> Option<&mut SessionReport> {
        if !self.sessions.contains_key(id) && self.sessions.len() >= SESSIONS_MAX {
            return None;
        }
        Some(self.sessions.entry(id.clone()).or_default())
    }

    /// Gives up the scores of the least telling session when there are too many.
    fn keep_the_most_telling(&mut self) {
        if self.series_kept <= SERIES_MAX {
            return;
        }
        let with_series = self.sessions.iter_mut().filter(|(_, session)| session.has_series());
        if let Some((_, least)) =
            with_series.min_by_key(|(id, session)| (session.rank(), std::cmp::Reverse((*id).clone())))
        {
            least.give_up_series();
            self.series_kept -= 1;
        }
    }
}
