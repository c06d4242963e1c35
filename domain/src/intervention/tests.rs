//! The rules of a decision.

use super::ledger::DECISIONS_KEPT;
use super::*;
use crate::anomaly::Level;
use crate::bandit::{Names, held_out};
use crate::context::{AnomalyClass, InterventionKind, Phase, SessionType};
use crate::time::{MINUTE, Millis, TICK};

const NOW: Millis = 100 * MINUTE;

fn settings() -> DecisionSettings {
    DecisionSettings::default()
}

fn command(tick: Millis) -> Command {
    Command { tick, sequence: 0 }
}

fn ledger() -> Ledger {
    Ledger::new(Mode::Suggest)
}

/// A ledger with decisions of one kind at these times, all settled.
fn decided(kind: InterventionKind, times: impl IntoIterator<Item = Millis>) -> Ledger {
    let mut ledger = ledger();
    for at in times {
        ledger.decide(command(at), kind, at);
        ledger.settle(command(at));
    }
    ledger
}

#[test]
fn critical_always_acts_and_a_warning_only_at_a_low_score() {
    let cases = [
        (Level::Critical, true, 0.9, Ok(())),
        (Level::Critical, true, f64::NAN, Ok(())),
        (Level::Warning, true, 0.49, Ok(())),
        (Level::Warning, true, 0.5, Err(WhyNot::ScoreFair)),
        (Level::Warning, true, f64::NAN, Err(WhyNot::ScoreFair)),
        (Level::None, true, 0.1, Err(WhyNot::NoAlarm)),
        (Level::Critical, false, 0.1, Err(WhyNot::NoAlarm)),
    ];
    for (level, episode_open, score, expected) in cases {
        let alarm = Alarm { level, episode_open, score };
        assert_eq!(should_act(&alarm, &ledger(), NOW, &settings()), expected, "{alarm:?}");
    }
}

#[test]
fn mode_pause_open_slot_and_budget_stand_in_the_way_in_this_order() {
    let alarm = Alarm { level: Level::Critical, episode_open: true, score: 0.3 };
    let check = |ledger: &Ledger, expected| assert_eq!(should_act(&alarm, ledger, NOW, &settings()), expected);
    let mut ledger = decided(InterventionKind::Poll, (1..=6).map(|minute| NOW - minute * MINUTE));
    ledger.open = Some(command(1));
    ledger.paused = true;
    ledger.mode = Mode::Off;
    check(&ledger, Err(WhyNot::ModeOff));
    ledger.mode = Mode::Auto;
    check(&ledger, Err(WhyNot::Paused));
    ledger.paused = false;
    check(&ledger, Err(WhyNot::Open));
    ledger.settle(command(2));
    check(&ledger, Err(WhyNot::Open));
    ledger.settle(command(1));
    check(&ledger, Err(WhyNot::BudgetSpent));
}

#[test]
fn no_more_than_six_decisions_in_any_sixty_minutes() {
    let alarm = Alarm { level: Level::Critical, episode_open: true, score: 0.3 };
    let (mut ledger, mut times) = (ledger(), Vec::new());
    for at in (0..6 * 60 * MINUTE).step_by(TICK as usize) {
        if should_act(&alarm, &ledger, at, &settings()).is_ok() {
            ledger.decide(command(at), InterventionKind::Poll, at);
            ledger.settle(command(at));
            times.push(at);
        }
    }
    assert_eq!((times.len(), times[6] - times[0]), (36, 60 * MINUTE));
    assert!(times.windows(DECISIONS_KEPT + 1).all(|seven| seven[6] - seven[0] >= 60 * MINUTE));
    let none = DecisionSettings { budget: 0, ..settings() };
    assert_eq!(should_act(&alarm, &Ledger::new(Mode::Auto), NOW, &none), Err(WhyNot::BudgetSpent));
}

fn occasion() -> Occasion {
    Occasion {
        phase: Phase::Middle,
        session_type: SessionType::Keynote,
        class: AnomalyClass::SuddenDrop,
        segments: Segments { disengaged: 3, lurkers: 5, first_time: 9 },
        questions: Questions::default(),
    }
}

fn kinds(occasion: &Occasion, ledger: &Ledger) -> Result<Vec<&'static str>, WhyNot> {
    applicable(occasion, ledger, NOW, &settings()).map(|kinds| kinds.iter().map(|choice| choice.kind.name()).collect())
}

#[test]
fn what_applies_depends_on_phase_type_and_class() {
    use {AnomalyClass as Class, Phase as P, SessionType as Type};
    let cases: [(Phase, SessionType, AnomalyClass, &[&str]); 9] = [
        (P::Middle, Type::Keynote, Class::SuddenDrop, &["POLL", "CHAT_PROMPT"]),
        (P::Opening, Type::Keynote, Class::MassExit, &["POLL", "CHAT_PROMPT"]),
        (P::Closing, Type::Keynote, Class::SuddenDrop, &["CHAT_PROMPT"]),
        (P::Qa, Type::Keynote, Class::SuddenDrop, &["CHAT_PROMPT", "QNA_PROMOTE"]),
        (P::Closing, Type::Panel, Class::SuddenDrop, &["CHAT_PROMPT", "QNA_PROMOTE"]),
        (P::Middle, Type::Workshop, Class::SuddenDrop, &["POLL", "CHAT_PROMPT", "QNA_PROMOTE"]),
        (P::Middle, Type::Keynote, Class::GradualDecline, &["POLL", "CHAT_PROMPT", "NUDGE"]),
        (P::Closing, Type::Keynote, Class::LowEngagement, &["CHAT_PROMPT", "NUDGE"]),
        (P::Middle, Type::Workshop, Class::LowEngagement, &["POLL", "CHAT_PROMPT", "NUDGE", "QNA_PROMOTE"]),
    ];
    for (phase, session_type, class, expected) in cases {
        let occasion = Occasion { phase, session_type, class, ..occasion() };
        assert_eq!(kinds(&occasion, &ledger()), Ok(expected.to_vec()), "{occasion:?}");
    }
}

