//! What is to be seen: one line per session, and a feed of what was done and why. Pure: fed with outputs, asked for lines.

use std::collections::{BTreeMap, VecDeque};

use compact_str::CompactString;
use domain::intervention::Command;
use topology::wire::{
    AnomalyLevel, Band, EngagementScore, InterventionCommand, InterventionFeedback, InterventionResult, SessionPhase,
};

use crate::alarm::{AlarmTracker, Edge, Episode};
use crate::output::{Output, Progress};
use crate::words;

/// More sessions than fit on any screen; further ones are counted.
pub const SESSIONS_MAX: usize = 1_000;
/// How far back the feed goes.
pub const FEED_MAX: usize = 200;

/// What one session looks like now.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionLine {
    /// Its title, or its id while that is not known.
    pub name: CompactString,
    /// The score over 5 minutes.
    pub score: f64,
    /// That in one word.
    pub band: Band,
    /// How many people are present.
    pub people: i64,
    /// Where in its course it is.
    pub phase: Option<SessionPhase>,
    /// The tick of all this, in milliseconds since the epoch.
    pub at_ms: i64,
    alarms: AlarmTracker,
}

impl SessionLine {
    /// The alarm that is on.
    #[must_use]
    pub fn alarm(&self) -> Option<Episode> {
        self.alarms.open()
    }
}

/// What an entry of the feed is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// Something is wrong with a session.
    Alarm(AnomalyLevel),
    /// An alarm is over.
    Calm,
    /// Something was decided.
    Decision,
    /// Something was done, or could not be.
    Action,
    /// Something was measured.
    Outcome {
        /// It helped, or recovered by itself.
        success: bool,
    },
}

impl EntryKind {
    /// In one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Alarm(AnomalyLevel::Critical) => "CRITICAL",
            Self::Alarm(_) => "warning",
            Self::Calm => "calm",
            Self::Decision => "decision",
            Self::Action => "action",
            Self::Outcome { .. } => "outcome",
        }
    }
}

/// One entry of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// The session's name.
    pub session: CompactString,
    /// What it is about.
    pub kind: EntryKind,
    /// What happened and why, in words.
    pub text: String,
}

/// All that is to be seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    sessions: BTreeMap<CompactString, SessionLine>,
    titles: BTreeMap<CompactString, CompactString>,
    feed: VecDeque<Entry>,
    progress: Progress,
    began_ms: Option<i64>,
    url: Option<String>,
}

impl View {
    /// Takes one output; answers what is new in the feed.
    pub fn observe(&mut self, output: &Output) -> Option<&Entry> {
        let entry = match output {
            Output::Titled { session, title } => {
                self.title(session, title);
                None
            }
            Output::Serving { url } => {
                self.url = Some(url.clone());
                None
            }
            Output::Score(score) => self.score(score),
            Output::Command(command) => Some(self.command(command)),
            Output::Feedback(feedback) => Some(self.feedback(feedback)),
            Output::Result(result) => Some(self.result(result)),
            Output::DeadLetter(_) => None,
            Output::Progress(progress) => {
                self.progress = *progress;
                None
            }
        };
        let entry = entry?;
        if self.feed.len() == FEED_MAX {
            self.feed.pop_front();
        }
        self.feed.push_back(entry);
        self.feed.back()
    }

    fn title(&mut self, session: &CompactString, title: &CompactString) {
        let name = CompactString::from(words::quote(title));
        if let Some(line) = self.sessions.get_mut(session) {
            line.name = name.clone();
        }
        if self.titles.len() < SESSIONS_MAX || self.titles.contains_key(session) {
            self.titles.insert(session.clone(), name);
        }
    }

    fn score(&mut self, score: &EngagementScore) -> Option<Entry> {
        self.began_ms.get_or_insert(score.at_ms);
        if !self.sessions.contains_key(&score.session) && self.sessions.len() >= SESSIONS_MAX {
            return None;
        }
        let name = self.name(&score.session);
        let line = self.sessions.entry(score.session.clone()).or_insert_with(|| SessionLine {
            name: name.clone(),
            score: score.score,
            band: score.band,
            people: 0,
            phase: None,
            at_ms: score.at_ms,
            alarms: AlarmTracker::default(),
        });
        line.score = score.score;
        line.band = score.band;
        line.people = score.people;
        line.phase = score.signals.phase;
        line.at_ms = score.at_ms;
        let (kind, text) = match line.alarms.observe(score.at_ms, &score.anomaly)? {
            Edge::Raised(episode) | Edge::Grew(episode) => {
                let reason = score.anomaly.reason.as_deref().map(words::quote).unwrap_or_default();
                let colon = if reason.is_empty() { "" } else { ": " };
                (EntryKind::Alarm(episode.level), format!("{}{colon}{reason}", words::class(episode.class)))
            }
            Edge::Ended(episode) => {
                let lasted = words::span(episode.length_ms());
                (EntryKind::Calm, format!("{} over after {lasted}", words::class(episode.class)))
            }
        };
        Some(Entry { at_ms: score.at_ms, session: name, kind, text })
    }

    fn command(&self, command: &InterventionCommand) -> Entry {
        let text = words::command(command);
        Entry { at_ms: command.at_ms, session: self.name(&command.session), kind: EntryKind::Decision, text }
    }

    fn feedback(&self, feedback: &InterventionFeedback) -> Entry {
        let session = Command::parse(&feedback.command).map_or(feedback.command.as_str(), |(session, _)| session);
        let text = words::feedback(feedback);
        Entry { at_ms: feedback.at_ms, session: self.name(session), kind: EntryKind::Action, text }
    }

    fn result(&self, result: &InterventionResult) -> Entry {
        let kind = EntryKind::Outcome { success: result.success == Some(true) };
        Entry { at_ms: result.at_ms, session: self.name(&result.session), kind, text: words::result(result) }
    }

    fn name(&self, session: &str) -> CompactString {
        self.titles.get(session).cloned().unwrap_or_else(|| words::quote(session).into())
    }

    /// The sessions, by id: lines do not jump about.
    pub fn sessions(&self) -> impl Iterator<Item = &SessionLine> {
        self.sessions.values()
    }

    /// The feed, newest first.
    pub fn feed(&self) -> impl Iterator<Item = &Entry> {
        self.feed.iter().rev()
    }

    /// Where it can be watched in a browser, too.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The time since the first score, as people write it.
    #[must_use]
    pub fn since_start(&self, at_ms: i64) -> String {
        words::span(at_ms.saturating_sub(self.began_ms.unwrap_or(at_ms)))
    }

    /// All sessions in one line: how many, how many people, the lowest score, how many alarms.
    #[must_use]
    pub fn status(&self) -> String {
        let people = self.sessions().map(|line| line.people.max(0).unsigned_abs()).sum();
        let alarms = self.sessions().filter(|line| line.alarm().is_some()).count();
        let lowest = self.sessions().min_by(|left, right| left.score.total_cmp(&right.score));
        let lowest =
            lowest.map_or_else(String::new, |line| format!(", lowest score {:.2} ({})", line.score, line.name));
        format!(
            "{}, {}{lowest}, {}",
            words::count(self.sessions.len() as u64, "session", "sessions"),
            words::count(people, "person", "people"),
            words::count(alarms as u64, "alarm on", "alarms on"),
        )
    }
}
