use domain::intervention::Decision;
use topology::simulated::blank;
use topology::wire::{
    CommandStatus, FeedbackKind, InterventionCommand, InterventionFeedback, InterventionKind, Mode, SessionKind,
};

use super::*;
use crate::dashboard::testing::{NOW, Stage};
use crate::dashboard::view::card::Status;
use crate::report::sample;

fn proposed() -> InterventionCommand {
    let proposed = sample::command("s", 5_000, InterventionKind::Poll, CommandStatus::Proposed);
    InterventionCommand { expires_at_ms: NOW + 120_000, ..proposed }
}

fn executed(command: &InterventionCommand) -> InterventionFeedback {
    InterventionFeedback {
        kind: FeedbackKind::Executed,
        id: None,
        command: command.command.clone(),
        at_ms: NOW,
        attempts: 1,
        content: None,
        provider: None,
        tokens_in: None,
        tokens_out: None,
        cost_usd: None,
        error: None,
    }
}

fn steps<B: Broker>(thread: &mut DashboardThread<B>, stage: &Stage) {
    for _ in 0..4 {
        stage.clock.advance(LOOK_EVERY_MS);
        thread.step().unwrap();
    }
}

fn request(key: &str, actor: &str, revision: i64, action: Action) -> (Request, oneshot::Receiver<Answer>) {
    let (answer, receiver) = oneshot::channel();
    let request = Request { session: "s".into(), action, actor: actor.into(), key: key.into(), revision, answer };
    (request, receiver)
}

fn approve() -> Action {
    let command = proposed().command;
    Action::Decide { command, decision: Decision::Approved, content: None, reason: None }
}

#[test]
fn everything_that_is_told_of_a_session_is_on_its_page() {
    let mut stage = Stage::new();
    stage.write(topics::ENGAGEMENT_SCORES, "s", &sample::score("s", 5_000, 0.7));
    let approved = InterventionCommand { status: CommandStatus::Approved, ..proposed() };
    stage.write(topics::INTERVENTION_COMMANDS, "s", &approved);
    stage.write(topics::INTERVENTION_FEEDBACK, "s", &executed(&approved));
    stage.write(topics::INTERVENTION_RESULTS, "s", &sample::result(&approved, 0.2));
    stage.write_bytes(topics::ENGAGEMENT_SCORES, "s", b"nonsense");
    let (mut thread, shared, _requests) = stage.dashboard();
    steps(&mut thread, &stage);
    let live = shared.live();
    let session = live.view.get("s").unwrap();
    let card = session.cards().next().unwrap();
    assert_eq!((session.points().count(), card.status, card.outcome.is_some()), (1, Status::Done, true));
    drop(live);
    let desk = shared.desk();
    assert_eq!((desk.unreadable, desk.reading_back), (1, Some(0)));
}

#[test]
fn topics_that_come_later_are_read_then() {
    let mut stage = Stage::new();
    let (mut thread, shared, _requests) = stage.dashboard();
    steps(&mut thread, &stage);
    assert_eq!(shared.desk().missing, ["app-dead-letters"]);
    stage.create(&["app-dead-letters"]);
    stage.write_bytes("app-dead-letters", "s", b"<script>");
    steps(&mut thread, &stage);
    let desk = shared.desk();
    assert_eq!((desk.missing.len(), desk.letters.len()), (0, 1));
}

#[test]
fn a_decision_lies_on_the_topic_before_it_is_answered() {
    let mut stage = Stage::new();
    stage.write(topics::INTERVENTION_COMMANDS, "s", &proposed());
    let (mut thread, shared, requests) = stage.dashboard();
    steps(&mut thread, &stage);
    let (asked, mut answer) = request("k-1", "ana", 1, approve());
    requests.send(asked).unwrap();
    thread.step().unwrap();
    assert!(matches!(answer.try_recv(), Ok(Answer::Recorded { .. })));
    let said = stage.said();
    assert_eq!((said.len(), said[0].decision, said[0].actor.as_deref()), (1, Some(Decision::Approved), Some("ana")));
    let live = shared.live();
    let card = live.view.get("s").unwrap().cards().next().unwrap();
    assert_eq!((card.status, card.pending.is_some()), (Status::Proposed, true), "the stream has the last word");
}

#[test]
fn of_two_people_the_first_decides_and_the_second_is_told() {
    let mut stage = Stage::new();
    stage.write(topics::INTERVENTION_COMMANDS, "s", &proposed());
    let (mut thread, _shared, requests) = stage.dashboard();
    steps(&mut thread, &stage);
    let (first, mut one) = request("k-1", "ana", 1, approve());
    let (second, mut other) = request("k-2", "ben", 1, approve());
    requests.send(first).unwrap();
    requests.send(second).unwrap();
    thread.step().unwrap();
    assert!(matches!(one.try_recv(), Ok(Answer::Recorded { .. })));
    let Ok(Answer::Refused(Refusal::Decided { by, .. })) = other.try_recv() else { panic!("both decide") };
    assert_eq!((by.as_str(), stage.said().len()), ("ana", 1));
}

#[test]
fn another_dashboard_knows_what_was_decided_here() {
    let mut stage = Stage::new();
    stage.write(topics::INTERVENTION_COMMANDS, "s", &proposed());
    let (mut here, _, requests) = stage.dashboard();
    let (mut there, _, others) = stage.dashboard();
    steps(&mut here, &stage);
    let (first, _one) = request("k-1", "ana", 1, approve());
    requests.send(first).unwrap();
    here.step().unwrap();
    steps(&mut there, &stage);
    let (second, mut other) = request("k-2", "ben", 1, approve());
    others.send(second).unwrap();
    there.step().unwrap();
    assert!(matches!(other.try_recv(), Ok(Answer::Refused(Refusal::Decided { .. }))));
}

#[test]
fn the_same_key_again_is_answered_the_same_and_does_nothing() {
    let mut stage = Stage::new();
    stage.write(topics::ENGAGEMENT_SCORES, "s", &sample::score("s", 5_000, 0.7));
    let (mut thread, shared, requests) = stage.dashboard();
    steps(&mut thread, &stage);
    let mut answers = Vec::new();
    for (key, actor) in [("k-1", "ana"), ("k-1", "ana"), ("k-1", "ben")] {
        let (asked, mut answer) = request(key, actor, 0, Action::Mode(Mode::Auto));
        requests.send(asked).unwrap();
        stage.clock.advance(1_000);
        thread.step().unwrap();
        answers.push(answer.try_recv().unwrap());
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[2], Answer::Refused(Refusal::Changed), "the key of another person is another key");
    assert_eq!(stage.said().len(), 1);
    steps(&mut thread, &stage);
    let live = shared.live();
    let shown = live.view.get("s").unwrap().shown();
    assert_eq!((shown.mode, shown.mode_by.as_deref(), shown.revision), (Mode::Auto, Some("ana"), 1));
}

#[test]
fn a_restarted_dashboard_knows_modes_and_pauses_from_the_topic() {
    let mut stage = Stage::new();
    let paused = Session { actor: Some("ana".into()), ..blank::session(SessionKind::Paused) };
    stage.write(topics::SESSION, "s", &paused);
    let (mut thread, shared, _requests) = stage.dashboard();
    steps(&mut thread, &stage);
    let live = shared.live();
    let shown = live.view.get("s").unwrap().shown();
    assert_eq!((shown.paused, shown.paused_by.as_deref(), shown.revision), (true, Some("ana"), 1));
}
