//! The detector against a stationary noisy session, a step down in it, and a decline.

use std::collections::VecDeque;

use super::tests::input;
use super::{Anomaly, Detector, DetectorInput, DetectorSettings, EpisodeEvent, EpisodeState, Level};
use crate::context::AnomalyClass;
use crate::random::Generator;
use crate::time::{MINUTE, Millis, SECOND, TICK, minutes};

/// An hour of ticks.
const HOUR: usize = 720;

/// When it goes wrong.
const ONSET: Millis = 20 * MINUTE;

/// Noise around a mean: AR(1) per tick with time constant 20 s, seen through the two windows as a score sees its events.
/// The 90-s core then has a standard deviation of about .045, the 5-min core of .025: an audience of 80.
struct Session {
    generator: Generator,
    noise: f64,
    seen: VecDeque<f64>,
}

impl Session {
    fn new(seed: u64) -> Self {
        Self { generator: Generator::new(seed), noise: 0.0, seen: VecDeque::new() }
    }

    fn tick(&mut self, at: Millis, mean: f64) -> DetectorInput {
        const KEPT: f64 = 0.78;
        let shock = self.generator.normal(0.0, 0.075 * (1.0 - KEPT * KEPT).sqrt());
        self.noise = KEPT * self.noise + shock;
        self.seen.push_front(mean + self.noise);
        self.seen.truncate(60);
        let window = |ticks: usize| {
            let inside: Vec<f64> = self.seen.iter().copied().take(ticks).collect();
            (inside.iter().sum::<f64>() / inside.len() as f64).clamp(0.0, 1.0)
        };
        let (core, core_90s) = (window(60), window(18));
        DetectorInput { core, core_90s, core_prior: core, core_prior_90s: core_90s, ..input(at) }
    }
}

fn run(seed: u64, means: impl Iterator<Item = f64>, mut each: impl FnMut(Millis, &Detector, &Anomaly)) {
    let settings = DetectorSettings::default();
    let (mut detector, mut session) = (Detector::default(), Session::new(seed));
    for (tick, mean) in means.enumerate() {
        let at = tick as Millis * TICK;
        let anomaly = detector.evaluate(&session.tick(at, mean), &settings);
        each(at, &detector, &anomaly);
    }
}

#[test]
fn a_stationary_session_of_200_hours_alarms_rarely() {
    let hours = 200;
    let (mut alarms, mut critical, mut squares) = ([0_u32; 4], 0, 0.0);
    run(7, core::iter::repeat_n(0.70, hours * HOUR), |_, _, anomaly| {
        squares += (anomaly.core_90s - 0.7) * (anomaly.core_90s - 0.7);
        if let (Some(EpisodeEvent::Opened(_)), Some(class)) = (anomaly.event, anomaly.class) {
            alarms[class.index()] += 1;
        }
        critical += match anomaly.event {
            Some(EpisodeEvent::Opened(episode) | EpisodeEvent::Grown(episode)) => {
                u32::from(episode.level == Level::Critical)
            }
            _ => 0,
        };
    });
    let per_hour = |count: u32| f64::from(count) / hours as f64;
    let (rate, rate_critical) = (per_hour(alarms.iter().sum()), per_hour(critical));
    println!("standard deviation over 90 s: {:.3}", (squares / (hours * HOUR) as f64).sqrt());
    println!("false alarms per session-hour: {rate:.2}, of them CRITICAL {rate_critical:.2}");
    println!("by class {:?}: {alarms:?}", AnomalyClass::ALL);
    assert!(rate < 1.6, "{rate}");
    assert!(rate_critical < 0.2, "{rate_critical}");
}

/// The delays from `ONSET` to the first alarm, sorted; MAX where there was none. A session where a false alarm is on (or
/// rests) at the onset is left out: its delay is a price of the false alarm.
fn delays(name: &str, mean_after: impl Fn(Millis) -> f64) -> Vec<Millis> {
    let mut delays = Vec::new();
    for seed in 0..200 {
        let ticks = (0..HOUR / 2).map(|tick| tick as Millis * TICK);
        let means = ticks.map(|at| if at < ONSET { 0.70 } else { mean_after(at - ONSET) });
        let (mut delay, mut armed) = (Millis::MAX, false);
        run(seed, means, |at, detector, anomaly| {
            if at == ONSET - TICK {
                armed = detector.episode == EpisodeState::Armed;
            }
            if at >= ONSET && delay == Millis::MAX && matches!(anomaly.event, Some(EpisodeEvent::Opened(_))) {
                delay = at - ONSET;
            }
        });
        if armed {
            delays.push(delay);
        }
    }
    delays.sort_unstable();
    println!(
        "{name}: {} of 200 sessions armed; delay: median {} s, 95 % {} s, slowest {} s",
        delays.len(),
        quantile(&delays, 0.5),
        quantile(&delays, 0.95),
        quantile(&delays, 0.999)
    );
    assert!(delays.len() >= 160, "{name}: {} armed", delays.len());
    delays
}

/// In seconds.
fn quantile(sorted: &[Millis], share: f64) -> Millis {
    sorted[(sorted.len() as f64 * share) as usize] / SECOND
}

#[test]
fn a_step_down_is_alarmed_within_two_minutes() {
    let delays = delays("a step of -.35", |_| 0.35);
    assert!(quantile(&delays, 0.5) <= 60 && quantile(&delays, 0.999) <= 120);
}

#[test]
fn a_steady_decline_is_alarmed_within_minutes() {
    let delays = delays("-.05 per minute", |since| (0.70 - 0.05 * minutes(since)).max(0.35));
    assert!(quantile(&delays, 0.5) <= 240 && quantile(&delays, 0.95) <= 360);
}
