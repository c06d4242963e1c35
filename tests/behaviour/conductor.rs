//! The graph under the test driver, with its outputs decoded.

use streams::testing::{TestRecord, TopologyTestDriver};
use topology::codec::{Coded, Format, decode};
use topology::graph;
use topology::settings::{ConductorSettings, Formats};
use topology::wire::{EngagementScore, InterventionCommand, InterventionResult, Policy, topics};

use domain::intervention::{DecisionSettings, Mode};

/// A multiple of five seconds to count from.
pub(crate) const T0: i64 = 1_700_000_000_000;
pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;

/// The application, and all that it has written so far.
pub(crate) struct Conductor {
    pub(crate) driver: TopologyTestDriver,
    pub(crate) scores: Vec<EngagementScore>,
    pub(crate) commands: Vec<InterventionCommand>,
    pub(crate) results: Vec<InterventionResult>,
    pub(crate) policies: Vec<(String, Policy)>,
    pub(crate) dead_letters: Vec<TestRecord>,
    /// Every output record as it was written, to compare runs by.
    pub(crate) bytes: Vec<TestRecord>,
}

/// In this mode, without controls: what is tested is not left to a draw.
pub(crate) fn settings(mode: Mode) -> ConductorSettings {
    let decision = DecisionSettings { hold_out: 0.0, ..DecisionSettings::default() };
    ConductorSettings { mode, decision, formats: Formats::all(Format::Json), ..ConductorSettings::default() }
}

impl Conductor {
    pub(crate) fn new(settings: &ConductorSettings) -> Self {
        let driver = TopologyTestDriver::new(graph::build(settings).unwrap()).unwrap();
        Self {
            driver,
            scores: Vec::new(),
            commands: Vec::new(),
            results: Vec::new(),
            policies: Vec::new(),
            dead_letters: Vec::new(),
            bytes: Vec::new(),
        }
    }

    pub(crate) fn auto() -> Self {
        Self::new(&settings(Mode::Auto))
    }

    /// Writes a JSON value, given as text.
    pub(crate) fn send(&mut self, topic: &str, session: &str, at: i64, value: impl AsRef<[u8]>) {
        self.driver.pipe_input(topic, session, value, at).unwrap();
        self.collect();
    }

    /// Lets silence go on.
    pub(crate) fn wait(&mut self, ms: i64) {
        self.driver.advance_wall(ms).unwrap();
        self.collect();
    }

    /// The times of all ticks of a session, in the order in which they were published.
    pub(crate) fn ticks(&self, session: &str) -> Vec<i64> {
        self.scores.iter().filter(|score| score.session == session).map(|score| score.at_ms).collect()
    }

    /// What was published of commands: (id, status).
    pub(crate) fn statuses(&self) -> Vec<(String, &'static str)> {
        self.commands.iter().map(|command| (command.command.to_string(), command.status.name())).collect()
    }

    /// What became of commands.
    pub(crate) fn outcomes(&self) -> Vec<&'static str> {
        self.results.iter().map(|result| result.outcome.name()).collect()
    }

    /// `read = processed + late + dead-lettered`, and every dead letter was written.
    pub(crate) fn assert_nothing_disappeared(&self) {
        let counts = self.driver.counts();
        assert_eq!(counts.read, counts.processed + counts.late + counts.dead_lettered, "{counts}");
        assert_eq!(counts.dead_lettered, self.dead_letters.len() as u64);
    }

    fn collect(&mut self) {
        for topic in topics::OUTPUTS {
            for record in self.driver.read_outputs(topic) {
                match topic {
                    topics::ENGAGEMENT_SCORES => self.scores.push(value(&record)),
                    topics::INTERVENTION_COMMANDS => self.commands.push(value(&record)),
                    topics::INTERVENTION_RESULTS => self.results.push(value(&record)),
                    _ => self.policies.push((record.key_text(), value(&record))),
                }
                self.bytes.push(record);
            }
        }
        while let Some(letter) = self.driver.read_dead_letter() {
            self.dead_letters.push(letter);
        }
    }
}

/// The value of an output record.
pub(crate) fn value<T: Coded>(record: &TestRecord) -> T {
    decode(record.value.as_deref().unwrap_or_default()).unwrap()
}

/// A header of a record, as text.
pub(crate) fn header<'a>(record: &'a TestRecord, name: &str) -> Option<&'a str> {
    let (_, value) = record.headers.iter().find(|(known, _)| **known == *name)?;
    core::str::from_utf8(value).ok()
}
