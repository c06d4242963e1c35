//! What a partition keeps, and how it is read.

use super::Harness;
use super::stage::{Stage, value_of};
use crate::broker::{
    Admin, Broker, BrokerError, Cleanup, Consumer, ErrorKind, TopicPartition, TopicSpec, TransactionalProducer,
};

pub(super) fn compaction_keeps_the_last_value_of_each_key<H: Harness>(harness: &H) {
    let stage = Stage::with_cleanup(harness, 1, Cleanup::Compact);
    let (mut a, mut b) = (stage.producer("a"), stage.producer("b"));
    let rounds = [("x", Some("x1")), ("y", Some("y1")), ("x", Some("x2")), ("z", Some("z1")), ("z", None)];
    for (key, value) in rounds {
        stage.begin(&mut a);
        stage.send_keyed(&mut a, 0, key, value).unwrap();
        stage.deliver(&mut a).unwrap();
        a.commit().unwrap();
        harness.settle();
    }
    stage.begin(&mut a);
    stage.send_keyed(&mut a, 0, "y", Some("aborted")).unwrap();
    stage.deliver(&mut a).unwrap();
    a.abort().unwrap();
    harness.settle();
    stage.begin(&mut b);
    stage.send_keyed(&mut b, 0, "x", Some("open")).unwrap();
    stage.deliver(&mut b).unwrap();
    // Not by their number: a broker may compact before it is asked to.
    let before = stage.until(|| {
        let records = stage.drain(&mut stage.reader(0, 0), 0);
        records.last().is_some_and(|record| record.value.is_none()).then_some(records)
    });

    harness.compact(&stage.partition(0));
    let after = stage.drain(&mut stage.reader(0, 0), 0);
    let mut table = std::collections::BTreeMap::new();
    for record in &before {
        table.insert(record.key.clone(), record.clone());
    }
    let kept: Vec<_> = after.iter().filter(|record| table.values().any(|last| last == *record)).collect();
    assert_eq!(kept.len(), 3, "the last value of each key, the tombstone too, at its offset: {after:?}");
    b.commit().unwrap();
    harness.settle();
    let last = stage.drain_count(&mut stage.reader(0, 0), 0, kept.len() + 1).pop();
    assert_eq!(last.as_ref().map(value_of).as_deref(), Some("open"));
}

pub(super) fn deleted_records_are_out_of_range<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let mut producer = stage.producer("a");
    stage.write_and_commit(&mut producer, 0, &["1", "2", "3"]);
    let partition = stage.partition(0);
    stage.broker.admin().unwrap().delete_records(&[(partition.clone(), 2)]).unwrap();
    harness.settle();
    // Assigned after the deletion: a real client may have read ahead what is gone since.
    let mut reader = stage.reader(0, 0);
    let error = stage.until(|| reader.fetch(&partition, 10, &mut Vec::new()).err());
    assert_eq!(error, BrokerError::OffsetOutOfRange { partition: partition.clone(), offset: 0, log_start: 2 });
    assert_eq!(reader.ends(std::slice::from_ref(&partition)).unwrap()[0].log_start, 2);
    reader.seek(&partition, 2).unwrap();
    assert_eq!(stage.drain_count(&mut reader, 0, 1).iter().map(value_of).collect::<Vec<_>>(), ["3"]);
}

pub(super) fn a_seek_reads_again_from_there<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let mut producer = stage.producer("a");
    stage.write_and_commit(&mut producer, 0, &["1", "2", "3"]);
    let mut reader = stage.reader(0, 0);
    assert_eq!(stage.drain_count(&mut reader, 0, 3).len(), 3);
    reader.seek(&stage.partition(0), 1).unwrap();
    assert_eq!(reader.position(&stage.partition(0)), Some(1));
    assert_eq!(stage.drain_count(&mut reader, 0, 2).iter().map(value_of).collect::<Vec<_>>(), ["2", "3"]);
}

pub(super) fn fetching_takes_at_most_what_was_asked_for<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let mut producer = stage.producer("a");
    stage.write_and_commit(&mut producer, 0, &["1", "2", "3"]);
    let mut reader = stage.reader(0, 0);
    let mut records = Vec::new();
    let partition = stage.partition(0);
    for _ in 0..1000 {
        let before = records.len();
        let count = reader.fetch(&partition, 2, &mut records).unwrap();
        assert!(count <= 2);
        assert_eq!(records.len(), before + count, "records are appended to what is there");
        if records.len() == 3 {
            return;
        }
        assert_eq!(reader.position(&partition), Some(i64::try_from(records.len()).unwrap()));
        harness.settle();
    }
    panic!("the records did not come");
}

pub(super) fn what_does_not_exist_is_named<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let mut reader = stage.reader(0, 0);
    let stranger = stage.partition(0).topic;
    let beyond = TopicPartition::new(stranger, 7);
    assert!(
        matches!(reader.ends(std::slice::from_ref(&beyond)), Err(BrokerError::UnknownPartition { partition }) if partition == beyond)
    );
    assert_eq!(reader.fetch(&beyond, 1, &mut Vec::new()), Err(BrokerError::NotAssigned { partition: beyond.clone() }));
    assert_eq!(reader.seek(&beyond, 0).unwrap_err().kind(), ErrorKind::Fatal);
    assert_eq!(reader.unassign(std::slice::from_ref(&beyond)).unwrap_err().kind(), ErrorKind::Fatal);
    assert_eq!(reader.position(&beyond), None);
    let admin = stage.broker.admin().unwrap();
    assert_eq!(admin.describe_topic(&harness.name("missing")).unwrap(), None);
}

pub(super) fn a_topic_that_exists_is_left_as_it_is<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 2);
    let admin = stage.broker.admin().unwrap();
    let before = admin.describe_topic(&stage.topic).unwrap().unwrap();
    assert_eq!(before.spec.partitions, 2);
    let spec = TopicSpec { partitions: 5, ..before.spec.clone() };
    admin.create_topics(&[spec]).unwrap();
    assert_eq!(admin.describe_topic(&stage.topic).unwrap().unwrap(), before);
    assert_eq!(admin.cluster_id().unwrap(), stage.broker.admin().unwrap().cluster_id().unwrap());
}
