//! Time is event time, whatever order and pace the records come in.

use domain::intervention::Mode;
use streams::task::Pacing;

use crate::conductor::{Conductor, HOUR, MINUTE, SECOND, T0, settings};
use crate::partition::Partition;

const HI: &str = r#"{"kind":"message","user":"u-1","text":"hi"}"#;

fn every_five_seconds(from: i64, to: i64) -> Vec<i64> {
    (from..=to).step_by(5_000).collect()
}

#[test]
fn a_tick_is_a_multiple_of_five_seconds_and_fires_a_second_after_it_before_the_record_that_carries_time_there() {
    let mut conductor = Conductor::auto();
    conductor.send("chat", "s", T0 + 100, HI);
    conductor.send("chat", "s", T0 + 5_999, HI);
    assert!(conductor.ticks("s").is_empty());
    conductor.send("presence", "s", T0 + 6_000, r#"{"kind":"joined","user":"u-2"}"#);
    assert_eq!(conductor.ticks("s"), [T0 + 5_000]);
    assert_eq!(conductor.scores[0].people, 1, "the record came after the tick");
    assert_eq!(conductor.bytes[0].timestamp_ms, T0 + 5_000);
    conductor.send("chat", "s", T0 + 6_000, HI);
    assert_eq!(conductor.ticks("s").len(), 1);
}

#[test]
fn an_event_on_the_grid_belongs_to_the_next_tick() {
    let mut conductor = Conductor::auto();
    conductor.send("chat", "s", T0, HI);
    conductor.wait(6 * SECOND);
    assert_eq!(conductor.ticks("s"), [T0 + 5_000]);
    assert!(conductor.scores[0].signals.chat_per_min > Some(0.0));
}

#[test]
fn a_late_record_is_counted_and_dropped_and_an_old_one_in_an_open_window_is_not() {
    let mut conductor = Conductor::auto();
    conductor.send("chat", "s", T0, HI);
    conductor.send("chat", "s", T0 + 10 * MINUTE, HI);
    let ticks = conductor.ticks("s");
    conductor.send("chat", "s", T0 + 10 * MINUTE - 301_000, HI);
    assert_eq!(conductor.driver.counts().late, 0);
    conductor.send("chat", "s", T0 + 10 * MINUTE - 301_001, HI);
    assert_eq!(conductor.driver.counts().late, 1);
    assert_eq!(conductor.ticks("s"), ticks, "published scores stay as they are");
    conductor.assert_nothing_disappeared();
}

/// Ten people who do everything, within three seconds; each is worth (topic, seconds after T0, value).
fn bustle() -> Vec<(&'static str, i64, String)> {
    let mut records = Vec::new();
    for user in 0..10_i64 {
        let at = T0 + MINUTE + (user % 3) * 300;
        records.push(("presence", at, format!(r#"{{"kind":"heartbeat","user":"u-{user}","focused":true}}"#)));
        records.push(("chat", at, format!(r#"{{"kind":"message","user":"u-{user}","text":"t"}}"#)));
        records.push(("reaction", at, format!(r#"{{"kind":"emoji","user":"u-{user}","emoji":"+1"}}"#)));
    }
    records
}

fn scores_of(records: &[(&'static str, i64, String)]) -> Vec<streams::testing::TestRecord> {
    let mut conductor = Conductor::auto();
    conductor.send("session", "s", T0, r#"{"kind":"started","title":"t","type":"panel"}"#);
    for (topic, at, value) in records {
        conductor.send(topic, "s", *at, value);
    }
    conductor.wait(10 * MINUTE);
    assert_eq!(conductor.scores.len(), 131);
    conductor.bytes
}

#[test]
fn records_out_of_order_within_the_grace_and_records_of_one_time_give_the_same_scores_in_any_order() {
    let mut records = bustle();
    records.sort_by_key(|(_, at, _)| *at);
    let in_order = scores_of(&records);
    records.reverse();
    assert!(scores_of(&records) == in_order, "backwards");
    records.sort_by_key(|(topic, ..)| *topic);
    assert!(scores_of(&records) == in_order, "topic by topic");
}

#[test]
fn a_session_whose_first_record_is_old_ticks_from_now_on() {
    let mut conductor = Conductor::auto();
    conductor.send("chat", "other", T0 + 10 * MINUTE, HI);
    conductor.send("chat", "s", T0 + 6 * MINUTE, HI);
    conductor.wait(11 * SECOND);
    assert_eq!(conductor.ticks("s"), every_five_seconds(T0 + 10 * MINUTE, T0 + 10 * MINUTE + 10_000));
}

#[test]
fn an_earlier_first_record_that_comes_second_has_its_tick() {
    let mut conductor = Conductor::auto();
    conductor.send("chat", "s", T0 + 5_200, HI);
    conductor.send("chat", "s", T0 + 4_800, HI);
    conductor.wait(10 * SECOND);
    assert_eq!(conductor.ticks("s"), every_five_seconds(T0 + 5_000, T0 + 10_000));
}

#[test]
fn every_tick_of_a_session_that_ends_and_starts_again_fires_exactly_once() {
    let started = r#"{"kind":"started","title":"t","type":"keynote"}"#;
    let mut conductor = Conductor::auto();
    conductor.send("session", "s", T0, started);
    conductor.send("chat", "s", T0 + 61_000, HI);
    conductor.send("session", "s", T0 + 62_000, r#"{"kind":"ended"}"#);
    conductor.send("chat", "s", T0 + 64_000, HI);
    conductor.wait(36 * SECOND);
    conductor.send("chat", "s", T0 + 100_500, HI);
    assert_eq!(conductor.driver.counter("ignored_session_ended"), 2, "only `started` opens it anew");
    assert_eq!(conductor.ticks("s"), every_five_seconds(T0 + 5_000, T0 + 60_000));
    conductor.send("session", "s", T0 + 101_000, started);
    conductor.wait(20 * SECOND);
    let mut expected = every_five_seconds(T0 + 5_000, T0 + 60_000);
    expected.extend(every_five_seconds(T0 + 105_000, T0 + 120_000));
    assert_eq!(conductor.ticks("s"), expected);
    // Ended and started within one tick: nothing is missed, nothing fires twice.
    conductor.send("session", "s", T0 + 121_000, r#"{"kind":"ended"}"#);
    conductor.send("session", "s", T0 + 122_000, started);
    conductor.wait(9 * SECOND);
    expected.extend(every_five_seconds(T0 + 125_000, T0 + 130_000));
    assert_eq!(conductor.ticks("s"), expected);
}

#[test]
fn ticks_up_to_the_end_still_fire_when_the_end_comes_early() {
    let mut conductor = Conductor::auto();
    conductor.send("chat", "s", T0, HI);
    conductor.send("session", "s", T0 + 10_000, r#"{"kind":"ended"}"#);
    conductor.wait(MINUTE);
    assert_eq!(conductor.ticks("s"), every_five_seconds(T0 + 5_000, T0 + 10_000));
}

#[test]
fn control_records_two_minutes_ahead_act_at_once_and_move_no_time() {
    let mut conductor = Conductor::auto();
    conductor.send("chat", "s", T0, HI);
    conductor.send("session", "s", T0 + 2 * MINUTE, r#"{"kind":"mode","mode":"off","actor":"a"}"#);
    conductor.send("session", "s", T0 + 2 * MINUTE, r#"{"kind":"paused","actor":"a"}"#);
    conductor.send(
        "intervention-feedback",
        "s",
        T0 + 2 * MINUTE,
        r#"{"kind":"executed","command":"s:1:0","at_ms":1,"attempts":1}"#,
    );
    assert_eq!(conductor.driver.stream_time(0), Some(T0));
    assert_eq!((conductor.ticks("s").len(), conductor.driver.counter("feedback_unknown")), (0, 1));
    assert_eq!(conductor.driver.counts().processed, 4);
}

#[test]
fn control_records_do_not_prolong_a_session() {
    let mut conductor = Conductor::auto();
    conductor.send("chat", "s", T0, HI);
    conductor.wait(29 * MINUTE);
    conductor.send("session", "s", T0 + 29 * MINUTE, r#"{"kind":"paused","actor":"a"}"#);
    conductor.wait(HOUR);
    assert_eq!(conductor.ticks("s").last(), Some(&(T0 + 30 * MINUTE)));
}

#[test]
fn a_producer_four_minutes_fast_does_not_carry_time_away() {
    let mut partition = Partition::new(&settings(Mode::Auto), 1);
    // The first thing that is heard of the session is four minutes ahead.
    for second in 0..60 {
        let now = T0 + second * SECOND;
        partition.live(now, "reaction", "s", now + 4 * MINUTE, r#"{"kind":"emoji","user":"u-9","emoji":"+1"}"#);
        partition.live(now, "chat", "s", now, HI);
        assert!(partition.task.stream_time() <= Some(now + SECOND));
    }
    let ticks: Vec<i64> = partition.log.scores.iter().map(|score| score.at_ms).collect();
    assert_eq!(ticks, every_five_seconds(T0 + 5_000, T0 + 55_000), "nobody waits for the fast clock");
    let last = partition.log.scores.last().unwrap();
    assert_eq!(last.people, 2, "what it says counts");
    assert!(last.signals.chat_per_min > Some(0.0));
    assert_eq!((partition.task.counts().late, partition.log.dead_letters), (0, 0));
    partition.live(T0 + MINUTE, "chat", "s", T0 + 6 * MINUTE + 1, HI);
    assert_eq!(partition.log.dead_letters, 1, "more than five minutes ahead is no clock");
}

#[test]
fn a_gap_is_caught_up_in_small_steps_with_commits_in_between_and_the_same_outputs() {
    let run = |budget: usize| {
        let mut partition = Partition::new(&settings(Mode::Auto), 1);
        for user in 0..5 {
            let joined = format!(r#"{{"kind":"joined","user":"u-{user}"}}"#);
            partition.enqueue("presence", "s", T0 + user, &joined);
        }
        partition.enqueue("chat", "s", T0 + 10 * HOUR, HI);
        let commits = partition.run(Pacing::Unpaced, budget);
        (commits, partition.log.outputs, partition.log.rows)
    };
    let (many, outputs, rows) = run(7);
    let (one, outputs_at_once, rows_at_once) = run(1_000_000);
    assert!(one == 1 && many > 50, "{one} and {many} commits");
    assert!(outputs == outputs_at_once && rows == rows_at_once);
}
