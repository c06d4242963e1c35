//! The detector's rules, one by one, and its laws.

use proptest::prelude::*;

use super::{Anomaly, Detector, DetectorInput, DetectorSettings, EpisodeEvent, Level, Part, Terms};
use crate::context::{AnomalyClass, Phase};
use crate::time::{MINUTE, Millis, SECOND, TICK};

/// A tick of a session of 80 that is as usual.
pub(super) fn input(at: Millis) -> DetectorInput {
    DetectorInput {
        at,
        started_at: 0,
        core: 0.70,
        core_90s: 0.70,
        core_prior: 0.70,
        core_prior_90s: 0.70,
        leaves_60s: 1,
        leaves_60s_expected: 1.0,
        people: 80,
        phase: Phase::Middle,
        since_phase_change: None,
        until_phase_change: None,
        until_end: None,
        terms: Terms { reactions: 0.70, stay: 0.70 },
        novelty: None,
        outage: false,
    }
}

/// Everything at this core.
fn at_core(core: f64, input: DetectorInput) -> DetectorInput {
    DetectorInput { core, core_90s: core, core_prior: core, core_prior_90s: core, ..input }
}

const CALM: Millis = 10 * MINUTE;

/// A detector that has seen ten minutes as usual, and the next tick.
fn settled() -> (Detector, Millis) {
    let mut detector = Detector::default();
    for at in (0..CALM).step_by(TICK as usize) {
        let anomaly = detector.evaluate(&input(at), &DetectorSettings::default());
        assert_eq!(anomaly.level, Level::None);
    }
    (detector, CALM)
}

/// The answer to this tick after ten minutes as usual.
fn then(change: impl Fn(DetectorInput) -> DetectorInput) -> Anomaly {
    let (mut detector, at) = settled();
    detector.evaluate(&change(input(at)), &DetectorSettings::default())
}

/// The answers to this tick, again and again, after ten minutes as usual.
fn then_for(ticks: usize, change: impl Fn(DetectorInput) -> DetectorInput) -> Vec<Anomaly> {
    let (mut detector, at) = settled();
    let inputs = (0..ticks).map(|tick| change(input(at + tick as Millis * TICK)));
    inputs.map(|input| detector.evaluate(&input, &DetectorSettings::default())).collect()
}

#[test]
fn a_sudden_drop_is_one() {
    let anomaly = then(|input| DetectorInput { core_90s: 0.55, ..input });
    assert_eq!((anomaly.level, anomaly.class), (Level::Warning, Some(AnomalyClass::SuddenDrop)));
    assert!(matches!(anomaly.event, Some(EpisodeEvent::Opened(episode)) if episode.started_at == CALM));
    assert!((anomaly.expected - 0.70).abs() < 1e-9 && (anomaly.deviation_sd + 3.75).abs() < 1e-6, "{anomaly:?}");
}

#[test]
fn low_engagement_is_one_after_thirty_seconds() {
    // Slow enough that the session's own mean follows: only the prior knows that this is low.
    let answers = then_for(7, |input| DetectorInput { core_prior: 0.40, ..input });
    assert!(answers.iter().take(6).all(|anomaly| anomaly.level == Level::None));
    assert_eq!(answers.last().and_then(|anomaly| anomaly.class), Some(AnomalyClass::LowEngagement));
}

#[test]
fn a_gradual_decline_is_one() {
    let (mut detector, start) = settled();
    // Wide noise in the slow mean, so that no single tick is a drop.
    detector.slow.core.variance = 0.04;
    detector.slow.core_90s.variance = 0.04;
    let classes: Vec<_> = (0..60)
        .map(|tick| {
            let core = 0.70 - 0.04 * f64::from(tick) / 12.0;
            let input = at_core(core, input(start + Millis::from(tick) * TICK));
            detector.evaluate(&input, &DetectorSettings::default()).class
        })
        .collect();
    assert_eq!(classes.iter().flatten().next(), Some(&AnomalyClass::GradualDecline));
}

#[test]
fn a_mass_exit_is_one_and_goes_before_all() {
    let anomaly = then(|input| DetectorInput { leaves_60s: 12, ..at_core(0.2, input) });
    assert_eq!((anomaly.level, anomaly.class), (Level::Critical, Some(AnomalyClass::MassExit)));
    assert_eq!(then(|input| DetectorInput { leaves_60s: 4, ..input }).level, Level::None);
}

