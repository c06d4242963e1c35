//! The commit cycle and everything that can happen to it.

use super::*;
use crate::broker::{BrokerError, Consumer};
use crate::clock::Clock;
use crate::runtime::PRODUCED_MS;
use crate::store::{BackendProvider, StoreIndex};
use crate::task::TaskId;

const TASK: TaskId = TaskId { sub_topology: 0, partition: 0 };

/// What the disk says of `key` when nobody has it open.
fn on_disk(fixture: &Fixture, disk: &MemoryBackends, key: &str) -> Option<u8> {
    let backend = disk.open(TASK, &fixture.topology.sub_topologies()[0].stores).unwrap();
    let mut value = Vec::new();
    backend.get(StoreIndex(0), key.as_bytes(), &mut value).unwrap().then(|| value[0])
}

#[test]
fn a_commit_carries_every_input_even_one_that_was_never_read() {
    let fixture = Fixture::new(1);
    fixture.send("in", 0, "a", "1", 0);
    let mut thread = fixture.start(Fixture::settings("one"));
    run(&mut thread);
    assert_eq!(fixture.out(), ["a=1"]);
    assert_eq!((fixture.offset("in", 0), fixture.offset("side", 0)), (Some(1), Some(0)));
    assert_eq!(thread.counts().commits, 1);
}

#[test]
fn rows_reach_the_disk_only_after_the_commit() {
    for (answer, committed) in [(Answer::StopBefore, false), (Answer::StopAfter, true)] {
        let fixture = Fixture::new(1);
        let disk = MemoryBackends::default();
        fixture.send("in", 0, "a", "1", 0);
        let mut thread = fixture.start_with(Fixture::settings("one"), &disk, nth(Operation::Commit, 1, answer));
        let error = (0..100).find_map(|_| thread.step().err()).unwrap();
        assert!(matches!(error, ThreadError::Broker(BrokerError::Stopped { .. })), "{error}");
        drop(thread);
        assert_eq!(on_disk(&fixture, &disk, "a"), None, "{answer:?}");
        assert_eq!(fixture.out().len(), usize::from(committed), "{answer:?}");

        fixture.clock.advance(50_000);
        let mut thread = fixture.start_with(Fixture::settings("one"), &disk, |_| Answer::Pass);
        fixture.send("in", 0, "a", "2", 10);
        run(&mut thread);
        assert_eq!(fixture.out(), ["a=1", "a=2"], "{answer:?}");
        thread.close().unwrap();
        assert_eq!(on_disk(&fixture, &disk, "a"), Some(2), "{answer:?}");
    }
}

#[test]
fn a_commit_without_an_answer_is_looked_up() {
    for (operation, answer, aborts, settled) in [
        (Operation::Commit, Answer::LostAfter, 0, 1),
        (Operation::Commit, Answer::LostBefore, 1, 1),
        (Operation::SendOffsets, Answer::LostAfter, 1, 0),
        (Operation::SendOffsets, Answer::LostBefore, 1, 0),
        (Operation::InitTransactions, Answer::LostAfter, 0, 0),
    ] {
        let fixture = Fixture::new(1);
        fixture.send("in", 0, "a", "1", 0);
        let disk = MemoryBackends::default();
        let mut thread = fixture.start_with(Fixture::settings("one"), &disk, nth(operation, 1, answer));
        run(&mut thread);
        fixture.send("in", 0, "a", "2", 10);
        run(&mut thread);
        assert_eq!(fixture.out(), ["a=1", "a=2"], "{operation:?} {answer:?}");
        let counts = thread.counts();
        if operation != Operation::InitTransactions {
            assert_eq!((counts.aborts, counts.outcomes_settled), (aborts, settled), "{operation:?} {answer:?}");
        }
        assert_eq!(counts.producers_replaced, 1, "{operation:?} {answer:?}");
        assert_eq!(thread.tasks().next().unwrap().counts.read, 2);
    }
}

/// A commit in the middle of a gap leaves the offsets as they were: only the changelog knows how it ended.
#[test]
fn a_lost_answer_at_unchanged_offsets_is_settled_by_the_changelog() {
    let calm: Vec<String> = (1..=30).map(|tick| format!("clock@{}", tick * 1_000)).chain(["b=1".to_owned()]).collect();
    for answer in [Answer::LostAfter, Answer::LostBefore] {
        let fixture = Fixture::new(1);
        fixture.send("in", 0, "a", "clock", 0);
        fixture.send("in", 0, "b", "1", 60_000);
        let mut settings = Fixture::settings("one");
        settings.records_per_step = 3;
        settings.commit_interval_ms = 0;
        let disk = MemoryBackends::default();
        let mut thread = fixture.start_with(settings, &disk, nth(Operation::Commit, 5, answer));
        run(&mut thread);
        assert_eq!(fixture.out(), calm, "{answer:?}");
        assert_eq!(thread.counts().outcomes_settled, 1);
    }
}

