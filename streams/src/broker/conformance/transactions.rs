//! What a transaction promises to those who write and to those who read.

use super::Harness;
use super::stage::{Stage, TRANSACTION_TIMEOUT_MS, value_of};
use crate::broker::{
    BrokerError, Consumer, ConsumerRecord, Delivery, ErrorKind, Header, ProducerRecord, TransactionalProducer,
};

pub(super) fn committed_records_are_read_in_order_with_all_they_carry<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let mut producer = stage.producer("a");
    let headers: [Header; 2] = [("one".into(), "1".into()), ("two".into(), "".into())];
    stage.begin(&mut producer);
    let record = ProducerRecord {
        topic: &stage.topic,
        partition: 0,
        timestamp_ms: 7,
        key: Some(b"key"),
        value: Some(b"value"),
        headers: &headers,
    };
    producer.send(&record, 1).unwrap();
    producer.send(&ProducerRecord { key: Some(b""), value: None, headers: &[], timestamp_ms: 3, ..record }, 2).unwrap();
    producer.send(&ProducerRecord { key: None, value: Some(b""), headers: &[], ..record }, 3).unwrap();
    stage.deliver(&mut producer).unwrap();
    producer.commit().unwrap();
    harness.settle();

    let read = stage.drain_count(&mut stage.reader(0, 0), 0, 3);
    let expected = [
        ConsumerRecord {
            offset: 0,
            timestamp_ms: 7,
            key: Some("key".into()),
            value: Some("value".into()),
            headers: headers.to_vec(),
        },
        ConsumerRecord { offset: 1, timestamp_ms: 3, key: Some("".into()), value: None, headers: Vec::new() },
        ConsumerRecord { offset: 2, timestamp_ms: 7, key: None, value: Some("".into()), headers: Vec::new() },
    ];
    assert_eq!(read, expected);
}

pub(super) fn aborted_records_are_never_read<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let (mut a, mut b) = (stage.producer("a"), stage.producer("b"));
    stage.write_and_commit(&mut a, 0, &["1"]);
    stage.write(&mut a, 0, &["aborted 1", "aborted 2"]);
    stage.write_and_commit(&mut b, 0, &["2"]);
    stage.send(&mut a, 0, "aborted 3").unwrap();
    stage.deliver(&mut a).unwrap();
    a.abort().unwrap();
    stage.harness.settle();
    stage.write_and_commit(&mut a, 0, &["3"]);
    stage.expect_values(0, &["1", "2", "3"]);
}

pub(super) fn an_open_transaction_hides_what_follows_it<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 2);
    let (mut a, mut b) = (stage.producer("a"), stage.producer("b"));
    stage.write_and_commit(&mut b, 0, &["1"]);
    stage.write(&mut a, 0, &["2"]);
    stage.write_and_commit(&mut b, 0, &["3"]);
    stage.write_and_commit(&mut b, 1, &["elsewhere"]);
    let mut reader = stage.reader(0, 0);
    assert_eq!(stage.drain_count(&mut reader, 0, 1).len(), 1);
    stage.expect_values(1, &["elsewhere"]);
    // One record, its marker; then the open record: nothing is read beyond it.
    let ends = stage.until(|| {
        let ends = reader.ends(&[stage.partition(0)]).unwrap()[0];
        (ends.high_watermark >= 5).then_some(ends)
    });
    assert_eq!((ends.log_start, ends.last_stable, ends.high_watermark), (0, 2, 5));
    assert_eq!(reader.position(&stage.partition(0)), Some(2));

    a.commit().unwrap();
    harness.settle();
    assert_eq!(stage.drain_count(&mut reader, 0, 2).iter().map(value_of).collect::<Vec<_>>(), ["2", "3"]);
}

pub(super) fn markers_take_offsets_and_the_position_goes_past_them<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let mut producer = stage.producer("a");
    stage.write_and_commit(&mut producer, 0, &["1"]);
    stage.write(&mut producer, 0, &["aborted"]);
    producer.abort().unwrap();
    harness.settle();
    stage.write_and_commit(&mut producer, 0, &["2"]);
    let mut reader = stage.reader(0, 0);
    let offsets: Vec<_> = stage.drain_count(&mut reader, 0, 2).iter().map(|record| record.offset).collect();
    assert_eq!(offsets, [0, 4]);
    assert_eq!(reader.position(&stage.partition(0)), Some(6));
    assert_eq!(reader.ends(&[stage.partition(0)]).unwrap()[0].last_stable, 6);
}

