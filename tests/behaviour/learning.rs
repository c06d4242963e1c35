//! What is learned, who reads it, and what a session pins.

use domain::intervention::Mode;
use topology::settings::{ConductorSettings, Learning};
use topology::wire::InterventionCommand;

use crate::conductor::{Conductor, MINUTE, SECOND, T0, settings};
use crate::life::assert_computed_again;
use crate::room::{Doing, Room, answer};

/// Sessions one after another, each with one command that is executed and measured.
fn taught(conductor: &mut Conductor, sessions: &[&'static str]) -> Vec<InterventionCommand> {
    let mut commands = Vec::new();
    for (number, session) in sessions.iter().enumerate() {
        let start = T0 + number as i64 * 40 * MINUTE;
        let mut room = Room::up_to_a_command(conductor, session, start);
        let command = conductor.commands.last().unwrap().clone();
        answer(conductor, session, &command.command, "executed", room.now());
        room.go_on(conductor, Doing::AsUsual, 4 * MINUTE);
        conductor.send("session", session, room.now(), r#"{"kind":"ended"}"#);
        conductor.wait(MINUTE);
        commands.push(command);
    }
    commands
}

const SESSIONS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

#[test]
fn results_fold_into_the_policy_under_growing_versions_and_the_next_decision_reads_it() {
    let mut conductor = Conductor::auto();
    let commands = taught(&mut conductor, &SESSIONS);
    assert_eq!(conductor.policies.len(), SESSIONS.len());
    for (number, (command, (key, policy))) in commands.iter().zip(&conductor.policies).enumerate() {
        assert_eq!(policy.version, number as i64 + 1);
        assert_eq!(*key, command.context_key);
        assert_eq!(command.policy.version, number as i64, "the newest before it");
        assert_computed_again(command);
        let result = &conductor.results[number];
        let arm = policy.arms.iter().find(|arm| arm.arm == command.kind.name()).unwrap();
        assert!(arm.n >= 1.0 && arm.successes + arm.failures >= 1.0);
        if arm.n == 1.0 {
            assert_eq!(Some(arm.sum), result.reward);
        }
    }
    let last = commands.last().unwrap();
    assert!(last.policy.arms.iter().any(|arm| arm.n > 0.0), "{:?}", last.policy);
    assert_eq!(conductor.driver.counter("lessons"), 6);
}

#[test]
fn with_frozen_learning_deciders_read_nothing_and_learning_goes_on() {
    let mut conductor = Conductor::new(&ConductorSettings { learning: Learning::Frozen, ..settings(Mode::Auto) });
    let commands = taught(&mut conductor, &SESSIONS[..3]);
    assert_eq!(conductor.policies.len(), 3);
    for command in &commands {
        assert_eq!((command.policy.version, command.policy.control_mean), (0, 0.0));
        assert!(command.policy.arms.iter().all(|arm| arm.n == 0.0 && arm.mean == command.policy.arms[0].mean));
        assert_computed_again(command);
    }
}

#[test]
fn with_frozen_learning_a_session_does_not_learn_of_itself_either() {
    let mut conductor = Conductor::new(&ConductorSettings { learning: Learning::Frozen, ..settings(Mode::Auto) });
    let mut room = Room::up_to_a_command(&mut conductor, "s", T0);
    let first = conductor.commands[0].clone();
    answer(&mut conductor, "s", &first.command, "executed", room.now());
    room.go_on(&mut conductor, Doing::AsUsual, 14 * MINUTE);
    assert_eq!(conductor.outcomes(), ["measured"]);
    room.fall_silent_until(&mut conductor, |conductor| conductor.commands.len() > 1);
    let arms = &conductor.commands[1].policy.arms;
    assert!(arms.iter().all(|arm| arm.mean == arms[0].mean), "{arms:?}");
}

#[test]
fn a_policy_from_elsewhere_is_read_and_named() {
    let mut conductor = Conductor::auto();
    let control = r#"{"version":41,"arms":[],"mean":0.07,"n":30.0}"#;
    for class in ["SUDDEN_DROP", "LOW_ENGAGEMENT", "GRADUAL_DECLINE"] {
        conductor.send("policy", &format!("control_{class}"), T0, control);
        let arms = r#"{"version":42,"arms":[{"arm":"CHAT_PROMPT","n":50.0,"sum":20.0,"sum_squares":9.0,"successes":40.0,"failures":10.0}]}"#;
        conductor.send("policy", &format!("middle_workshop_medium_{class}"), T0, arms);
    }
    Room::up_to_a_command(&mut conductor, "s", T0);
    let command = &conductor.commands[0];
    assert_eq!((command.policy.version, command.policy.control_mean), (42, 0.07));
    let prompt = command.policy.arms.iter().find(|arm| arm.arm == "CHAT_PROMPT").unwrap();
    assert!(prompt.n == 50.0 && prompt.mean > 0.1, "{prompt:?}");
    assert_computed_again(command);
}

fn baseline(version: i64, chat: f64) -> String {
    format!(
        r#"{{"version":{version},"chat":{chat},"poll":0.4,"active":0.5,"reactions":0.1,"stay":0.06,"calibrated_from":"x","at_ms":1}}"#
    )
}

#[test]
fn a_session_pins_the_baseline_of_its_first_tick_and_names_it_on_every_score() {
    let hi = r#"{"kind":"message","user":"u"}"#;
    let mut conductor = Conductor::auto();
    conductor.send("chat", "before", T0, hi);
    conductor.wait(6 * SECOND);
    conductor.send("baselines", "workshop_small", T0, baseline(3, 0.02));
    conductor.send("chat", "s", T0 + 6 * SECOND, hi);
    conductor.wait(10 * SECOND);
    conductor.send("baselines", "workshop_small", T0, baseline(4, 0.5));
    conductor.send("chat", "after", T0 + 16 * SECOND, hi);
    conductor.wait(10 * SECOND);
    let of = |session: &str| -> Vec<(i64, f64)> {
        let scores = conductor.scores.iter().filter(|score| score.session == session);
        scores.map(|score| (score.baseline.version, score.baseline.chat)).collect()
    };
    assert!(of("before").iter().all(|(version, _)| *version == 0));
    assert!(of("s").len() >= 3 && of("s").iter().all(|(version, _)| *version == 3));
    assert!(of("after").iter().all(|(version, _)| *version == 4));
    assert!(of("s")[0].1 < of("before")[0].1 && of("before")[0].1 < of("after")[0].1);
}

#[test]
fn a_global_record_that_makes_no_sense_is_refused_by_name() {
    let mut conductor = Conductor::auto();
    for (topic, key, value) in [
        ("baselines", "workshop_small", baseline(0, 0.1)),
        ("baselines", "circus_small", baseline(1, 0.1)),
        ("policy", "control_SUDDEN_DROP", r#"{"version":1,"arms":[]}"#.to_owned()),
        ("policy", "nowhere", r#"{"version":1,"arms":[]}"#.to_owned()),
    ] {
        assert!(conductor.driver.pipe_input(topic, key, value, T0).is_err(), "{topic} {key}");
    }
}
