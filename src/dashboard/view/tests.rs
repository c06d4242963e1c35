use proptest::prelude::*;
use topology::simulated::blank;
use topology::wire::{AnomalyClass, CommandStatus, Decision, FeedbackKind, InterventionKind, SessionKind, SessionType};

use super::card::{Effect, Status};
use super::*;
use crate::report::sample;

const BUDGET: Budget = Budget { decisions: 2, span_ms: 3_600_000 };

fn view() -> View {
    View::new(Mode::Suggest, BUDGET)
}

fn command(status: CommandStatus) -> InterventionCommand {
    InterventionCommand { expires_at_ms: 125_000, ..sample::command("s", 5_000, InterventionKind::Poll, status) }
}

fn cancelled(because: &str) -> InterventionCommand {
    InterventionCommand { reason: format!("cancelled: {because}").into(), ..command(CommandStatus::Cancelled) }
}

fn feedback(kind: FeedbackKind) -> InterventionFeedback {
    InterventionFeedback {
        kind,
        id: None,
        command: command(CommandStatus::Approved).command,
        at_ms: 9_000,
        attempts: 1,
        content: Some("How is the pace?".into()),
        provider: Some("templates".into()),
        tokens_in: None,
        tokens_out: None,
        cost_usd: None,
        error: None,
    }
}

fn decided(decision: Decision, actor: &str) -> Session {
    Session {
        command: Some(command(CommandStatus::Proposed).command),
        decision: Some(decision),
        actor: Some(actor.into()),
        ..blank::session(SessionKind::Decision)
    }
}

fn card(view: &View) -> &Card {
    view.get("s").and_then(|session| session.cards().next()).unwrap()
}

#[test]
fn a_proposal_is_pending_from_the_decision_until_the_stream_answers() {
    let mut view = view();
    view.take_command(&command(CommandStatus::Proposed), 7);
    assert_eq!((card(&view).status, card(&view).revision), (Status::Proposed, 8));
    view.take_session("s", &decided(Decision::Approved, "ana"), 3, 8_000);
    view.take_session("s", &decided(Decision::Declined, "ben"), 4, 8_100);
    let pending = card(&view).pending.clone().unwrap();
    assert_eq!((pending.actor.as_str(), pending.decision, pending.at_ms), ("ana", Decision::Approved, 8_000));
    assert_eq!(card(&view).status, Status::Proposed, "nothing is done before the stream says so");
    let approved = InterventionCommand {
        decided_by: Some("ana".into()),
        decided_at_ms: Some(8_200),
        ..command(CommandStatus::Approved)
    };
    view.take_command(&approved, 9);
    let card = card(&view);
    assert_eq!((card.status, card.status_at_ms, card.pending.as_ref()), (Status::Approved, 8_200, None));
    assert_eq!((card.decided_by.as_deref(), card.revision), (Some("ana"), 10));
}

#[test]
fn a_decision_that_is_read_after_its_answer_is_not_pending() {
    let mut view = view();
    view.take_command(&command(CommandStatus::Approved), 7);
    view.take_session("s", &decided(Decision::Approved, "ana"), 3, 8_000);
    assert_eq!(card(&view).pending, None);
}

#[test]
fn what_is_withdrawn_says_why() {
    for (because, status) in
        [("declined", Status::Declined), ("expired", Status::Expired), ("paused", Status::Cancelled)]
    {
        let mut view = view();
        view.take_command(&command(CommandStatus::Proposed), 1);
        let why = card(&view).why.clone();
        view.take_command(&cancelled(because), 2);
        assert_eq!(card(&view).status, status);
        assert_eq!(card(&view).why, why, "why it was proposed is still of interest");
    }
}

#[test]
fn what_the_executor_says_is_the_end_of_an_approved_one() {
    for (kind, status) in [
        (FeedbackKind::Executed, Status::Done),
        (FeedbackKind::Failed, Status::Failed),
        (FeedbackKind::Expired, Status::Expired),
        (FeedbackKind::Refused, Status::Refused),
    ] {
        let mut view = view();
        view.take_command(&command(CommandStatus::Approved), 1);
        view.take_feedback("s", feedback(kind));
        assert_eq!((card(&view).status, card(&view).status_at_ms), (status, 9_000));
        assert_eq!(card(&view).content.as_deref(), Some("How is the pace?"));
    }
}

#[test]
fn an_effect_is_a_success_nothing_or_the_contrary() {
    for (reward, success, effect) in
        [(0.2, true, Effect::Success), (0.05, false, Effect::None), (-0.15, false, Effect::Backfired)]
    {
        let mut view = view();
        view.take_command(&command(CommandStatus::Approved), 1);
        let mut result = sample::result(&command(CommandStatus::Approved), 0.1);
        result.reward = Some(reward);
        result.success = Some(success);
        view.take_result(result);
        assert_eq!(card(&view).outcome.as_ref().unwrap().effect, Some(effect), "{reward}");
    }
}