#[test]
fn in_a_break_nothing_applies() {
    for &class in AnomalyClass::ALL {
        let pause = Occasion { phase: Phase::Break, class, session_type: SessionType::Workshop, ..occasion() };
        assert_eq!(kinds(&pause, &ledger()), Err(WhyNot::Break));
    }
}

#[test]
fn a_kind_rests_for_three_minutes_and_all_resting_is_a_reason() {
    let closing = Occasion { phase: Phase::Closing, ..occasion() };
    let prompted = |ago| decided(InterventionKind::ChatPrompt, [NOW - ago]);
    assert_eq!(kinds(&closing, &prompted(3 * MINUTE - TICK)), Err(WhyNot::Cooling));
    assert_eq!(kinds(&closing, &prompted(3 * MINUTE)), Ok(vec!["CHAT_PROMPT"]));
    assert_eq!(kinds(&occasion(), &prompted(0)), Ok(vec!["POLL"]));
}

#[test]
fn a_nudge_goes_to_the_larger_segment_and_to_nobody_when_both_are_empty() {
    let cases = [
        (3, 5, Some(Segment::Lurkers)),
        (5, 3, Some(Segment::Disengaged)),
        (4, 4, Some(Segment::Disengaged)),
        (0, 1, Some(Segment::Lurkers)),
        (0, 0, None),
    ];
    for (disengaged, lurkers, expected) in cases {
        let segments = Segments { disengaged, lurkers, first_time: 9 };
        let occasion = Occasion { class: AnomalyClass::LowEngagement, segments, ..occasion() };
        let choices = applicable(&occasion, &ledger(), NOW, &settings()).unwrap();
        assert_eq!(choices.get(InterventionKind::Nudge).map(|choice| choice.target), expected);
    }
}

#[test]
fn questions_decide_how_questions_are_promoted() {
    let cases = [(0, 0, Variant::SeedQuestion), (4, 0, Variant::RequestNew), (4, 1, Variant::SurfaceBest)];
    for (asked, open, expected) in cases {
        assert_eq!(Questions { asked, open }.variant(), expected);
    }
}

#[test]
fn twelve_percent_of_episodes_are_controls_and_each_stays_what_it_is() {
    let drawn = |session, episode: i64, probability| {
        held_out(Names { application: "conductor", session }, episode * TICK, probability)
    };
    let hold_out = settings().hold_out;
    let controls = (0..20_000).filter(|episode| drawn("s-1", *episode, hold_out)).count() as f64 / 20_000.0;
    assert!((controls - 0.12).abs() < 0.01, "{controls}");
    assert!((0..1_000).all(|episode| drawn("s-1", episode, hold_out) == drawn("s-1", episode, hold_out)));
    let other = (0..1_000).filter(|episode| drawn("s-1", *episode, hold_out) != drawn("s-2", *episode, hold_out));
    assert!(other.count() > 100, "sessions are drawn apart");
    assert!((0..1_000).all(|episode| !drawn("s-1", episode, 0.0)));
}

#[test]
fn the_mode_says_who_must_agree() {
    use InterventionKind::{ChatPrompt, Nudge, Poll, QnaPromote};
    let cases = [
        (Mode::Off, false, Nudge, 1.0, None),
        (Mode::Off, true, Nudge, 1.0, None),
        (Mode::Suggest, false, Nudge, 1.0, Some(Status::Proposed)),
        (Mode::Suggest, true, Nudge, 1.0, Some(Status::HeldOut)),
        (Mode::Assist, false, Nudge, 0.6, Some(Status::Approved)),
        (Mode::Assist, false, ChatPrompt, 0.6, Some(Status::Approved)),
        (Mode::Assist, false, ChatPrompt, 0.59, Some(Status::Proposed)),
        (Mode::Assist, false, ChatPrompt, f64::NAN, Some(Status::Proposed)),
        (Mode::Assist, false, Poll, 0.9, Some(Status::Proposed)),
        (Mode::Assist, false, QnaPromote, 0.9, Some(Status::Proposed)),
        (Mode::Assist, true, Nudge, 0.9, Some(Status::HeldOut)),
        (Mode::Auto, false, Poll, 0.1, Some(Status::Approved)),
        (Mode::Auto, true, Poll, 0.9, Some(Status::HeldOut)),
    ];
    for (mode, held_out, kind, confidence, expected) in cases {
        assert_eq!(status_for(mode, held_out, kind, confidence, &settings()), expected, "{mode} {kind} {confidence}");
    }
}
