//! Nothing is kept for ever.

use domain::intervention::Mode;
use topology::trace::TraceContext;

use crate::conductor::{HOUR, MINUTE, SECOND, T0, settings};
use crate::partition::Partition;

/// A short session with everything that leaves rows; over after a minute.
fn short_session(partition: &mut Partition, session: &str, at: i64) {
    partition.send("session", session, at, r#"{"kind":"mode","mode":"auto","actor":"a"}"#);
    partition.send("session", session, at, r#"{"kind":"started","title":"t","type":"panel"}"#);
    for user in 0..5 {
        let at = at + user * SECOND;
        partition.send("presence", session, at, &format!(r#"{{"kind":"joined","user":"u-{user}"}}"#));
        partition.send("presence", session, at, &format!(r#"{{"kind":"heartbeat","user":"h-{user}"}}"#));
        let said = format!(r#"{{"kind":"message","user":"m-{user}","message":"m","text":"t"}}"#);
        partition.send("chat", session, at, &said);
    }
    let opened = r#"{"kind":"opened","poll":"p","user":"nobody","question":"?","options":["a"]}"#;
    partition.send("poll", session, at + 6 * SECOND, opened);
    partition.send("poll", session, at + 7 * SECOND, r#"{"kind":"voted","poll":"p","user":"u-1","option":0}"#);
    partition.send("session", session, at + MINUTE, r#"{"kind":"ended"}"#);
}

#[test]
fn an_hour_after_a_session_is_over_none_of_its_rows_is_left() {
    let mut partition = Partition::new(&settings(Mode::Auto), 1);
    partition.headers.push(TraceContext { trace_id: 1, span_id: 2, sampled: true }.header());
    partition.send("chat", "clock", T0, r#"{"kind":"message","user":"u"}"#);
    short_session(&mut partition, "s", T0);
    let is_of_session = |key: &[u8]| key.windows(2).any(|window| window == b"\x01s");
    let count = |partition: &Partition| partition.log.rows.iter().filter(|(_, key)| is_of_session(key)).count();
    let to = |partition: &mut Partition, at| partition.send("chat", "clock", at, r#"{"kind":"message","user":"u"}"#);
    to(&mut partition, T0 + HOUR + MINUTE - 1);
    assert!(count(&partition) > 10, "kept for an hour");
    to(&mut partition, T0 + HOUR + MINUTE + 2);
    let left: Vec<_> = partition.log.rows.iter().filter(|(_, key)| is_of_session(key)).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn rows_do_not_grow_with_the_number_of_sessions_that_have_been() {
    let mut partition = Partition::new(&settings(Mode::Auto), 1);
    let mut most = [0; 2];
    for number in 0..200 {
        // Two a quarter of an hour; every fourth only ever ended, or was only spoken of.
        let at = T0 + number * 15 * MINUTE / 2;
        let name = format!("s-{number}");
        match number % 8 {
            3 => partition.send("session", &name, at, r#"{"kind":"ended"}"#),
            7 => partition.send("session", &name, at, r#"{"kind":"paused","actor":"a"}"#),
            _ => short_session(&mut partition, &name, at),
        }
        let half = usize::from(number >= 100);
        most[half] = most[half].max(partition.rows());
    }
    assert!(most[1] <= most[0], "{most:?}");
    assert!(most[0] < 600, "{most:?}");
    // And in the end nothing is left but the newest session and the partition's own rows.
    partition.send("chat", "last", T0 + 100 * HOUR, r#"{"kind":"message","user":"u"}"#);
    assert!(partition.rows() < 12, "{} of {:?}", partition.rows(), partition.log.rows);
}

/// The end is told late, when it was already settled when to look at the users again: their rows outlive the session's by
/// minutes, and must not be taken for those of the session that comes next.
#[test]
fn a_session_that_uses_the_name_of_one_that_was_purged_begins_with_nobody() {
    let mut partition = Partition::new(&settings(Mode::Auto), 1);
    let hi = r#"{"kind":"message","user":"u-0"}"#;
    for user in 0..5 {
        partition.send("presence", "s", T0, &format!(r#"{{"kind":"joined","user":"u-{user}"}}"#));
    }
    for minute in [20, 40, 60, 76] {
        partition.send("session", "s", T0 + minute * MINUTE, r#"{"kind":"slide","index":1}"#);
    }
    partition.send("session", "s", T0 + 74 * MINUTE, r#"{"kind":"ended"}"#);
    let again = T0 + 74 * MINUTE + HOUR + 30 * SECOND;
    partition.send("presence", "s", again, r#"{"kind":"joined","user":"new"}"#);
    partition.send("chat", "s", again, hi);
    partition.send("chat", "s", again + 6 * SECOND, hi);
    assert_eq!(partition.log.scores.last().unwrap().people, 2);
}

#[test]
fn a_user_who_falls_silent_again_and_again_gathers_no_timers() {
    let mut partition = Partition::new(&settings(Mode::Auto), 1);
    partition.send("presence", "s", T0, r#"{"kind":"joined","user":"u"}"#);
    for minute in (0..36 * 60).step_by(11) {
        let at = T0 + minute * MINUTE;
        partition.send("session", "s", at, r#"{"kind":"slide","index":1}"#);
        if minute % 209 == 0 {
            partition.send("chat", "s", at, r#"{"kind":"message","user":"u"}"#);
        }
    }
    // The session's tick and the user's own; one more that was left over, and will merge with it.
    assert!(partition.task.timers() <= 3, "{}", partition.task.timers());
}
