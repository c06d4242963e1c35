//! A trace goes on from an event to the command that it led to, and from the feedback to the result.

use domain::intervention::Mode;
use streams::testing::TestRecord;
use topology::trace::{TRACEPARENT, TraceContext};
use topology::wire::topics;

use crate::conductor::{Conductor, MINUTE, SECOND, T0, header, settings};
use crate::room::{Doing, Room};

fn context(number: u64, sampled: bool) -> TraceContext {
    TraceContext { trace_id: 0xc0ffee, span_id: number, sampled }
}

/// A record with a place in a trace.
fn send(conductor: &mut Conductor, topic: &str, session: &str, at: i64, value: String, trace: TraceContext) {
    let (key, value) = (Some(session.to_owned().into()), Some(value.into()));
    let record = TestRecord { timestamp_ms: at, key, value, headers: vec![trace.header()] };
    conductor.driver.pipe_record(topic, record).unwrap();
    conductor.send("presence", session, at, r#"{"kind":"heartbeat","user":"u-0"}"#);
}

fn heartbeat(conductor: &mut Conductor, at: i64, trace: TraceContext) {
    send(conductor, "presence", "s", at, r#"{"kind":"heartbeat","user":"u-1"}"#.to_owned(), trace);
}

/// What the outputs of a topic carry.
fn carried(conductor: &Conductor, topic: &str) -> Vec<Option<String>> {
    let records = conductor.bytes.iter().filter(|record| record.key_text() == "s");
    let of_topic = records.filter(|record| record.value.as_deref().is_some_and(|value| is_of(topic, value)));
    of_topic.map(|record| header(record, TRACEPARENT).map(str::to_owned)).collect()
}

fn is_of(topic: &str, value: &[u8]) -> bool {
    let text = core::str::from_utf8(value).unwrap();
    match topic {
        topics::INTERVENTION_COMMANDS => text.contains(r#""holdout_probability""#),
        _ => text.contains(r#""outcome""#),
    }
}

/// A room that fell silent, in which `each_minute` says what is traced, up to its first command.
fn up_to_a_command(mode: Mode, mut each_minute: impl FnMut(&mut Conductor, i64, u64)) -> (Conductor, Room) {
    let mut conductor = Conductor::new(&settings(mode));
    let mut room = Room::open(&mut conductor, "s", T0, 80);
    room.go_on(&mut conductor, Doing::AsUsual, 12 * MINUTE);
    for minute in 1..=15 {
        each_minute(&mut conductor, room.now(), minute);
        let until = room.now() + MINUTE;
        while conductor.commands.is_empty() && room.now() < until {
            room.step(&mut conductor, Doing::Nothing);
        }
        if !conductor.commands.is_empty() {
            return (conductor, room);
        }
    }
    panic!("it did not come to a command");
}

#[test]
fn a_command_and_its_result_go_on_with_the_trace_of_the_newest_sampled_event_and_of_the_feedback() {
    let mut last = 0;
    let (mut conductor, mut room) = up_to_a_command(Mode::Suggest, |conductor, at, minute| {
        heartbeat(conductor, at, context(minute, true));
        // Newer, but nobody keeps it.
        heartbeat(conductor, at + SECOND / 2, context(99, false));
        last = minute;
    });
    let command = conductor.commands[0].command.clone();
    let decided = format!(r#"{{"kind":"decision","command":"{command}","decision":"approved","actor":"o"}}"#);
    heartbeat(&mut conductor, room.now(), context(77, true));
    conductor.send("session", "s", room.now(), decided);
    let of_event = Some(context(last, true).to_string());
    assert_eq!(carried(&conductor, topics::INTERVENTION_COMMANDS), [of_event.clone(), of_event], "proposed, approved");

    let told = format!(r#"{{"kind":"executed","command":"{command}","at_ms":{},"attempts":1}}"#, room.now());
    send(&mut conductor, "intervention-feedback", "s", room.now(), told, context(500, true));
    room.go_on(&mut conductor, Doing::AsUsual, 4 * MINUTE);
    assert_eq!(conductor.outcomes(), ["measured"]);
    assert_eq!(carried(&conductor, topics::INTERVENTION_RESULTS), [Some(context(500, true).to_string())]);
}

#[test]
fn without_a_sampled_event_within_its_windows_a_command_has_no_trace() {
    let (conductor, _) = up_to_a_command(Mode::Auto, |conductor, at, _| heartbeat(conductor, at, context(1, false)));
    assert_eq!(carried(&conductor, topics::INTERVENTION_COMMANDS), [None]);

    let mut conductor = Conductor::auto();
    heartbeat(&mut conductor, T0, context(1, true));
    Room::up_to_a_command(&mut conductor, "s", T0);
    assert_eq!(carried(&conductor, topics::INTERVENTION_COMMANDS), [None], "sampled long before");
}

#[test]
fn a_header_that_is_no_trace_changes_nothing() {
    let mut conductor = Conductor::auto();
    for value in [&b"\xff\x00"[..], b"", b"00-zz-zz-01"] {
        let headers = vec![(TRACEPARENT.into(), value.to_owned().into())];
        let value = Some(r#"{"kind":"heartbeat","user":"u-1"}"#.into());
        conductor
            .driver
            .pipe_record("presence", TestRecord { timestamp_ms: T0, key: Some("s".into()), value, headers })
            .unwrap();
    }
    conductor.wait(10 * SECOND);
    assert_eq!(conductor.driver.counts().processed, 3);
    conductor.assert_nothing_disappeared();
}
