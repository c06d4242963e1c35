//! Silence moves time; an outage and an undecided transaction do not.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::broker::{BrokerError, ProducerConfig, TransactionalProducer};

fn live(instance: &str) -> ThreadSettings {
    ThreadSettings { pacing: PacingMode::Live, idle_advance_ms: Some(2_000), ..Fixture::settings(instance) }
}

/// Rounds with a clock that runs.
fn live_for(fixture: &Fixture, thread: &mut TestThread, for_ms: i64) {
    for _ in 0..for_ms / 50 {
        fixture.clock.advance(50);
        for _ in 0..3 {
            thread.step().unwrap();
        }
    }
}

#[test]
fn timers_fire_in_silence_at_the_pace_of_the_wall_clock() {
    let fixture = Fixture::new(1);
    let mut thread = fixture.start(live("one"));
    live_for(&fixture, &mut thread, 500);
    fixture.send("in", 0, "a", "1", 500);
    live_for(&fixture, &mut thread, 2_000);
    assert_eq!(fixture.out(), ["a=1"], "the wait of 2 s");
    live_for(&fixture, &mut thread, 900);
    assert_eq!(fixture.out(), ["a=1"], "stream time goes on from where it was");
    live_for(&fixture, &mut thread, 700);
    assert_eq!(fixture.out(), ["a=1", "a@1500"]);
    live_for(&fixture, &mut thread, 3_000);
    let stream_time_ms = thread.tasks().next().unwrap().stream_time_ms.unwrap();
    let behind_ms = START_MS + 7_100 - stream_time_ms;
    assert!((2_000..4_000).contains(&behind_ms), "{behind_ms} ms behind the wall clock");
}

#[test]
fn without_idle_advance_the_end_of_a_log_moves_nothing() {
    let fixture = Fixture::new(1);
    fixture.send("in", 0, "a", "1", 0);
    let mut thread = fixture.start(ThreadSettings { idle_advance_ms: None, ..live("one") });
    live_for(&fixture, &mut thread, 10_000);
    assert_eq!(fixture.out(), ["a=1"]);
}

#[test]
fn an_outage_is_not_silence() {
    let fixture = Fixture::new(1);
    fixture.send("in", 0, "a", "1", 0);
    let is_out = Arc::new(AtomicBool::new(false));
    let switch = is_out.clone();
    let plan = move |call: &Call| {
        let is_refused = call.operation == Operation::Ends && switch.load(Ordering::Relaxed);
        if is_refused { Answer::Refuse } else { Answer::Pass }
    };
    let mut thread = fixture.start_with(live("one"), &MemoryBackends::default(), plan);
    live_for(&fixture, &mut thread, 1_000);
    is_out.store(true, Ordering::Relaxed);
    live_for(&fixture, &mut thread, 20_000);
    assert_eq!(fixture.out(), ["a=1"], "time stands still");
    is_out.store(false, Ordering::Relaxed);
    live_for(&fixture, &mut thread, 2_500);
    assert_eq!(fixture.out(), ["a=1"], "and the wait begins anew");
    live_for(&fixture, &mut thread, 2_000);
    assert_eq!(fixture.out(), ["a=1", "a@1000"]);
}

#[test]
fn a_partition_that_is_unknown_for_a_while_is_an_outage_and_for_good_it_is_an_error() {
    let fixture = Fixture::new(1);
    fixture.send("in", 0, "a", "1", 0);
    let is_out = Arc::new(AtomicBool::new(false));
    let switch = is_out.clone();
    let plan = move |call: &Call| {
        let is_asked = matches!(call.operation, Operation::Ends | Operation::Fetch | Operation::SendOffsets);
        if is_asked && switch.load(Ordering::Relaxed) { Answer::Unknown } else { Answer::Pass }
    };
    let mut thread = fixture.start_with(live("one"), &MemoryBackends::default(), plan);
    live_for(&fixture, &mut thread, 1_000);
    is_out.store(true, Ordering::Relaxed);
    live_for(&fixture, &mut thread, 60_000);
    assert_eq!(fixture.out(), ["a=1"], "time stands still");
    is_out.store(false, Ordering::Relaxed);
    live_for(&fixture, &mut thread, 5_000);
    assert_eq!(fixture.out(), ["a=1", "a@1000"]);

    is_out.store(true, Ordering::Relaxed);
    let failed = (0..10_000).find_map(|_| {
        fixture.clock.advance(50);
        thread.step().err()
    });
    let Some(ThreadError::Broker(BrokerError::UnknownPartition { .. })) = failed else { panic!("{failed:?}") };
}

#[test]
fn a_transaction_that_hangs_on_an_input_is_not_silence() {
    let fixture = Fixture::new(1);
    fixture.send("in", 0, "a", "1", 0);
    let mut thread = fixture.start(live("one"));
    live_for(&fixture, &mut thread, 500);
    let config = ProducerConfig { transactional_id: "other".to_owned(), transaction_timeout_ms: 600_000 };
    let mut other = fixture.broker.producer(&config).unwrap();
    other.init_transactions().unwrap();
    other.begin().unwrap();
    let record = ProducerRecord {
        topic: &Arc::from("side"),
        partition: 0,
        timestamp_ms: START_MS + 100,
        key: Some(b"b"),
        value: Some(b"1"),
        headers: &[],
    };
    other.send(&record, 0).unwrap();
    other.deliveries(&mut |_| {}).unwrap();
    live_for(&fixture, &mut thread, 20_000);
    assert_eq!(fixture.out(), ["a=1"], "time stands still");
    other.commit().unwrap();
    live_for(&fixture, &mut thread, 1_000);
    assert_eq!(fixture.out(), ["a=1", "b=1"], "it was in time");
    live_for(&fixture, &mut thread, 4_000);
    assert_eq!(fixture.out(), ["a=1", "b=1", "a@1000", "b@1100"]);
}

#[test]
fn an_input_that_nothing_is_known_of_is_waited_for() {
    let fixture = Fixture::new(1);
    fixture.send("in", 0, "a", "1", 0);
    let is_out = Arc::new(AtomicBool::new(false));
    let switch = is_out.clone();
    let plan = move |call: &Call| {
        let is_refused = call.operation == Operation::Ends && switch.load(Ordering::Relaxed);
        if is_refused { Answer::Refuse } else { Answer::Pass }
    };
    let mut thread = fixture.start_with(live("one"), &MemoryBackends::default(), plan);
    live_for(&fixture, &mut thread, 500);
    is_out.store(true, Ordering::Relaxed);
    live_for(&fixture, &mut thread, 1_500);
    fixture.send("in", 0, "a", "2", 10);
    live_for(&fixture, &mut thread, 500);
    assert_eq!(fixture.out(), ["a=1"]);
    let side = Blocked::Input(TopicPartition::new("side", 0));
    assert_eq!(thread.tasks().next().unwrap().blocked, Some(side));
    is_out.store(false, Ordering::Relaxed);
    live_for(&fixture, &mut thread, 500);
    assert_eq!(fixture.out(), ["a=1", "a=2"]);
}