pub(super) fn a_new_producer_fences_the_old_one<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let mut old = stage.producer("a");
    stage.write_and_commit(&mut old, 0, &["1"]);
    let mut new = stage.producer("a");
    let outcome = stage
        .retry(|| old.begin())
        .and_then(|()| stage.send(&mut old, 0, "zombie"))
        .and_then(|()| stage.deliver(&mut old).map(drop))
        .and_then(|()| old.commit());
    assert!(matches!(outcome, Err(BrokerError::ProducerFenced { .. })), "{outcome:?}");
    stage.write_and_commit(&mut new, 0, &["2"]);
    stage.expect_values(0, &["1", "2"]);
}

pub(super) fn a_new_producer_aborts_what_the_old_one_left_open<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let mut old = stage.producer("a");
    stage.write(&mut old, 0, &["left open"]);
    let mut new = stage.producer("a");
    stage.write_and_commit(&mut new, 0, &["1"]);
    stage.expect_values(0, &["1"]);
    assert_eq!(old.commit().unwrap_err().kind(), ErrorKind::Fenced);
    assert_eq!(old.abort().unwrap_err().kind(), ErrorKind::Fenced);
    stage.expect_values(0, &["1"]);
}

pub(super) fn a_transaction_that_is_open_for_too_long_is_aborted<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let (mut slow, mut other) = (stage.producer("a"), stage.producer("b"));
    stage.write(&mut slow, 0, &["too late"]);
    stage.write_and_commit(&mut other, 0, &["1"]);
    harness.advance(TRANSACTION_TIMEOUT_MS + 1);
    harness.settle();
    stage.expect_values(0, &["1"]);
    let error = slow.commit().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::AbortRequired | ErrorKind::Fenced), "{error}");
    if error.kind() == ErrorKind::AbortRequired {
        slow.abort().unwrap();
        stage.write_and_commit(&mut slow, 0, &["2"]);
        stage.expect_values(0, &["1", "2"]);
    }
}

pub(super) fn a_transaction_without_records_leaves_nothing<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let mut producer = stage.producer("a");
    stage.begin(&mut producer);
    producer.commit().unwrap();
    stage.begin(&mut producer);
    // Beginning is not being open: without a record there is nothing that could time out.
    harness.advance(TRANSACTION_TIMEOUT_MS + 1);
    stage.send(&mut producer, 0, "1").unwrap();
    stage.deliver(&mut producer).unwrap();
    producer.commit().unwrap();
    harness.settle();
    let read = stage.drain_count(&mut stage.reader(0, 0), 0, 1);
    assert_eq!(read.iter().map(|record| record.offset).collect::<Vec<_>>(), [0]);
}

pub(super) fn calls_out_of_order_are_refused<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let mut producer = stage.producer("a");
    let is_invalid = |result: Result<(), BrokerError>| matches!(result, Err(BrokerError::InvalidState { .. }));
    assert!(is_invalid(stage.send(&mut producer, 0, "1")));
    assert!(is_invalid(producer.commit()));
    stage.begin(&mut producer);
    assert!(is_invalid(producer.begin()));
    stage.send(&mut producer, 0, "1").unwrap();
    stage.deliver(&mut producer).unwrap();
    producer.commit().unwrap();
}

pub(super) fn a_sent_record_is_reported_once<H: Harness>(harness: &H) {
    const COUNT: u64 = 3000;
    let stage = Stage::new(harness, 1);
    let mut producer = stage.producer("a");
    stage.begin(&mut producer);
    for opaque in 0..COUNT {
        let value = opaque.to_string();
        let value = Some(value.as_bytes());
        let record =
            ProducerRecord { topic: &stage.topic, partition: 0, timestamp_ms: 0, key: value, value, headers: &[] };
        producer.send(&record, opaque).unwrap();
    }
    let reported = stage.deliver(&mut producer).unwrap();
    let expected: Vec<_> =
        (0..COUNT).map(|opaque| Delivery { opaque, offset: Some(i64::try_from(opaque).unwrap()) }).collect();
    assert_eq!(reported, expected);
    assert!(stage.deliver(&mut producer).unwrap().is_empty());
    producer.commit().unwrap();
    harness.settle();
    let values: Vec<String> = (0..COUNT).map(|value| value.to_string()).collect();
    stage.expect_values(0, &values.iter().map(String::as_str).collect::<Vec<_>>());
}

pub(super) fn without_transactions_records_count_at_once_and_an_abort_takes_nothing_back<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let mut producer = stage.plain_producer("a");
    stage.write(&mut producer, 0, &["a", "b"]);
    stage.expect_values(0, &["a", "b"]);
    producer.abort().unwrap();
    stage.write_and_commit(&mut producer, 0, &["c"]);
    stage.expect_values(0, &["a", "b", "c"]);
    let records = stage.drain(&mut stage.reader(0, 0), 0);
    let offsets: Vec<_> = records.iter().map(|record| record.offset).collect();
    assert_eq!(offsets, [0, 1, 2], "no marker lies between");
}