#[test]
fn a_record_whose_output_can_not_be_delivered_is_set_aside_and_the_others_go_on() {
    let fixture = Fixture::new(1);
    for (at_ms, value) in ["1", "huge", "2"].into_iter().enumerate() {
        fixture.send("in", 0, "a", value, at_ms as i64);
    }
    let mut thread = fixture.start(Fixture::settings("one"));
    run(&mut thread);
    assert_eq!(fixture.out(), ["a=1", "a=2"]);
    let letters = fixture.broker.records(&TopicPartition::new("app-dead-letters", 0)).unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].value.as_deref(), Some(&b"huge"[..]));
    let counts = thread.tasks().next().unwrap().counts;
    assert_eq!((counts.read, counts.processed, counts.dead_lettered), (3, 2, 1));
}

#[test]
fn a_thread_whose_producer_was_fenced_asks_to_be_replaced() {
    let fixture = Fixture::new(1);
    let mut first = fixture.start(Fixture::settings("one"));
    run(&mut first);
    fixture.send("in", 0, "a", "1", 0);
    let _second = fixture.start(Fixture::settings("one"));
    let error = (0..100).find_map(|_| first.step().err()).unwrap();
    assert_eq!(error.kind(), ThreadErrorKind::Replace, "{error}");
}

#[test]
fn aborts_in_a_row_are_bounded() {
    let fixture = Fixture::new(1);
    fixture.send("in", 0, "a", "1", 0);
    let disk = MemoryBackends::default();
    let plan = |call: &Call| {
        if call.operation == Operation::SendOffsets { Answer::LostBefore } else { Answer::Pass }
    };
    let mut thread = fixture.start_with(Fixture::settings("one"), &disk, plan);
    let error = (0..1_000).find_map(|_| thread.step().err()).unwrap();
    assert!(matches!(error, ThreadError::TooManyAborts { .. }), "{error}");
    assert_eq!(error.kind(), ThreadErrorKind::Replace);
}

#[test]
fn committed_inputs_are_deleted_where_that_is_asked_for() {
    let fixture = Fixture::new(1);
    fixture.send("in", 0, "a", "1", 0);
    let mut settings = Fixture::settings("one");
    settings.purge_inputs = true;
    let mut thread = fixture.start(settings);
    run(&mut thread);
    let ends = fixture.broker.reader().unwrap().ends(&[TopicPartition::new("in", 0)]).unwrap();
    assert_eq!((ends[0].log_start, fixture.offset("in", 0)), (1, Some(1)));
}

#[test]
fn what_retention_took_is_counted_and_the_rest_goes_on() {
    let fixture = Fixture::new(1);
    fixture.send("in", 0, "a", "1", 0);
    let mut thread = fixture.start(Fixture::settings("one"));
    run(&mut thread);
    thread.close().unwrap();
    for at_ms in 1..=5 {
        fixture.send("in", 0, "a", "1", at_ms);
    }
    fixture.broker.admin().unwrap().delete_records(&[(TopicPartition::new("in", 0), 4)]).unwrap();
    let mut thread = fixture.start(Fixture::settings("one"));
    run(&mut thread);
    assert_eq!(fixture.out(), ["a=1", "a=2", "a=3"], "one before and two after the gap");
    assert_eq!(thread.tasks().next().unwrap().lost_to_retention, 3);
}

#[test]
fn a_state_without_offsets_is_refused_with_the_remedy() {
    let fixture = Fixture::new(1);
    fixture.send("in", 0, "a", "1", 0);
    let mut thread = fixture.start(Fixture::settings("one"));
    run(&mut thread);
    thread.close().unwrap();
    let mut forgotten = Fixture { topology: fixture.topology.clone(), ..Fixture::new(1) };
    let changelog = TopicPartition::new("app-counts-changelog", 0);
    for record in fixture.broker.records(&changelog).unwrap() {
        let record = ProducerRecord {
            topic: &changelog.topic,
            partition: 0,
            timestamp_ms: record.timestamp_ms,
            key: record.key.as_deref(),
            value: record.value.as_deref(),
            headers: &[],
        };
        forgotten.broker.append(&[record]).unwrap();
    }
    forgotten.topology = topology();
    let mut thread = forgotten.start(Fixture::settings("one"));
    let error = (0..100).find_map(|_| thread.step().err()).unwrap();
    assert!(error.to_string().contains("reset the application"), "{error}");
    assert_eq!(error.kind(), ThreadErrorKind::Stop);
}

#[test]
fn outputs_say_when_they_were_produced_and_changelogs_do_not() {
    let fixture = Fixture::new(1);
    fixture.send("in", 0, "a", "1", 0);
    let mut thread = fixture.start(ThreadSettings { produced_header: true, ..Fixture::settings("one") });
    run(&mut thread);
    let headers = |topic: &str| {
        let records = fixture.broker.records(&TopicPartition::new(topic, 0)).unwrap();
        records.into_iter().map(|record| record.headers).collect::<Vec<_>>()
    };
    let [out] = &headers("out")[..] else { panic!("one output") };
    let produced_ms: i64 = String::from_utf8_lossy(&out[0].1).parse().unwrap();
    assert_eq!((&*out[0].0, produced_ms), (PRODUCED_MS, fixture.clock.now_ms()));
    assert!(headers("app-counts-changelog").iter().all(Vec::is_empty));
}
