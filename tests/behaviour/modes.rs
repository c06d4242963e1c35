//! Who must agree: the modes, the decisions of people, the pause.

use domain::intervention::Mode;

use crate::conductor::{Conductor, MINUTE, SECOND, T0, settings};
use crate::life::{assert_computed_again, assert_each_once};
use crate::room::{Doing, Room, answer};

fn decide(conductor: &mut Conductor, command: &str, decision: &str, at: i64) {
    let said = format!(
        r#"{{"kind":"decision","command":"{command}","decision":"{decision}","actor":"ann","content":"as I put it"}}"#
    );
    conductor.send("session", "s", at, said);
}

fn proposal() -> (Conductor, Room, String) {
    let mut conductor = Conductor::new(&settings(Mode::Suggest));
    let room = Room::up_to_a_command(&mut conductor, "s", T0);
    let proposed = &conductor.commands[0];
    assert_eq!((proposed.status.name(), proposed.expires_at_ms), ("proposed", proposed.at_ms + 90 * SECOND));
    let command = proposed.command.to_string();
    (conductor, room, command)
}

#[test]
fn an_approved_proposal_lives_on_for_two_minutes_and_is_measured_but_does_not_teach() {
    let (mut conductor, mut room, command) = proposal();
    decide(&mut conductor, &command, "approved", room.now());
    let approved = conductor.commands.last().unwrap().clone();
    assert_eq!(approved.status.name(), "approved");
    let stream_time = conductor.driver.stream_time(0).unwrap();
    assert_eq!(approved.expires_at_ms, stream_time + 120 * SECOND);
    assert_eq!((approved.decided_by.as_deref(), approved.decided_at_ms), (Some("ann"), Some(stream_time)));
    assert_eq!(approved.content, None, "approved as it is");
    assert_computed_again(&approved);
    answer(&mut conductor, "s", &command, "executed", room.now());
    room.go_on(&mut conductor, Doing::AsUsual, 4 * MINUTE);
    assert_eq!(conductor.outcomes(), ["measured"]);
    assert!(conductor.results[0].waited && conductor.results[0].treated);
    assert!(conductor.policies.is_empty(), "it waited for a person");
    assert_each_once(&conductor);
}

#[test]
fn an_edited_proposal_carries_the_content_as_edited() {
    let (mut conductor, room, command) = proposal();
    decide(&mut conductor, &command, "edited", room.now());
    let edited = conductor.commands.last().unwrap();
    assert_eq!((edited.status.name(), edited.content.as_deref()), ("approved", Some("as I put it")));
}

#[test]
fn a_declined_proposal_is_cancelled_and_that_is_its_result() {
    let (mut conductor, room, command) = proposal();
    decide(&mut conductor, &command, "declined", room.now());
    decide(&mut conductor, &command, "approved", room.now());
    assert_eq!(conductor.statuses(), [(command.clone(), "proposed"), (command, "cancelled")]);
    assert_eq!(conductor.commands[1].reason, "cancelled: declined");
    assert_eq!(conductor.outcomes(), ["declined"]);
    assert_eq!(conductor.driver.counter("decision_late"), 1);
}

#[test]
fn a_proposal_that_nobody_decides_on_expires() {
    let (mut conductor, mut room, command) = proposal();
    let expires = conductor.commands[0].expires_at_ms;
    let wait = expires + 2 * SECOND - room.now();
    room.go_on(&mut conductor, Doing::AsUsual, wait);
    assert_eq!(conductor.statuses(), [(command, "proposed"), (conductor.commands[0].command.to_string(), "cancelled")]);
    assert_eq!((conductor.outcomes(), conductor.results[0].at_ms), (vec!["expired"], expires));
}

#[test]
fn in_assist_only_what_interrupts_nobody_and_is_sure_runs_at_once() {
    let mut seen = std::collections::BTreeSet::new();
    for session in ["a", "b", "c", "d", "e", "f"] {
        let mut settings = settings(Mode::Assist);
        settings.decision.assist_confidence = 0.2;
        let mut conductor = Conductor::new(&settings);
        Room::up_to_a_command(&mut conductor, session, T0);
        let command = &conductor.commands[0];
        let at_once = ["CHAT_PROMPT", "NUDGE"].contains(&command.kind.name()) && command.confidence >= 0.2;
        assert_eq!(command.status.name(), if at_once { "approved" } else { "proposed" });
        seen.insert(command.status.name());
    }
    assert_eq!(seen.len(), 2, "{seen:?}");
}

#[test]
fn a_pause_cancels_what_is_not_executed_and_keeps_anything_new_from_beginning() {
    let (mut conductor, mut room, command) = proposal();
    conductor.send("session", "s", room.now(), r#"{"kind":"paused","actor":"ann"}"#);
    assert_eq!(conductor.statuses()[1], (command, "cancelled"));
    assert_eq!(conductor.outcomes(), ["cancelled"]);
    room.go_on(&mut conductor, Doing::Nothing, 4 * MINUTE);
    assert_eq!(conductor.commands.len(), 2);
    assert!(conductor.driver.counter("paused") > 0);
    conductor.send("session", "s", room.now(), r#"{"kind":"resumed","actor":"ann"}"#);
    room.fall_silent_until(&mut conductor, |conductor| conductor.commands.len() > 2);
    assert_each_once(&conductor);
}

#[test]
fn an_approved_command_that_is_withdrawn_ends_as_the_executor_says() {
    for (word, answered) in [(r#""paused""#, "refused"), (r#""mode","mode":"off""#, "executed")] {
        let mut conductor = Conductor::auto();
        let mut room = Room::up_to_a_command(&mut conductor, "s", T0);
        let command = conductor.commands[0].command.to_string();
        conductor.send("session", "s", room.now(), format!(r#"{{"kind":{word},"actor":"ann"}}"#));
        assert_eq!(conductor.statuses(), [(command.clone(), "approved"), (command.clone(), "cancelled")]);
        assert!(conductor.results.is_empty(), "the executor may have been faster");
        answer(&mut conductor, "s", &command, answered, room.now());
        room.go_on(&mut conductor, Doing::Nothing, 4 * MINUTE);
        assert_eq!(conductor.outcomes(), [if answered == "executed" { "measured" } else { answered }]);
        assert_eq!(conductor.commands.len(), 2, "nothing is begun");
    }
}

#[test]
fn a_mode_that_is_set_before_the_first_event_holds() {
    let mut conductor = Conductor::new(&settings(Mode::Suggest));
    conductor.send("session", "s", T0 - MINUTE, r#"{"kind":"mode","mode":"auto","actor":"ann"}"#);
    Room::up_to_a_command(&mut conductor, "s", T0);
    assert_eq!(conductor.commands[0].status.name(), "approved");
}
