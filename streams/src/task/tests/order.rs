use super::fixture::{Bench, CHAT, POLL, record};
use crate::task::{InputState, Pacing, ProgressState};

#[test]
fn inputs_are_taken_by_time_and_ties_by_input() {
    let mut bench = Bench::new().given(
        vec![record(0, 1, "c", "a"), record(1, 5, "c", "a"), record(2, 3, "c", "out of order")],
        vec![record(0, 1, "p", "a"), record(1, 4, "p", "a")],
    );
    bench.run_all();
    let expect = ["c: a 1 at 1 now 1", "p: a 1 at 1 now 1", "p: a 2 at 4 now 4", "c: a 2 at 5 now 5"];
    assert_eq!(bench.heard.said[..4], expect);
    assert_eq!(bench.heard.said[4], "c: out of order 3 at 3 now 5", "stream time never goes back");
}

#[test]
fn a_late_record_is_dropped_the_same_way_after_a_restart() {
    let mut bench = Bench::new().given(vec![record(0, 1_000, "c", "a")], vec![]);
    bench.run_all();
    bench.commit();
    bench.reopen();
    bench.fill(vec![record(1, 899, "c", "late"), record(2, 900, "c", "in time")], vec![]);
    bench.run_all();
    assert_eq!(bench.heard.said.last().unwrap(), "c: in time 2 at 900 now 1000");
    assert_eq!(bench.task.counts().to_string(), "read 3 = processed 2 + late 1 + dead-lettered 0");
}

#[test]
fn an_unknown_or_lagging_input_is_waited_for_and_a_caught_up_one_is_not() {
    let mut bench = Bench::new();
    bench.task.enqueue(CHAT, [record(0, 1, "c", "a")]);
    for (state, done) in [(InputState::Unknown, 0), (InputState::Behind, 0), (InputState::CaughtUp, 1)] {
        bench.task.set_input(POLL, state);
        let progress = bench.run_all();
        assert_eq!(progress.done, done, "{state:?}");
    }
}

#[test]
fn an_empty_input_that_is_unknown_is_named() {
    let mut bench = Bench::new();
    bench.task.set_input(CHAT, InputState::CaughtUp);
    assert_eq!(bench.run_all().state, ProgressState::Waiting(POLL));
    bench.task.set_input(POLL, InputState::CaughtUp);
    assert_eq!(bench.run_all().state, ProgressState::Drained);
}

#[test]
fn timers_fire_before_the_record_that_carries_time_to_them_each_at_its_own_time() {
    let mut bench = Bench::new();
    bench.fill(vec![record(0, 1, "b", "ticks"), record(1, 1, "a", "ticks"), record(2, 20, "c", "x")], vec![]);
    bench.run_all();
    let expect = [
        "a: tick 1 at 10 now 10",
        "b: tick 1 at 10 now 10",
        "a: tick 2 at 20 now 20",
        "b: tick 2 at 20 now 20",
        "c: x 1 at 20 now 20",
    ];
    assert_eq!(bench.heard.said[2..], expect);
}

#[test]
fn a_night_without_records_is_caught_up_in_bounded_steps_across_a_restart() {
    let mut bench = Bench::new().given(vec![record(0, 1, "a", "ticks"), record(1, 40_000, "a", "morning")], vec![]);
    assert_eq!(bench.run(3, Pacing::Unpaced).state, ProgressState::Ready);
    assert_eq!(
        (bench.task.stream_time(), bench.task.buffered(CHAT).0, bench.task.position(CHAT)),
        (Some(20), 1, Some(1))
    );
    bench.commit();
    bench.reopen();
    assert_eq!((bench.task.stream_time(), bench.task.next_timer()), (Some(20), Some(30)));
    bench.fill(vec![record(1, 40_000, "a", "morning")], vec![]);
    bench.run_all();
    let ticks: Vec<_> = bench.heard.said.iter().map(|said| said.rsplit(' ').next().unwrap()).collect();
    assert_eq!(ticks, ["1", "10", "20", "30", "40", "50", "40000"]);
}

#[test]
fn nothing_happens_in_an_outage_and_silence_is_told_from_it_by_the_caller() {
    let mut bench = Bench::new().given(vec![record(0, 1, "a", "ticks")], vec![]);
    bench.run_all();
    bench.run(usize::MAX, Pacing::Live { now_ms: 1_000_000 });
    assert_eq!((bench.heard.said.len(), bench.task.stream_time()), (1, Some(1)));
    let progress = bench.task.advance_stream_time(25, 1, &bench.globals, &mut bench.heard).unwrap();
    assert_eq!((progress.state, bench.task.stream_time()), (ProgressState::Ready, Some(10)));
    bench.task.advance_stream_time(25, 9, &bench.globals, &mut bench.heard).unwrap();
    assert_eq!((bench.heard.said.len(), bench.task.stream_time()), (3, Some(25)));
}
