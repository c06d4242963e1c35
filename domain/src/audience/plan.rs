//! What will happen in a session, fixed before it starts: its kind, size, schedule and anomalies.

use super::PlannedAnomaly;
use crate::context::{AnomalyClass, Phase, SessionType};
use crate::math;
use crate::random::Generator;
use crate::time::{MINUTE, Millis, minutes};

/// The largest audience that a plan may ask for.
pub const MOST_PEOPLE: u32 = 1_000_000;
/// The longest session that a plan may ask for.
pub const LONGEST: Millis = 24 * 60 * MINUTE;

/// Anomalies per hour of a random session.
const ANOMALIES_PER_HOUR: f64 = 1.5;
/// Random anomalies keep clear of the first and the last minutes of a session.
const CLEAR: Millis = 10 * MINUTE;
/// Random anomalies keep at least this apart, so that each alarm has one cause.
const APART: Millis = 2 * MINUTE;
/// How often a place is looked for before an anomaly is given up.
const TRIES: u32 = 64;
/// The session's own program opens a poll about this often (an assumption: some sessions have none, others many).
const POLL_EVERY_MINUTES: f64 = 20.0;

/// When a phase begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduledPhase {
    /// Which phase.
    pub phase: Phase,
    /// When it begins.
    pub at_ms: Millis,
}

/// The plan of one session. Equal plans give equal sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionPlan {
    /// Seeds everything that is drawn in the session.
    pub seed: u64,
    /// Its place in the program, which says no more than its title does.
    pub place: u64,
    /// When it starts.
    pub start_ms: Millis,
    /// From the start to the planned end.
    pub length: Millis,
    /// What kind of session it is.
    pub session_type: SessionType,
    /// How many people the join ramp brings.
    pub size: u32,
    /// Whether they are all there in the first second; otherwise they come within the 8 minutes of the ramp.
    pub seated_at_start: bool,
    /// Its phases, in order of time.
    pub schedule: Vec<ScheduledPhase>,
    /// When the session's own program opens a poll, in order of time.
    pub polls: Vec<Millis>,
    /// What will go wrong, in order of time: the truth.
    pub anomalies: Vec<PlannedAnomaly>,
}

impl SessionPlan {
    /// A random session: type uniform, size lognormal (median 80, sd .8), 1.5 anomalies an hour, their classes uniform,
    /// none in the first and last 10 minutes.
    #[must_use]
    pub fn random(seed: u64, start_ms: Millis, length: Millis) -> Self {
        let mut generator = Generator::of(&[b"plan", &seed.to_le_bytes()]);
        let size = (80.0 * math::exp(generator.normal(0.0, 0.8))).clamp(2.0, f64::from(MOST_PEOPLE)) as u32;
        let types = SessionType::ALL;
        let session_type =
            types.get(generator.below(types.len() as u64) as usize).copied().unwrap_or(SessionType::Keynote);
        let mut plan = Self::scripted(seed, start_ms, length, session_type, size, &[]);
        plan.anomalies = random_anomalies(start_ms, plan.length, &mut generator);
        plan
    }

    /// A session with chosen anomalies, each at its onset in minutes from the start. None: a healthy session.
    #[must_use]
    pub fn scripted(
        seed: u64,
        start_ms: Millis,
        length: Millis,
        session_type: SessionType,
        size: u32,
        anomalies: &[(AnomalyClass, f64)],
    ) -> Self {
        let length = length.clamp(MINUTE, LONGEST);
        let onset = |minute: f64| start_ms.saturating_add((minute * MINUTE as f64) as Millis);
        let mut anomalies: Vec<_> =
            anomalies.iter().map(|(class, minute)| PlannedAnomaly::new(*class, onset(*minute))).collect();
        anomalies.sort_by_key(|anomaly| anomaly.onset_ms);
        Self {
            seed,
            place: seed,
            start_ms,
            length,
            session_type,
            size: size.clamp(1, MOST_PEOPLE),
            seated_at_start: false,
            schedule: schedule(session_type, start_ms, length),
            polls: program_polls(seed, start_ms, length),
            anomalies,
        }
    }

    /// The same session with its audience there at once.
    #[must_use]
    pub fn seated(mut self) -> Self {
        self.seated_at_start = true;
        self
    }

    /// The same session at another place in the program.
    #[must_use]
    pub fn placed(mut self, place: u64) -> Self {
        self.place = place;
        self
    }

    /// The planned end.
    #[must_use]
    pub fn ends_at_ms(&self) -> Millis {
        self.start_ms.saturating_add(self.length)
    }
}