#[test]
fn a_session_shows_who_set_its_mode_and_pause_and_what_a_change_must_name() {
    let mut view = view();
    let started = Session {
        title: Some("Streams".into()),
        session_type: Some(SessionType::Workshop),
        ..blank::session(SessionKind::Started)
    };
    view.take_session("s", &started, 0, 1_000);
    let mode = Session { mode: Some(Mode::Auto), actor: Some("ana".into()), ..blank::session(SessionKind::Mode) };
    view.take_session("s", &mode, 5, 2_000);
    let paused = Session { actor: Some("ben".into()), ..blank::session(SessionKind::Paused) };
    view.take_session("s", &paused, 6, 3_000);
    let shown = view.get("s").unwrap().shown();
    assert_eq!(
        (shown.title.as_deref(), shown.session_type, shown.started_ms),
        (Some("Streams"), Some("workshop"), Some(1_000))
    );
    assert_eq!((shown.mode, shown.mode_by.as_deref(), shown.mode_at_ms), (Mode::Auto, Some("ana"), Some(2_000)));
    assert_eq!((shown.paused, shown.paused_by.as_deref(), shown.revision), (true, Some("ben"), 7));
}

#[test]
fn the_budget_tells_when_the_next_decision_is_allowed() {
    let mut view = view();
    for (tick, offset) in [(10_000, 0), (700_000, 1)] {
        let proposed = sample::command("s", tick, InterventionKind::Poll, CommandStatus::Proposed);
        view.take_command(&proposed, offset);
    }
    view.take_score(&sample::score("s", 900_000, 0.7));
    let budget = view.get("s").unwrap().shown().budget;
    assert_eq!((budget.used, budget.next_at_ms), (2, Some(3_610_000)));
    view.take_score(&sample::score("s", 3_610_000, 0.7));
    let budget = view.get("s").unwrap().shown().budget;
    assert_eq!((budget.used, budget.next_at_ms), (1, None));
}

#[test]
fn a_delta_has_what_changed_and_nothing_twice() {
    let mut view = view();
    view.take_score(&sample::score("s", 5_000, 0.7));
    view.take_score(&sample::score("s", 10_000, 0.6));
    view.take_command(&command(CommandStatus::Proposed), 0);
    assert_eq!(view.changed(), ["s"]);
    let delta = view.take("s").unwrap();
    let ticks: Vec<i64> = delta.points.iter().map(|point| point.at_ms).collect();
    assert_eq!((ticks, delta.interventions.len(), delta.session.is_some()), (vec![5_000, 10_000], 1, true));
    assert_eq!((view.take("s"), view.changed().len()), (None, 0));
    view.take_score(&sample::score("s", 10_000, 0.5));
    let again = view.take("s").unwrap();
    assert_eq!(again.points.iter().map(|point| point.score).collect::<Vec<_>>(), [0.5], "a repeated tick replaces");
    assert_eq!(view.get("s").unwrap().points().count(), 2);
}

#[test]
fn those_in_need_come_first_and_those_that_ended_last() {
    let mut view = view();
    view.take_score(&sample::score("calm", 5_000, 0.75));
    view.take_score(&sample::score("low", 5_000, 0.45));
    view.take_score(&sample::alarm("alarm", 5_000, AnomalyLevel::Critical, AnomalyClass::SuddenDrop));
    view.take_score(&sample::score("asks", 5_000, 0.8));
    let proposed = sample::command("asks", 5_000, InterventionKind::Poll, CommandStatus::Proposed);
    view.take_command(&InterventionCommand { expires_at_ms: 99_000, ..proposed }, 0);
    view.take_score(&sample::score("ended", 5_000, 0.1));
    view.take_session("ended", &blank::session(SessionKind::Ended), 0, 6_000);
    let list: Vec<&str> = view.list().iter().map(|shown| shown.session.as_str()).collect();
    assert_eq!(list, ["alarm", "asks", "low", "calm", "ended"]);
}

#[test]
fn the_view_is_bounded() {
    let mut view = view();
    for session in 0..SESSIONS_MAX + 10 {
        view.take_score(&sample::score(&format!("s-{session}"), 5_000 + session as i64, 0.7));
    }
    assert_eq!(view.sessions().count(), SESSIONS_MAX);
    assert!(view.get("s-0").is_none() && view.get("s-10").is_some(), "the oldest is forgotten");
    for tick in 1..2_000 {
        view.take_score(&sample::score("s-100", 100_000 + tick * 5_000, 0.7));
    }
    assert_eq!(view.get("s-100").unwrap().points().count(), 720);
}

proptest! {
    /// Topics are read side by side: what is shown at the end does not depend on how.
    #[test]
    fn a_card_does_not_depend_on_which_topic_is_read_first(order in Just(vec![0, 0, 1, 2, 3]).prop_shuffle()) {
        let commands = [command(CommandStatus::Proposed), command(CommandStatus::Approved)];
        let result = sample::result(&commands[1], 0.2);
        let apply = |order: &[usize]| {
            let mut view = view();
            let mut next = 0;
            for topic in order {
                match topic {
                    0 => {
                        view.take_command(&commands[next], next as i64);
                        next += 1;
                    }
                    1 => view.take_feedback("s", feedback(FeedbackKind::Executed)),
                    2 => view.take_result(result.clone()),
                    _ => view.take_session("s", &decided(Decision::Approved, "ana"), 3, 8_000),
                }
            }
            let mut card = card(&view).clone();
            card.status_at_ms = 0;
            card
        };
        prop_assert_eq!(apply(&order), apply(&[0, 0, 1, 2, 3]));
    }
}
