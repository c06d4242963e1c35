use super::fixture::{Bench, CHAT, POLL, record};
use crate::task::{InputState, Pacing, ProgressState};

const MINUTE: i64 = 60_000;

#[test]
fn a_control_record_two_minutes_ahead_waits_for_the_others_and_moves_no_time() {
    let chat = vec![record(0, 1, "c", "a"), record(1, 50, "c", "b")];
    let mut bench = Bench::new().given(chat, vec![record(0, 2 * MINUTE, "p", "control")]);
    bench.run_all();
    let expect = ["c: a 1 at 1 now 1", "c: b 2 at 50 now 50", "p: control 1 at 120000 now 50"];
    assert_eq!(bench.heard.said, expect);
}

#[test]
fn a_control_record_acts_at_once_when_all_else_is_drained_and_not_before() {
    let mut bench = Bench::new();
    bench.task.enqueue(POLL, [record(0, 2 * MINUTE, "p", "control")]);
    bench.task.set_input(CHAT, InputState::Behind);
    assert_eq!(bench.run_all().state, ProgressState::Waiting(CHAT));
    bench.task.set_input(CHAT, InputState::CaughtUp);
    assert_eq!(bench.run_all().done, 1);
    assert_eq!(bench.heard.said, ["p: control 1 at 120000 now -"]);
}

#[test]
fn live_a_control_record_is_taken_at_the_wall_clock_s_time_at_the_latest() {
    let chat = vec![record(0, 999, "c", "a"), record(1, 1_001, "c", "b")];
    let mut bench = Bench::new().given(chat, vec![record(0, 2 * MINUTE, "p", "control")]);
    bench.run(usize::MAX, Pacing::Live { now_ms: 1_000 });
    let order: Vec<_> = bench.heard.said.iter().map(|said| said.split(' ').nth(1).unwrap()).collect();
    assert_eq!(order, ["a", "control", "b"]);
}

#[test]
fn a_control_record_is_never_late() {
    let mut bench = Bench::new().given(vec![record(0, 10_000, "c", "a")], vec![]);
    bench.run_all();
    bench.fill(vec![], vec![record(0, 1, "p", "control")]);
    bench.run_all();
    assert_eq!(bench.task.counts().processed, 2);
}

#[test]
fn live_a_producer_four_minutes_fast_carries_time_one_second_ahead_at_most() {
    let now_ms = 10 * MINUTE;
    let chat = vec![record(0, now_ms, "c", "on time")];
    let mut bench = Bench::new().given(chat, vec![record(0, now_ms + 4 * MINUTE, "p", "fast")]);
    bench.run(usize::MAX, Pacing::Live { now_ms });
    assert_eq!(bench.task.stream_time(), Some(now_ms + 1_000));
    bench.fill(vec![record(1, now_ms + 950, "c", "not late")], vec![]);
    bench.run(usize::MAX, Pacing::Live { now_ms: now_ms + 960 });
    assert_eq!(bench.task.counts().processed, 3);
}

#[test]
fn live_the_far_future_is_set_aside_at_once_and_in_a_backtest_it_is_a_time_like_any() {
    let now_ms = 10 * MINUTE;
    let poll = vec![record(0, now_ms + 6 * MINUTE, "p", "lost"), record(1, now_ms, "p", "sane")];
    let chat = vec![record(0, now_ms + 1, "c", "a")];
    let mut live = Bench::new().given(chat.clone(), poll.clone());
    live.run(usize::MAX, Pacing::Live { now_ms });
    assert_eq!(live.task.counts().to_string(), "read 3 = processed 2 + late 0 + dead-lettered 1");
    assert!(live.heard.said[0].starts_with("p: sane"), "what follows it in its input is not held up");
    let mut backtest = Bench::new().given(chat, poll);
    backtest.run_all();
    assert_eq!(backtest.task.stream_time(), Some(16 * MINUTE));
}
