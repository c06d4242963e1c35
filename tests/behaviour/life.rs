//! The life of a command that nobody has to approve: published once, followed to its one result.

use std::collections::BTreeSet;

use domain::bandit::{Belief, Names, PolicyBlock, choose, held_out};
use domain::context::InterventionKind;
use domain::intervention::Mode;
use topology::wire::InterventionCommand;

use crate::conductor::{Conductor, MINUTE, SECOND, T0, settings};
use crate::room::{Doing, Room, answer, answer_first};

/// What a command says that it read.
fn block_of(command: &InterventionCommand) -> PolicyBlock {
    let mut arms = [None; 4];
    for arm in &command.policy.arms {
        let kind = InterventionKind::parse(&arm.arm).unwrap();
        arms[kind.index()] = Some(Belief { mean: arm.mean, sd: arm.sd, n: arm.n });
    }
    PolicyBlock {
        version: u64::try_from(command.policy.version).unwrap(),
        arms,
        control_mean: command.policy.control_mean,
        seed_ms: command.policy.seed_ms,
        episode_ms: command.policy.episode_ms,
    }
}

/// Every decision is a pure function of what its command carries.
pub(crate) fn assert_computed_again(command: &InterventionCommand) {
    let names = Names { application: "conductor", session: &command.session };
    let block = block_of(command);
    let choice = choose(&block, names).unwrap();
    assert_eq!(choice.arm, command.kind);
    assert_eq!((choice.propensity, choice.confidence), (command.propensity, command.confidence));
    assert_eq!(block.seed_ms, command.at_ms);
    let control = held_out(names, block.episode_ms, command.holdout_probability);
    assert!(!control || ["held_out", "cancelled"].contains(&command.status.name()));
}

/// Each (command, status) once, and of each command at most one result.
pub(crate) fn assert_each_once(conductor: &Conductor) {
    let statuses = conductor.statuses();
    assert_eq!(statuses.iter().collect::<BTreeSet<_>>().len(), statuses.len(), "{statuses:?}");
    let results: Vec<_> = conductor.results.iter().map(|result| result.command.to_string()).collect();
    assert_eq!(results.iter().collect::<BTreeSet<_>>().len(), results.len(), "{results:?}");
}

#[test]
fn an_alarm_becomes_an_approved_command_that_says_why_and_until_when() {
    let mut conductor = Conductor::auto();
    Room::up_to_a_command(&mut conductor, "s", T0);
    let command = &conductor.commands[0];
    let tick = conductor.scores.last().unwrap();
    assert_eq!(command.command, format!("s:{}:0", tick.at_ms));
    assert_eq!((command.at_ms, command.status.name(), command.mode.name()), (tick.at_ms, "approved", "auto"));
    assert_eq!(command.expires_at_ms, tick.at_ms + 120 * SECOND);
    assert!(tick.score < 0.5 || tick.anomaly.level.name() == "critical", "{:?}", tick.anomaly);
    let class = tick.anomaly.class.unwrap().as_str();
    assert_eq!(command.context_key, format!("middle_workshop_medium_{class}"));
    assert!(command.reason.contains(class) && command.reason.contains("80 people"), "{}", command.reason);
    assert_eq!(command.context.title.as_deref(), Some("A title"));
    assert_eq!(command.context.messages.len(), 5);
    assert!(command.context.messages.windows(2).all(|pair| pair[0].at_ms < pair[1].at_ms));
    assert!(!command.policy.arms.iter().any(|arm| arm.arm == "NUDGE" && class == "SUDDEN_DROP"));
    assert_computed_again(command);
}

