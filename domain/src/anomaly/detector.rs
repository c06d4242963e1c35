//! One session's detector: what it remembers, what it is told on a tick, and what it answers.

use super::combine::{self, Level, Part, Reading, Readings};
use super::episode::{Episode, EpisodeEvent, EpisodeState};
use super::exit;
use super::gate::{self, Gate};
use super::level::{Held, USUAL};
use super::settings::{DetectorSettings, Thresholds};
use super::slope::Slope;
use super::z_score::SlowMeans;
use crate::context::{AnomalyClass, Phase};
use crate::time::Millis;

/// The score's terms over 5 minutes that tell silence from disinterest in a small audience; .70 when a term is absent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// The reactions term.
    pub reactions: f64,
    /// The stay term.
    pub stay: f64,
}

/// What the detector is told on one tick. Cores are scores without the poll term, in `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DetectorInput {
    /// The tick.
    pub at: Millis,
    /// The session's first tick.
    pub started_at: Millis,
    /// The 5-min core against the session's own baseline.
    pub core: f64,
    /// The 90-s core against the session's own baseline.
    pub core_90s: f64,
    /// The 5-min core against the prior baseline.
    pub core_prior: f64,
    /// The 90-s core against the prior baseline.
    pub core_prior_90s: f64,
    /// Explicit leaves of the last 60 s (not those that only a silent heartbeat suggests).
    pub leaves_60s: u32,
    /// Leaves that the session's hazard and the people present let expect in 60 s.
    pub leaves_60s_expected: f64,
    /// People present.
    pub people: u32,
    /// The phase.
    pub phase: Phase,
    /// Since the last change of phase, the end of a break included; none when it never changed.
    pub since_phase_change: Option<Millis>,
    /// Until the next planned change of phase; none when none is planned.
    pub until_phase_change: Option<Millis>,
    /// Until the planned end, negative after it; none when none is planned.
    pub until_end: Option<Millis>,
    /// Terms that corroborate a drop in a small audience.
    pub terms: Terms,
    /// What the half-space trees say, as -log10 of the tail of their own running quantiles; none without trees.
    pub novelty: Option<f64>,
    /// The producer of a topic seems to be out: silence on all sessions of the partition while other topics flow.
    pub outage: bool,
}

/// What is remembered of one session from tick to tick: 105 bytes when every field is written as it is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Detector {
    /// What this session has been like lately.
    pub slow: SlowMeans,
    /// The last 5 minutes, for the trend.
    pub slope: Slope,
    /// How long the 5-min level has been low.
    pub held: Held,
    /// How long the 90-s level has been low.
    pub held_90s: Held,
    /// The alarm that is on, or when the next may begin.
    pub episode: EpisodeState,
}

/// The answer of one tick.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Anomaly {
    /// In `[0, 1]`: 0.6 is WARNING, 0.8 is CRITICAL.
    pub score: f64,
    /// The level of this tick. Alarms and decisions belong to the episode: a level without one is an alarm's aftermath.
    pub level: Level,
    /// What is wrong; none below WARNING.
    pub class: Option<AnomalyClass>,
    /// Nothing can be said: the score is 0 and means nothing.
    pub insufficient_data: bool,
    /// What the 90-s core should be.
    pub expected: f64,
    /// The 90-s core on this tick.
    pub core_90s: f64,
    /// Standard deviations from `expected` (0 before the session's own mean is armed); negative is low.
    pub deviation_sd: f64,
    /// Leaves of the last 60 s, and how many were expected.
    pub leaves: (u32, f64),
    /// All parts, in the order of [`Part::ALL`].
    pub parts: Readings,
    /// The episode that is open after this tick. While it is, baselines are frozen.
    pub episode: Option<Episode>,
    /// What this tick did to the episodes.
    pub event: Option<EpisodeEvent>,
}

impl Detector {
    /// Looks at one tick. Ticks come in order, 5 s apart; what is not a number is no evidence.
    pub fn evaluate(&mut self, input: &DetectorInput, settings: &DetectorSettings) -> Anomaly {
        let gate = Gate::of(input, settings);
        if gate.teaches() {
            self.slope.feed(input.core_90s);
        } else {
            // Ticks that say nothing must not be bridged: the trend and the runs begin anew.
            self.slope = Slope::default();
        }
        let parts = self.read(input, gate, settings);
        let level = combine::level(&parts);
        let insufficient_data = gate == Gate::InsufficientData;
        let event = self.episode.advance(input.at, (!insufficient_data).then_some(level), settings);
        let episode = self.episode.open();
        let z = self.slow.z(input.core, input.core_90s, settings);
        let expected = self.slow.expected(settings);
        if gate.teaches() && episode.is_none() {
            self.slow.feed(input.core, input.core_90s, settings.z_tau);
        }
        Anomaly {
            score: combine::score(&parts),
            level,
            class: combine::class(&parts),
            insufficient_data,
            expected,
            core_90s: finite(input.core_90s).unwrap_or(expected),
            deviation_sd: z.and_then(|(_, short)| finite(short)).unwrap_or(0.0),
            leaves: (input.leaves_60s, finite(input.leaves_60s_expected).unwrap_or(0.0)),
            parts,
            episode,
            event,
        }
    }

    fn read(&mut self, input: &DetectorInput, gate: Gate, settings: &DetectorSettings) -> Readings {
        let corroborated = gate::corroborated(input, settings);
        let levels = gate.hears_levels() && corroborated;
        let drops = gate.hears_drops() && corroborated;
        let z = self.slow.z(input.core, input.core_90s, settings);
        let below_expected = input.core_90s < self.slow.expected(settings);
        let from_zero = |part, value, thresholds, speaks| reading(part, value, 0.0, thresholds, speaks);
        [
            held(&mut self.held, Part::Level, input.core_prior, settings.level, settings.level_held, levels),
            held(
                &mut self.held_90s,
                Part::Level90s,
                input.core_prior_90s,
                settings.level_90s,
                settings.level_held,
                levels,
            ),
            from_zero(Part::Z, z.map(|(long, _)| long), settings.z, drops),
            from_zero(Part::Z90s, z.map(|(_, short)| short), settings.z_90s, drops),
            from_zero(Part::Slope, self.slope.per_minute(), settings.slope, drops),
            from_zero(Part::Exit, exit_surprise(input, settings), settings.exit, gate.hears_drops()),
            from_zero(Part::Novelty, input.novelty, settings.novelty, drops && below_expected),
        ]
    }
}

fn held(run: &mut Held, part: Part, core: f64, thresholds: Thresholds, span: Millis, speaks: bool) -> Reading {
    let value = finite(core);
    let heard = if speaks { value.unwrap_or(USUAL) } else { USUAL };
    Reading { part, value, ratio: run.evaluate(heard, thresholds, span) }
}

fn reading(part: Part, value: Option<f64>, usual: f64, thresholds: Thresholds, speaks: bool) -> Reading {
    let value = value.and_then(finite);
    let ratio = value.filter(|_| speaks).map_or(0.0, |value| thresholds.ratio(usual, value));
    Reading { part, value, ratio }
}

fn exit_surprise(input: &DetectorInput, settings: &DetectorSettings) -> Option<f64> {
    if input.leaves_60s < settings.exit_leaves_min {
        return Some(0.0);
    }
    let expected = finite(input.leaves_60s_expected)?.max(settings.exit_expected_floor);
    Some(exit::surprise(input.leaves_60s, expected, settings.exit_dispersion))
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}