#[test]
fn two_people_are_no_mass_however_unexpected() {
    let settings = DetectorSettings { exit_expected_floor: 1e-6, ..DetectorSettings::default() };
    for (leaves_60s, expected) in [(2, Level::None), (3, Level::Critical)] {
        let (mut detector, at) = settled();
        let input = DetectorInput { leaves_60s, leaves_60s_expected: 0.0, ..input(at) };
        assert_eq!(detector.evaluate(&input, &settings).level, expected, "{leaves_60s}");
    }
}

#[test]
fn what_is_not_a_number_is_no_evidence() {
    let nan = f64::NAN;
    let answers =
        then_for(20, |input| DetectorInput { leaves_60s: 40, leaves_60s_expected: nan, ..at_core(nan, input) });
    assert!(answers.iter().all(|anomaly| anomaly.score == 0.0 && anomaly.expected > 0.69));
}

#[test]
fn a_trend_is_not_drawn_across_a_break() {
    let (mut detector, start) = settled();
    let mut trend = |ticks: core::ops::Range<i64>, phase| {
        let answers = ticks.map(|tick| {
            let input = DetectorInput { phase, ..input(start + tick * TICK) };
            detector.evaluate(&input, &DetectorSettings::default()).parts
        });
        answers.last().unwrap().into_iter().find(|reading| reading.part == Part::Slope).unwrap().value
    };
    assert!(trend(0..1, Phase::Middle).is_some());
    assert_eq!(trend(1..3, Phase::Break), None);
    assert_eq!(trend(3..62, Phase::Middle), None);
    assert!(trend(62..63, Phase::Middle).is_some(), "five minutes after the break");
}