#[test]
fn an_executed_command_is_measured_for_three_minutes_and_has_one_result() {
    let mut conductor = Conductor::auto();
    let mut room = Room::up_to_a_command(&mut conductor, "s", T0);
    let command = conductor.commands[0].clone();
    let at = room.now();
    answer(&mut conductor, "s", &command.command, "executed", at);
    answer(&mut conductor, "s", &command.command, "executed", at);
    assert_eq!(conductor.driver.counter("feedback_not_awaited"), 1);
    room.go_on(&mut conductor, Doing::AsUsual, 4 * MINUTE);
    let result = conductor.results[0].clone();
    let t0 = result.started_ms.unwrap();
    assert_eq!(t0, (at - SECOND) / 5_000 * 5_000 + 5_000, "the first tick after the stream has heard of it");
    assert_eq!((result.at_ms, result.outcome.name()), (t0 + 3 * MINUTE, "measured"));
    assert!(result.treated && !result.held_out && !result.waited);
    assert_eq!((&result.command, &result.context_key), (&command.command, &command.context_key));
    assert!(result.change > Some(0.1), "they were back: {result:?}");
    assert_eq!(result.success, Some(true));
    assert_eq!(result.reward, result.change, "nothing is known of controls yet");
    answer(&mut conductor, "s", &command.command, "failed", room.now());
    assert_eq!(conductor.driver.counter("feedback_late"), 1);
    assert_eq!(conductor.outcomes(), ["measured"]);
    assert_each_once(&conductor);
}

#[test]
fn a_command_without_an_answer_is_closed_thirty_seconds_after_its_expiry() {
    let mut conductor = Conductor::auto();
    let mut room = Room::up_to_a_command(&mut conductor, "s", T0);
    let expires = conductor.commands[0].expires_at_ms;
    let wait = expires + 30 * SECOND - room.now();
    room.go_on(&mut conductor, Doing::AsUsual, wait);
    assert!(conductor.results.is_empty());
    room.go_on(&mut conductor, Doing::AsUsual, 2 * SECOND);
    assert_eq!(conductor.outcomes(), ["unanswered"]);
    assert_eq!(conductor.results[0].at_ms, expires + 30 * SECOND);
    answer_first(&mut conductor, "executed", room.now());
    assert_eq!(conductor.driver.counter("feedback_late"), 1);
    assert!(conductor.policies.is_empty(), "only what was measured teaches");
}

#[test]
fn what_the_executor_could_not_do_is_its_outcome() {
    for kind in ["failed", "refused", "expired"] {
        let mut conductor = Conductor::auto();
        let room = Room::up_to_a_command(&mut conductor, "s", T0);
        answer_first(&mut conductor, kind, room.now());
        assert_eq!(conductor.outcomes(), [kind]);
        assert!(!conductor.results[0].treated && conductor.results[0].started_ms.is_none());
    }
}

#[test]
fn a_held_out_episode_is_measured_without_an_action() {
    let mut settings = settings(Mode::Auto);
    settings.decision.hold_out = 1.0;
    let mut conductor = Conductor::new(&settings);
    let mut room = Room::up_to_a_command(&mut conductor, "s", T0);
    let command = conductor.commands[0].clone();
    assert_eq!((command.status.name(), command.holdout_probability), ("held_out", 1.0));
    assert_computed_again(&command);
    room.go_on(&mut conductor, Doing::Nothing, 3 * MINUTE + 5 * SECOND);
    let result = conductor.results[0].clone();
    assert_eq!((result.outcome.name(), result.started_ms), ("measured", Some(command.at_ms)));
    assert_eq!(result.at_ms, command.at_ms + 3 * MINUTE);
    assert!(result.held_out && !result.treated && !result.waited);
    let (key, policy) = &conductor.policies[0];
    assert_eq!(key, &format!("control_{}", command.context_key.splitn(4, '_').last().unwrap()));
    assert_eq!((policy.mean, policy.n, policy.arms.len()), (result.change, Some(1.0), 0));
    assert_each_once(&conductor);
}

#[test]
fn one_command_is_open_at_a_time_and_a_kind_rests_for_three_minutes() {
    let mut conductor = Conductor::auto();
    let mut room = Room::up_to_a_command(&mut conductor, "s", T0);
    let mut failed = 0;
    while room.now() < T0 + 25 * MINUTE {
        let open = conductor.commands.len() - failed;
        assert!(open <= 1);
        if open == 1 {
            let command = conductor.commands[failed].command.to_string();
            answer(&mut conductor, "s", &command, "failed", room.now());
            failed += 1;
        }
        room.step(&mut conductor, Doing::Nothing);
    }
    let commands = &conductor.commands;
    assert!((3..=6).contains(&commands.len()), "the budget is six an hour: {}", commands.len());
    for (place, command) in commands.iter().enumerate() {
        assert_computed_again(command);
        let before = commands[..place].iter().rev().find(|before| before.kind == command.kind);
        assert!(before.is_none_or(|before| command.at_ms - before.at_ms >= 3 * MINUTE));
    }
    assert_eq!(conductor.results.len(), commands.len());
    assert_each_once(&conductor);
}