/// Opening for a tenth, closing for the last tenth, and before that, in workshops and panels, questions for 15 %.
fn schedule(session_type: SessionType, start_ms: Millis, length: Millis) -> Vec<ScheduledPhase> {
    let from =
        |phase, percent: Millis| ScheduledPhase { phase, at_ms: start_ms.saturating_add(length * percent / 100) };
    let mut schedule = vec![from(Phase::Opening, 0), from(Phase::Middle, 10)];
    if session_type != SessionType::Keynote {
        schedule.push(from(Phase::Qa, 75));
    }
    schedule.push(from(Phase::Closing, 90));
    schedule
}

/// Opening times with exponential gaps, none in the first and last 5 minutes.
fn program_polls(seed: u64, start_ms: Millis, length: Millis) -> Vec<Millis> {
    let mut generator = Generator::of(&[b"program", &seed.to_le_bytes()]);
    let mut polls = Vec::new();
    let mut minute = 5.0;
    loop {
        minute += generator.exponential(1.0 / POLL_EVERY_MINUTES);
        if minute > minutes(length) - 5.0 {
            return polls;
        }
        polls.push(start_ms.saturating_add((minute * MINUTE as f64) as Millis));
    }
}

fn random_anomalies(start_ms: Millis, length: Millis, generator: &mut Generator) -> Vec<PlannedAnomaly> {
    let mut anomalies: Vec<PlannedAnomaly> = Vec::new();
    let room = length - 2 * CLEAR;
    if room <= 0 {
        return anomalies;
    }
    for _ in 0..generator.poisson(ANOMALIES_PER_HOUR * minutes(length) / 60.0) {
        let drawn = generator.below(AnomalyClass::ALL.len() as u64) as usize;
        let Some(class) = AnomalyClass::ALL.get(drawn) else { continue };
        let place = (0..TRIES)
            .map(|_| start_ms.saturating_add(CLEAR).saturating_add(generator.below(room as u64) as Millis))
            .map(|onset_ms| PlannedAnomaly::new(*class, onset_ms))
            .find(|new| anomalies.iter().all(|old| are_apart(old, new)));
        anomalies.extend(place);
    }
    anomalies.sort_by_key(|anomaly| anomaly.onset_ms);
    anomalies
}

fn are_apart(one: &PlannedAnomaly, other: &PlannedAnomaly) -> bool {
    one.end_ms.saturating_add(APART) <= other.onset_ms || other.end_ms.saturating_add(APART) <= one.onset_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_plans_have_the_documented_size_and_number_of_anomalies() {
        let plans: Vec<_> = (0..4_000).map(|seed| SessionPlan::random(seed, 0, 60 * MINUTE)).collect();
        let mut sizes: Vec<_> = plans.iter().map(|plan| plan.size).collect();
        sizes.sort_unstable();
        assert!((75..=85).contains(&sizes[2_000]), "median {}", sizes[2_000]);
        assert!((160..=195).contains(&sizes[3_365]), "one sd up {}", sizes[3_365]);
        let count: usize = plans.iter().map(|plan| plan.anomalies.len()).sum();
        let mean = count as f64 / 4_000.0;
        assert!((1.4..1.56).contains(&mean), "anomalies per hour {mean}");
    }

    #[test]
    fn random_anomalies_lie_in_minutes_10_to_50_and_apart() {
        for plan in (0..500).map(|seed| SessionPlan::random(seed, 7, 60 * MINUTE)) {
            assert!(plan.anomalies.iter().all(|a| (10 * MINUTE..50 * MINUTE).contains(&(a.onset_ms - 7))));
            assert!(plan.anomalies.windows(2).all(|pair| pair[0].end_ms + APART <= pair[1].onset_ms));
        }
    }

    #[test]
    fn a_session_too_short_for_anomalies_has_none() {
        assert!((0..50).all(|seed| SessionPlan::random(seed, 0, 20 * MINUTE).anomalies.is_empty()));
    }

    #[test]
    fn scripted_anomalies_begin_at_their_minutes() {
        let script = [(AnomalyClass::MassExit, 12.5), (AnomalyClass::SuddenDrop, 3.0)];
        let plan = SessionPlan::scripted(1, 1_000, 20 * MINUTE, SessionType::Panel, 80, &script).seated();
        let onsets: Vec<_> = plan.anomalies.iter().map(|a| (a.class, a.onset_ms)).collect();
        assert_eq!(onsets, [(AnomalyClass::SuddenDrop, 181_000), (AnomalyClass::MassExit, 751_000)]);
        assert!(plan.seated_at_start);
    }
}
