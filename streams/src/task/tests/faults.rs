use super::fixture::{Bench, CHAT, DeadLetter, record};
use crate::broker::ConsumerRecord;
use crate::task::{Origin, Pacing, TaskError};

fn dead_letter_of(record: ConsumerRecord) -> DeadLetter {
    let mut bench = Bench::new().given(vec![record], vec![]);
    bench.run_all();
    assert_eq!(bench.task.counts().to_string(), "read 1 = processed 0 + late 0 + dead-lettered 1");
    assert!(bench.heard.said.is_empty());
    bench.heard.dead.remove(0)
}

#[test]
fn each_fault_becomes_a_dead_letter_that_says_where_it_came_from_and_why() {
    let keyless = ConsumerRecord { key: None, ..record(7, 1, "", "x") };
    let cases = [
        (record(7, 1, "c", "garbage"), "DecodeError", "the record does not decode: garbage"),
        (keyless, "NoKeyError", "the record has no key, and the source needs one"),
        (record(7, 1, "c", "refuse"), "ProcessorError", "trace: refused"),
    ];
    for (record, class, message) in cases {
        let (value, headers) = dead_letter_of(record.clone());
        assert_eq!(value, record.value.map(|value| value.to_vec()));
        // Each message holds what its cause says, so there are no causes beside it.
        let expect = [
            ("exception", class),
            ("message", message),
            ("stacktrace", message),
            ("topic", "chat"),
            ("partition", "0"),
            ("offset", "7"),
        ];
        for (name, text) in expect {
            let name = format!("__streams.errors.{name}");
            let found = headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.as_str());
            assert_eq!(found, Some(text), "{class}: {name}");
        }
    }
}

#[test]
fn a_key_in_another_s_partition_is_set_aside_with_the_remedy() {
    let key = crate::partition::partition_of(b"foobar", 5);
    let mut bench = Bench::checking_partitions(5).given(vec![record(0, 1, "foobar", "x")], vec![]);
    bench.run_all();
    let (_, headers) = bench.heard.dead.remove(0);
    let (_, message) = headers.iter().find(|(name, _)| name.ends_with("message")).unwrap();
    let expect =
        format!("the key belongs to partition {key} of 5, not to 0; set partitioner=murmur2_random on the producer");
    assert_eq!((key != 0, message), (true, &expect));
}

#[test]
fn a_dead_letter_s_value_is_cut_and_its_size_told() {
    let long = "x".repeat(600 * 1024);
    let mut whole = record(0, 1, "c", &long);
    whole.key = None;
    let (value, headers) = dead_letter_of(whole);
    assert_eq!(value.unwrap().len(), 512 * 1024);
    assert!(headers.contains(&("__streams.errors.original.size".into(), (600 * 1024).to_string())));
}

/// Neither half-done work nor an output that can not be encoded is left standing: the replay sets the record aside.
#[test]
fn a_record_that_failed_after_it_wrote_is_rolled_back_and_set_aside_in_the_replay() {
    for value in ["write and refuse", "unspeakable"] {
        let records = vec![record(0, 1, "c", "a"), record(1, 2, "c", value), record(2, 3, "c", "b")];
        let mut bench = Bench::new().given(records.clone(), vec![]);
        let stopped = bench.task.process(9, Pacing::Unpaced, &bench.globals, &mut bench.heard);
        let Err(TaskError::Undeliverable { origin, reason }) = stopped else { panic!("{stopped:?}") };
        assert_eq!(origin, Origin { input: 0, offset: 1 });
        bench.task.rolled_back();
        bench.task.dead_letter_at(CHAT, origin.offset, reason);
        bench.heard.said.clear();
        bench.fill(records, vec![]);
        bench.run_all();
        assert_eq!(bench.heard.said, ["c: a 1 at 1 now 1", "c: b 2 at 3 now 3"]);
        assert_eq!(bench.task.counts().to_string(), "read 3 = processed 2 + late 0 + dead-lettered 1");
    }
}

#[test]
fn a_processor_that_gives_up_stops_the_task_and_is_named() {
    let mut bench = Bench::new().given(vec![record(0, 1, "c", "die")], vec![]);
    let stopped = bench.task.process(9, Pacing::Unpaced, &bench.globals, &mut bench.heard).unwrap_err();
    assert_eq!(stopped.to_string(), "trace: dead");
}
