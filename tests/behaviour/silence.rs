//! Silence: of a night, of a topic, of a session that comes back.

use crate::conductor::{Conductor, HOUR, MINUTE, SECOND, T0};
use crate::room::{Room, answer};

const HI: &str = r#"{"kind":"message","user":"u-1","text":"hi"}"#;

fn every_five_seconds(from: i64, to: i64) -> Vec<i64> {
    (from..=to).step_by(5_000).collect()
}

#[test]
fn after_half_an_hour_of_silence_a_session_is_over_and_ticks_no_more() {
    let mut conductor = Conductor::auto();
    conductor.send("chat", "s", T0, HI);
    conductor.send("chat", "other", T0 + 10 * HOUR, HI);
    assert_eq!(conductor.ticks("s"), every_five_seconds(T0 + 5_000, T0 + 30 * MINUTE));
    assert!(conductor.scores.iter().all(|score| (0.0..=1.0).contains(&score.score)));
}

#[test]
fn a_session_that_silence_ended_is_opened_anew_by_any_event() {
    let mut conductor = Conductor::auto();
    conductor.send("chat", "s", T0, HI);
    let again = T0 + 40 * MINUTE;
    conductor.send("reaction", "s", again, r#"{"kind":"emoji","user":"u-2","emoji":"+1"}"#);
    conductor.wait(11 * SECOND);
    let mut expected = every_five_seconds(T0 + 5_000, T0 + 30 * MINUTE);
    expected.extend([again + 5_000, again + 10_000]);
    assert_eq!(conductor.ticks("s"), expected);
    let elapsed = conductor.scores.last().unwrap().signals.elapsed_s;
    assert_eq!(elapsed, Some(10.0), "another life");
}

#[test]
fn a_session_that_comes_back_within_its_last_tick_ticks_on_without_a_hole() {
    let mut conductor = Conductor::auto();
    conductor.send("chat", "s", T0 + 1_000, HI);
    conductor.send("chat", "s", T0 + 30 * MINUTE + 1_500, HI);
    conductor.wait(20 * SECOND);
    assert_eq!(conductor.ticks("s"), every_five_seconds(T0 + 5_000, T0 + 30 * MINUTE + 20_000));
}

#[test]
fn a_topic_that_nobody_writes_to_stalls_nothing() {
    let mut conductor = Conductor::auto();
    for second in 0..60 {
        conductor.send("reaction", "s", T0 + second * SECOND, r#"{"kind":"emoji","user":"u-2","emoji":"+1"}"#);
    }
    assert_eq!(conductor.ticks("s").len(), 11);
}

#[test]
fn an_intervention_that_is_open_when_the_session_ends_is_censored() {
    let mut conductor = Conductor::auto();
    let mut room = Room::up_to_a_command(&mut conductor, "s", T0);
    let command = conductor.commands[0].command.to_string();
    answer(&mut conductor, "s", &command, "executed", room.now());
    room.go_on(&mut conductor, crate::room::Doing::Nothing, MINUTE);
    conductor.send("session", "s", room.now(), r#"{"kind":"ended"}"#);
    conductor.send("chat", "other", room.now() + 10 * HOUR, HI);
    assert_eq!(conductor.outcomes(), ["censored"]);
    let result = &conductor.results[0];
    assert!(result.treated && result.score_before.is_some() && result.change.is_none() && result.reward.is_none());
    assert_eq!(conductor.statuses(), [(command, "approved")]);
}

#[test]
fn what_was_open_in_one_life_is_not_measured_in_the_next() {
    let mut conductor = Conductor::auto();
    let mut room = Room::up_to_a_command(&mut conductor, "s", T0);
    let command = conductor.commands[0].command.to_string();
    answer(&mut conductor, "s", &command, "executed", room.now());
    room.go_on(&mut conductor, crate::room::Doing::Nothing, MINUTE);
    // Within one tick: no tick finds the session over.
    let tick = room.now() / 5_000 * 5_000 + 5_000;
    conductor.send("session", "s", tick + 1_000, r#"{"kind":"ended"}"#);
    conductor.send("session", "s", tick + 2_000, r#"{"kind":"started","title":"t","type":"workshop"}"#);
    assert_eq!(conductor.outcomes(), ["censored"]);
}

#[test]
fn a_proposal_that_is_open_when_the_night_falls_gets_its_one_result() {
    let mut conductor = Conductor::new(&crate::conductor::settings(domain::intervention::Mode::Suggest));
    let room = Room::up_to_a_command(&mut conductor, "s", T0);
    let before = conductor.commands.len();
    assert_eq!(before, 1);
    conductor.send("chat", "other", room.now() + 10 * HOUR, HI);
    assert_eq!(conductor.results.len(), conductor.commands.iter().filter(|c| c.status.name() == "proposed").count());
    assert!(conductor.outcomes().iter().all(|outcome| *outcome == "expired" || *outcome == "censored"));
}
