//! The totals at the end: what came in, what was seen, what was done, and whether it helped.

use std::collections::BTreeMap;

use compact_str::CompactString;
use topology::wire::{
    AnomalyClass, AnomalyLevel, CommandStatus, EngagementScore, InterventionCommand, InterventionKind,
    InterventionResult, Outcome,
};

use crate::alarm::{AlarmTracker, Edge};
use crate::output::{Output, Progress};
use crate::words;

/// How many sessions' alarms are followed; further ones are counted as scores only.
const SESSIONS_MAX: usize = 100_000;

/// The totals.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Records read.
    pub events_in: u64,
    /// Scores put out.
    pub scores: u64,
    /// Alarms by class.
    pub alarms: BTreeMap<AnomalyClass, Alarms>,
    /// Commands that were acted on, or are about to be, by kind.
    pub approved: BTreeMap<InterventionKind, u64>,
    /// Proposals that people were shown.
    pub proposed: u64,
    /// Commands that were withdrawn.
    pub cancelled: u64,
    /// Decisions that were held out.
    pub held_out: u64,
    /// Results by how they ended.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// What was measured where something was done, by kind.
    pub treated: BTreeMap<InterventionKind, Measured>,
    /// What was measured where nothing was done, for comparison.
    pub controls: Measured,
    /// Records that could not be understood: kept, with the reason.
    pub dead_letters: u64,
    /// Records that came too late to be counted.
    pub late: u64,
    /// Records that are neither processed nor late nor dead-lettered. Anything but 0 is a fault of the application.
    pub lost: u64,
    /// Records of topics that the stream does not read.
    pub other_topics: u64,
    trackers: BTreeMap<CompactString, AlarmTracker>,
}

/// The alarms of one class, each at its worst level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alarms {
    /// Those that stayed warnings.
    pub warning: u64,
    /// Those that became critical.
    pub critical: u64,
}

/// What several measurements came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// How many.
    pub count: u64,
    /// How many of them were a success.
    pub successes: u64,
    score_before_sum: f64,
    score_after_sum: f64,
    change_sum: f64,
}

impl Measured {
    fn add(&mut self, result: &InterventionResult) {
        let (Some(before), Some(after), Some(change)) = (result.score_before, result.score_after, result.change) else {
            return;
        };
        self.count += 1;
        self.successes += u64::from(result.success == Some(true));
        self.score_before_sum += before;
        self.score_after_sum += after;
        self.change_sum += change;
    }

    fn merge(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            successes: self.successes + other.successes,
            score_before_sum: self.score_before_sum + other.score_before_sum,
            score_after_sum: self.score_after_sum + other.score_after_sum,
            change_sum: self.change_sum + other.change_sum,
        }
    }

    fn mean(self, sum: f64) -> Option<f64> {
        (self.count > 0).then(|| sum / self.count as f64)
    }

    /// Mean score when it began.
    #[must_use]
    pub fn score_before(self) -> Option<f64> {
        self.mean(self.score_before_sum)
    }

    /// Mean score afterwards.
    #[must_use]
    pub fn score_after(self) -> Option<f64> {
        self.mean(self.score_after_sum)
    }

    /// Mean change, without the events that an intervention caused itself.
    #[must_use]
    pub fn change(self) -> Option<f64> {
        self.mean(self.change_sum)
    }
}

impl Summary {
    /// Counts one output.
    pub fn observe(&mut self, output: &Output) {
        match output {
            Output::Score(score) => self.score(score),
            Output::Command(command) => self.command(command),
            Output::Result(result) => self.result(result),
            Output::DeadLetter(_) => self.dead_letters += 1,
            Output::Progress(progress) => self.progress(progress),
            Output::Titled { .. } | Output::Serving { .. } | Output::Feedback(_) => {}
        }
    }

    /// Counts a score.
    pub fn score(&mut self, score: &EngagementScore) {
        self.scores += 1;
        if !self.trackers.contains_key(&score.session) && self.trackers.len() >= SESSIONS_MAX {
            return;
        }
        let tracker = self.trackers.entry(score.session.clone()).or_default();
        let worst_before = tracker.open();
        match tracker.observe(score.at_ms, &score.anomaly) {
            Some(Edge::Raised(episode)) => self.alarm(episode.class, episode.level, 1),
            Some(Edge::Grew(episode)) => {
                if let Some(before) = worst_before {
                    self.alarm(before.class, before.level, -1);
                }
                self.alarm(episode.class, episode.level, 1);
            }
            Some(Edge::Ended(_)) | None => {}
        }
    }

    fn alarm(&mut self, class: AnomalyClass, level: AnomalyLevel, by: i64) {
        let alarms = self.alarms.entry(class).or_default();
        let count = if level == AnomalyLevel::Critical { &mut alarms.critical } else { &mut alarms.warning };
        *count = count.saturating_add_signed(by);
    }

    /// Counts a command.
    pub fn command(&mut self, command: &InterventionCommand) {
        match command.status {
            CommandStatus::Proposed => self.proposed += 1,
            CommandStatus::Approved => *self.approved.entry(command.kind).or_default() += 1,
            CommandStatus::HeldOut => self.held_out += 1,
            CommandStatus::Cancelled => self.cancelled += 1,
        }
    }

    /// Counts a result.
    pub fn result(&mut self, result: &InterventionResult) {
        *self.outcomes.entry(result.outcome).or_default() += 1;
        match result.outcome {
            Outcome::Measured if result.held_out => self.controls.add(result),
            Outcome::Measured => self.treated.entry(result.kind).or_default().add(result),
            _ => {}
        }
    }