#[test]
fn nothing_is_said_with_too_little_data() {
    type Case = (&'static str, fn(DetectorInput) -> DetectorInput);
    let cases: [Case; 3] = [
        ("two people", |input| DetectorInput { people: 2, ..input }),
        ("an outage", |input| DetectorInput { outage: true, ..input }),
        ("the first minute", |input| DetectorInput { started_at: input.at - 55 * SECOND, ..input }),
    ];
    for (name, change) in cases {
        let worst = |input| DetectorInput { leaves_60s: 60, ..at_core(0.0, change(input)) };
        for anomaly in then_for(20, worst).iter().take(if name == "the first minute" { 1 } else { 20 }) {
            assert!(anomaly.insufficient_data, "{name}");
            assert_eq!((anomaly.score, anomaly.level, anomaly.class), (0.0, Level::None, None), "{name}");
        }
    }
    assert!(!then(|input| DetectorInput { people: 3, ..input }).insufficient_data);
}

#[test]
fn the_plan_explains_leaves_and_drops() {
    // Per case: is a drop heard, is a low level heard.
    type Case = (&'static str, fn(DetectorInput) -> DetectorInput, bool, bool);
    let cases: [Case; 9] = [
        ("nothing planned", |input| input, true, true),
        ("a break", |input| DetectorInput { phase: Phase::Break, ..input }, false, false),
        ("the end is near", |input| DetectorInput { until_end: Some(5 * MINUTE), ..input }, false, false),
        ("the end has passed", |input| DetectorInput { until_end: Some(-10 * MINUTE), ..input }, false, false),
        ("the end is far", |input| DetectorInput { until_end: Some(5 * MINUTE + TICK), ..input }, true, true),
        ("overrun for long", |input| DetectorInput { until_end: Some(-10 * MINUTE - TICK), ..input }, true, true),
        ("a change comes", |input| DetectorInput { until_phase_change: Some(30 * SECOND), ..input }, false, true),
        ("a change came", |input| DetectorInput { since_phase_change: Some(115 * SECOND), ..input }, false, true),
        ("a change long ago", |input| DetectorInput { since_phase_change: Some(2 * MINUTE), ..input }, true, true),
    ];
    for (name, change, drops, levels) in cases {
        let exit = then(|input| change(DetectorInput { leaves_60s: 40, ..input }));
        assert_eq!(exit.level == Level::Critical, drops, "leaves: {name}");
        let drop = then(|input| change(DetectorInput { core_90s: 0.3, ..input }));
        assert_eq!(drop.level == Level::Critical, drops, "a drop: {name}");
        let low = then_for(8, |input| change(DetectorInput { core_prior: 0.3, ..input }));
        assert_eq!(low.last().unwrap().level == Level::Critical, levels, "a low level: {name}");
    }
}

#[test]
fn in_a_small_audience_chat_silence_alone_is_no_evidence() {
    let silent = |people, reactions, stay| {
        let terms = Terms { reactions, stay };
        then_for(20, |input| DetectorInput { people, terms, ..at_core(0.3, input) }).last().unwrap().level
    };
    assert_eq!(silent(19, 0.70, 0.70), Level::None);
    assert_eq!(silent(19, 0.40, 0.70), Level::Critical);
    assert_eq!(silent(19, 0.70, 0.40), Level::Critical);
    assert_eq!(silent(20, 0.70, 0.70), Level::Critical);
    let exit = then(|input| DetectorInput { people: 7, leaves_60s: 5, leaves_60s_expected: 0.1, ..input });
    assert_eq!(exit.class, Some(AnomalyClass::MassExit));
}

#[test]
fn silence_is_evidence_in_a_larger_session_and_the_slow_mean_freezes_meanwhile() {
    let answers = then_for(200, |input| at_core(0.35, input));
    let open: Vec<_> = answers.iter().filter(|anomaly| anomaly.episode.is_some()).collect();
    assert_eq!(open.len(), 180, "15 minutes");
    assert!(open.iter().all(|anomaly| (anomaly.expected - 0.70).abs() < 1e-9), "frozen");
    assert!(answers.last().unwrap().expected < 0.70, "thawed");
}

#[test]
fn trees_are_heard_only_below_what_is_expected() {
    assert_eq!(then(|input| DetectorInput { novelty: Some(5.0), core_90s: 0.71, ..input }).level, Level::None);
    let low = then(|input| DetectorInput { novelty: Some(5.0), core_90s: 0.65, ..input });
    assert_eq!((low.level, low.class), (Level::Critical, Some(AnomalyClass::SuddenDrop)));
}

#[test]
fn parts_stand_in_the_order_of_their_names() {
    let parts = then(|input| input).parts;
    assert!(parts.iter().map(|reading| reading.part).eq(Part::ALL.iter().copied()));
}

#[test]
fn the_reason_has_the_numbers_and_calm_has_none() {
    let mut reason = String::new();
    then(|input| input).write_reason(&mut reason);
    assert_eq!((reason.as_str(), reason.capacity()), ("", 0));
    then(|input| DetectorInput { core_90s: 0.41, leaves_60s: 14, leaves_60s_expected: 2.1, ..input })
        .write_reason(&mut reason);
    assert_eq!(
        reason,
        "engagement 0.41 where 0.70 is expected (7.2 sd below); over 90 s 7.2 sd below what this session was like; \
         14 left within 60 s where 2.1 are expected"
    );
}

#[test]
fn a_detector_is_small() {
    assert!(size_of::<Detector>() <= 160, "{}", size_of::<Detector>());
}

fn any_core() -> impl Strategy<Value = f64> {
    prop_oneof![8 => 0.0..1.0_f64, 1 => any::<f64>(), 1 => Just(f64::NAN)]
}

prop_compose! {
    fn any_input()(
        cores in [any_core(), any_core(), any_core(), any_core()],
        leaves_60s in prop_oneof![0..20_u32, any::<u32>()],
        leaves_60s_expected in prop_oneof![0.0..20.0_f64, any::<f64>()],
        people in prop_oneof![0..200_u32, any::<u32>()],
        phase in prop::sample::select(Phase::ALL),
        spans in [any::<Option<i64>>(), any::<Option<i64>>(), any::<Option<i64>>()],
        planned in prop::bool::weighted(0.2),
        terms in [any_core(), any_core()],
        novelty in any::<Option<f64>>(),
        outage in prop::bool::weighted(0.1),
    ) -> DetectorInput {
        let [core, core_90s, core_prior, core_prior_90s] = cores;
        let [since_phase_change, until_phase_change, until_end] = spans.map(|span| span.filter(|_| planned));
        let [reactions, stay] = terms;
        DetectorInput {
            core, core_90s, core_prior, core_prior_90s, leaves_60s, leaves_60s_expected, people, phase,
            since_phase_change, until_phase_change, until_end, terms: Terms { reactions, stay }, novelty, outage,
            ..input(0)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_input_gives_a_score_in_its_range_and_episodes_that_never_overlap(
        inputs in prop::collection::vec(any_input(), 1..300),
    ) {
        let (mut detector, settings) = (Detector::default(), DetectorSettings::default());
        let (mut open, mut ended_at) = (None, None);
        for (tick, input) in inputs.into_iter().enumerate() {
            let at = tick as Millis * TICK;
            let anomaly = detector.evaluate(&DetectorInput { at, ..input }, &settings);
            prop_assert!((0.0..=1.0).contains(&anomaly.score));
            prop_assert!(anomaly.parts.iter().all(|reading| reading.ratio >= 0.0 && reading.ratio.is_finite()));
            prop_assert!(anomaly.expected.is_finite() && anomaly.deviation_sd.is_finite() && anomaly.core_90s.is_finite());
            prop_assert_eq!(anomaly.level == Level::None, anomaly.class.is_none());
            prop_assert_eq!(anomaly.level >= Level::Warning, anomaly.score >= 0.6);
            prop_assert_eq!(anomaly.level == Level::Critical, anomaly.score >= 0.8);
            match anomaly.event {
                Some(EpisodeEvent::Opened(episode)) => {
                    prop_assert!(open.is_none() && episode.started_at == at);
                    prop_assert!(ended_at.is_none_or(|ended| at - ended >= settings.episode_rearm));
                    open = Some(at);
                }
                Some(EpisodeEvent::Grown(episode)) => prop_assert_eq!(open, Some(episode.started_at)),
                Some(EpisodeEvent::Ended(episode, _)) => {
                    prop_assert_eq!(open.take(), Some(episode.started_at));
                    ended_at = Some(at);
                }
                None => {}
            }
            prop_assert_eq!(anomaly.episode.map(|episode| episode.started_at), open);
            prop_assert!(open.is_none_or(|started| at - started < settings.episode_length_max));
        }
    }

    #[test]
    fn a_worse_tick_never_lowers_the_score(
        history in prop::collection::vec(0.3..0.9_f64, 1..150),
        better in [0.0..1.0_f64, 0.0..1.0_f64, 0.0..1.0_f64, 0.0..1.0_f64],
        worse_by in [0.0..0.5_f64, 0.0..0.5_f64, 0.0..0.5_f64, 0.0..0.5_f64],
        leaves in (0..60_u32, 0..60_u32),
    ) {
        let (mut detector, settings) = (Detector::default(), DetectorSettings::default());
        for (tick, &core) in history.iter().enumerate() {
            detector.evaluate(&at_core(core, input(tick as Millis * TICK)), &settings);
        }
        let tick = |[core, core_90s, core_prior, core_prior_90s]: [f64; 4], leaves_60s| {
            let at = history.len() as Millis * TICK;
            let input = DetectorInput { core, core_90s, core_prior, core_prior_90s, leaves_60s, ..input(at) };
            detector.clone_and_evaluate(&input, &settings).score
        };
        let mut cores = better.into_iter().zip(worse_by).map(|(core, by)| core - by);
        let worse = [(); 4].map(|()| cores.next().unwrap());
        prop_assert!(tick(worse, leaves.0 + leaves.1) >= tick(better, leaves.0));
    }

    #[test]
    fn the_same_ticks_give_the_same_answers(inputs in prop::collection::vec(any_input(), 1..40)) {
        let run = || {
            let mut detector = Detector::default();
            let settings = DetectorSettings::default();
            let answers: Vec<_> = inputs.iter().map(|input| detector.evaluate(input, &settings)).collect();
            format!("{answers:?}{detector:?}")
        };
        prop_assert_eq!(run(), run());
    }
}

impl Detector {
    fn clone_and_evaluate(self, input: &DetectorInput, settings: &DetectorSettings) -> Anomaly {
        let mut detector = self;
        detector.evaluate(input, settings)
    }
}