#[test]
fn a_break_censors_what_is_open_and_nothing_is_begun_in_it() {
    for executed in [false, true] {
        let mut conductor = Conductor::auto();
        let mut room = Room::up_to_a_command(&mut conductor, "s", T0);
        let command = conductor.commands[0].command.to_string();
        if executed {
            answer(&mut conductor, "s", &command, "executed", room.now());
        }
        conductor.send("session", "s", room.now(), r#"{"kind":"phase","phase":"break"}"#);
        room.go_on(&mut conductor, Doing::Nothing, 5 * MINUTE);
        assert_eq!(conductor.outcomes(), ["censored"]);
        let cancelled = (command.clone(), "cancelled");
        assert_eq!(conductor.statuses().contains(&cancelled), !executed, "it must not happen in the break");
        assert_eq!(conductor.commands.iter().filter(|command| command.status.name() == "approved").count(), 1);
    }
}

/// Three questions are asked, the second is supported most, and `replies` are given; the command that puts questions forward.
fn questions_put_forward(replies: &[&str]) -> InterventionCommand {
    // The arm is drawn: one of these sessions gets that one.
    for session in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let mut conductor = Conductor::auto();
        let mut room = Room::open(&mut conductor, session, T0, 80);
        let mut say = |value: String| conductor.send("chat", session, room.now(), value);
        for question in ["q-1", "q-2", "q-3"] {
            say(format!(r#"{{"kind":"question","user":"u-1","message":"{question}","text":"why?"}}"#));
        }
        for user in 4..9 {
            say(format!(r#"{{"kind":"upvote","user":"u-{user}","message":"q-2"}}"#));
        }
        for question in replies {
            say(format!(r#"{{"kind":"reply","user":"u-2","in_reply_to":"{question}","text":"because"}}"#));
        }
        room.go_on(&mut conductor, Doing::AsUsual, 12 * MINUTE);
        room.fall_silent_until(&mut conductor, |conductor| !conductor.commands.is_empty());
        let command = conductor.commands.swap_remove(0);
        if command.kind.name() == "QNA_PROMOTE" {
            return command;
        }
    }
    panic!("no session had questions put forward");
}

#[test]
fn the_promoted_question_is_the_open_one_that_most_people_support() {
    let cases = [(&[][..], Some("q-2")), (&["q-2", "q-3"], Some("q-1"))];
    for (replies, expect) in cases {
        let command = questions_put_forward(replies);
        assert_eq!(command.variant.as_deref(), Some("SURFACE_BEST"));
        assert_eq!(command.parameters.get("question").map(|id| id.as_str()), expect);
    }
}

#[test]
fn when_every_question_was_answered_new_ones_are_asked_for() {
    let command = questions_put_forward(&["q-1", "q-2", "q-3"]);
    assert_eq!(command.variant.as_deref(), Some("REQUEST_NEW"));
    assert_eq!(command.parameters.get("question"), None);
}

#[test]
fn the_same_records_give_the_same_bytes() {
    let run = || {
        let mut conductor = Conductor::new(&topology::settings::ConductorSettings {
            formats: topology::settings::Formats::all(topology::codec::Format::Avro),
            ..settings(Mode::Auto)
        });
        let mut room = Room::up_to_a_command(&mut conductor, "s", T0);
        answer_first(&mut conductor, "executed", room.now());
        room.go_on(&mut conductor, Doing::AsUsual, 4 * MINUTE);
        assert_eq!(conductor.results.len(), 1);
        conductor.bytes
    };
    assert!(run() == run());
}