    /// Takes over the totals of a progress report.
    pub fn progress(&mut self, progress: &Progress) {
        self.events_in = self.events_in.max(progress.events_in);
        self.late = self.late.max(progress.late);
    }

    /// The totals as one JSON object, for machines.
    #[must_use]
    pub fn to_json(&self) -> String {
        use serde_json::{Map, Value, json};
        let alarms = self.alarms.iter().map(|(class, alarms)| {
            (class.as_str().to_owned(), json!({ "warning": alarms.warning, "critical": alarms.critical }))
        });
        let measured = |measured: &Measured| {
            json!({
                "measured": measured.count, "successes": measured.successes, "score_before": measured.score_before(),
                "score_after": measured.score_after(), "change": measured.change(),
            })
        };
        let treated = self.treated.iter().map(|(kind, total)| (kind.name().to_owned(), measured(total)));
        let approved = self.approved.iter().map(|(kind, count)| (kind.name().to_owned(), json!(count)));
        let outcomes = self.outcomes.iter().map(|(outcome, count)| (outcome.name().to_owned(), json!(count)));
        let totals = json!({
            "events_in": self.events_in, "scores": self.scores, "sessions": self.sessions(),
            "alarms": alarms.collect::<Map<String, Value>>(), "approved": approved.collect::<Map<String, Value>>(),
            "proposed": self.proposed, "cancelled": self.cancelled, "held_out": self.held_out,
            "outcomes": outcomes.collect::<Map<String, Value>>(), "treated": treated.collect::<Map<String, Value>>(),
            "controls": measured(&self.controls), "dead_letters": self.dead_letters, "late": self.late,
            "other_topics": self.other_topics, "lost": self.lost,
        });
        format!("{totals}\n")
    }

    /// How many sessions were seen.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.trackers.len()
    }

    /// What was measured over all kinds of intervention.
    #[must_use]
    pub fn treated_total(&self) -> Measured {
        self.treated.values().copied().fold(Measured::default(), Measured::merge)
    }

    /// One sentence on what the interventions changed, against the controls where there are any.
    #[must_use]
    pub fn effect(&self) -> String {
        let treated = self.treated_total();
        match (treated.change(), self.controls.change()) {
            (Some(acted), Some(not)) => format!(
                "Where it acted, engagement changed by {acted:+.3}; where it held back, by {not:+.3}: a difference of {:+.3}.",
                acted - not
            ),
            (Some(acted), None) => {
                format!(
                    "Where it acted, engagement changed by {acted:+.3}. No control was measured, so that may be luck."
                )
            }
            (None, Some(not)) => {
                format!("No intervention was measured; where it held back, engagement changed by {not:+.3}.")
            }
            (None, None) => "No intervention was measured, so nothing can be said of their effect.".into(),
        }
    }
}

/// The totals for people, as the last thing on the screen.
impl std::fmt::Display for Summary {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = |count: u64| format!("{:>12}", words::thousands(count));
        writeln!(formatter, "events in      {}", number(self.events_in))?;
        writeln!(
            formatter,
            "scores         {}  of {}",
            number(self.scores),
            words::count(self.sessions() as u64, "session", "sessions")
        )?;
        let alarms = self.alarms.values().map(|alarms| alarms.warning + alarms.critical).sum();
        writeln!(formatter, "alarms         {}", number(alarms))?;
        for (class, alarms) in self.alarms.iter().filter(|(_, alarms)| alarms.warning + alarms.critical > 0) {
            let total = number(alarms.warning + alarms.critical);
            writeln!(formatter, "  {:<15}{}  {} critical", words::class(*class), &total[2..], alarms.critical)?;
        }
        writeln!(formatter, "interventions  {}", number(self.approved.values().sum()))?;
        for (kind, count) in &self.approved {
            write!(formatter, "  {:<20}{:>5}", words::kind(*kind), words::thousands(*count))?;
            let measured = self.treated.get(kind).copied().unwrap_or_default();
            write_measured(formatter, measured)?;
        }
        write!(formatter, "held-out controls{:>10}", words::thousands(self.held_out))?;
        write_measured(formatter, self.controls)?;
        if self.proposed > 0 {
            writeln!(formatter, "proposals      {}", number(self.proposed))?;
        }
        if self.cancelled > 0 {
            writeln!(formatter, "withdrawn      {}", number(self.cancelled))?;
        }
        for (outcome, count) in self.outcomes.iter().filter(|(outcome, _)| **outcome != Outcome::Measured) {
            writeln!(formatter, "ended otherwise{}  {}", number(*count), words::outcome(*outcome))?;
        }
        writeln!(formatter, "late           {}", number(self.late))?;
        writeln!(formatter, "dead letters   {}", number(self.dead_letters))?;
        writeln!(formatter, "records lost   {}", number(self.lost))?;
        writeln!(formatter, "{}", self.effect())
    }
}

fn write_measured(formatter: &mut std::fmt::Formatter<'_>, measured: Measured) -> std::fmt::Result {
    match (measured.score_before(), measured.score_after(), measured.change()) {
        (Some(before), Some(after), Some(change)) => writeln!(
            formatter,
            "  score {before:.2} before, {after:.2} after; {} of {} recovered; change {change:+.3}",
            measured.successes, measured.count
        ),
        _ => writeln!(formatter),
    }
}
