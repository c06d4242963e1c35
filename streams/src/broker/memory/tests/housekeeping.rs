//! What this broker promises beyond the seam: bounded memory, loading, retention.

use std::sync::Arc;

use super::Workbench;
use crate::broker::memory::Settings;
use crate::broker::{
    Admin, Broker, BrokerError, Cleanup, Consumer, ConsumerConfig, ErrorKind, ProducerConfig, ProducerRecord,
    TopicPartition, TopicSpec, TransactionalProducer,
};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn create(workbench: &Workbench, cleanup: Cleanup, retention_ms: Option<u64>) -> TopicPartition {
    let spec = TopicSpec { name: "topic".to_owned(), partitions: 1, cleanup, retention_ms };
    workbench.broker.admin().unwrap().create_topics(&[spec]).unwrap();
    TopicPartition::new("topic", 0)
}

fn append(workbench: &Workbench, timestamp_ms: i64, key: &str, value: Option<&str>) -> u64 {
    let record = ProducerRecord {
        topic: &Arc::from("topic"),
        partition: 0,
        timestamp_ms,
        key: Some(key.as_bytes()),
        value: value.map(str::as_bytes),
        headers: &[],
    };
    workbench.broker.append(&[record]).unwrap()
}

fn offsets(workbench: &Workbench, partition: &TopicPartition) -> Vec<i64> {
    workbench.broker.records(partition).unwrap().iter().map(|record| record.offset).collect()
}

#[test]
fn a_long_stream_is_held_in_the_memory_of_its_unread_part() {
    let workbench = Workbench::new(Settings::default());
    let partition = create(&workbench, Cleanup::Delete, None);
    let admin = workbench.broker.admin().unwrap();
    let mut loader = workbench.broker.loader();
    let mut reader = workbench.broker.reader().unwrap();
    reader.assign(&[(partition.clone(), 0)]).unwrap();
    let mut records = Vec::new();
    let topic = Arc::clone(&partition.topic);
    for number in 0..100_000_i64 {
        let value = number.to_le_bytes();
        let record = ProducerRecord {
            topic: &topic,
            partition: 0,
            timestamp_ms: number,
            key: None,
            value: Some(&value),
            headers: &[],
        };
        loader.send(&record).unwrap();
        if number % 1000 == 999 {
            loader.flush();
            records.clear();
            assert_eq!(reader.fetch(&partition, 5000, &mut records), Ok(1000));
            assert_eq!(records[0].value.as_deref(), Some(&(number - 999).to_le_bytes()[..]));
            admin.delete_records(&[(partition.clone(), number + 1)]).unwrap();
            assert!(workbench.broker.entries_held(&partition).unwrap() < 1024);
        }
    }
}

#[test]
fn a_compacted_partition_is_held_in_the_memory_of_its_keys() {
    let workbench = Workbench::new(Settings::default());
    let partition = create(&workbench, Cleanup::Compact, None);
    let config = ProducerConfig { transactional_id: "id".to_owned(), transaction_timeout_ms: 1000 };
    let mut producer = workbench.broker.producer(&config).unwrap();
    producer.init_transactions().unwrap();
    for round in 0..1000_u64 {
        producer.begin().unwrap();
        for key in 0..100_u64 {
            let (key, value) = (key.to_le_bytes(), round.to_le_bytes());
            let record = ProducerRecord {
                topic: &partition.topic,
                partition: 0,
                timestamp_ms: 0,
                key: Some(&key),
                value: Some(&value),
                headers: &[],
            };
            producer.send(&record, 0).unwrap();
        }
        producer.deliveries(&mut |_| ()).unwrap();
        producer.commit().unwrap();
        assert!(workbench.broker.entries_held(&partition).unwrap() < 5000);
    }
    let mut last = std::collections::BTreeMap::new();
    for record in workbench.broker.records(&partition).unwrap() {
        last.insert(record.key, record.value);
    }
    assert_eq!(last.len(), 100);
    assert!(last.values().all(|value| value.as_deref() == Some(&999_u64.to_le_bytes()[..])));
}

#[test]
fn a_tombstone_outlives_its_first_compaction_by_the_retention_of_deletes() {
    let workbench = Workbench::new(Settings::default());
    let partition = create(&workbench, Cleanup::Compact, None);
    append(&workbench, 0, "x", Some("1"));
    append(&workbench, 0, "x", None);
    append(&workbench, 0, "y", Some("1"));
    for _ in 0..3 {
        workbench.broker.compact("topic");
        assert_eq!(offsets(&workbench, &partition), [1, 2]);
    }
    workbench.clock.advance(i64::try_from(DAY_MS).unwrap());
    workbench.broker.compact("topic");
    assert_eq!(offsets(&workbench, &partition), [2]);
    assert_eq!(workbench.broker.ends_of(&partition).unwrap().last_stable, 3);
}

#[test]
fn without_a_retention_of_deletes_the_second_compaction_takes_tombstones() {
    let workbench = Workbench::new(Settings { delete_retention_ms: 0, ..Settings::default() });
    let partition = create(&workbench, Cleanup::Compact, None);
    append(&workbench, 0, "x", None);
    workbench.broker.compact("topic");
    assert_eq!(offsets(&workbench, &partition), [0]);
    workbench.broker.compact("topic");
    assert!(offsets(&workbench, &partition).is_empty());
    append(&workbench, 0, "x", Some("2"));
    assert_eq!(offsets(&workbench, &partition), [1]);
}

#[test]
fn a_reader_in_a_gap_goes_on_behind_it() {
    let workbench = Workbench::new(Settings::default());
    let partition = create(&workbench, Cleanup::Compact, None);
    for value in ["1", "2", "3", "4"] {
        append(&workbench, 0, "x", Some(value));
    }
    let mut reader = workbench.broker.reader().unwrap();
    reader.assign(&[(partition.clone(), 1)]).unwrap();
    workbench.broker.compact("topic");
    let mut records = Vec::new();
    assert_eq!(reader.fetch(&partition, 10, &mut records), Ok(1));
    assert_eq!((records[0].offset, reader.position(&partition)), (3, Some(4)));
}

#[test]
fn records_with_old_timestamps_are_deleted_soon_after_they_arrive() {
    let workbench = Workbench::new(Settings::default());
    let partition = create(&workbench, Cleanup::Delete, Some(1000));
    append(&workbench, 999_000, "x", Some("young enough"));
    append(&workbench, 0, "x", Some("old, behind a young one"));
    workbench.broker.enforce_retention();
    assert_eq!(offsets(&workbench, &partition), [0, 1]);
    workbench.clock.advance(1);
    workbench.broker.enforce_retention();
    assert!(offsets(&workbench, &partition).is_empty());
    let ends = workbench.broker.ends_of(&partition).unwrap();
    assert_eq!((ends.log_start, ends.high_watermark), (2, 2));
}

#[test]
fn a_record_without_a_key_or_beyond_the_limit_is_not_written_and_fails_its_transaction() {
    let workbench = Workbench::new(Settings { max_record_bytes: 10, ..Settings::default() });
    let partition = create(&workbench, Cleanup::Compact, None);
    let config = ProducerConfig { transactional_id: "id".to_owned(), transaction_timeout_ms: 1000 };
    let mut producer = workbench.broker.producer(&config).unwrap();
    producer.init_transactions().unwrap();
    let good = ProducerRecord {
        topic: &partition.topic,
        partition: 0,
        timestamp_ms: 0,
        key: Some(b"key"),
        value: Some(b"value"),
        headers: &[],
    };
    for bad in [ProducerRecord { key: None, ..good }, ProducerRecord { value: Some(b"12345678"), ..good }] {
        producer.begin().unwrap();
        producer.send(&good, 1).unwrap();
        producer.send(&bad, 2).unwrap();
        let mut reports = Vec::new();
        producer.deliveries(&mut |delivery| reports.push((delivery.opaque, delivery.offset.is_some()))).unwrap();
        assert_eq!(reports, [(1, true), (2, false)]);
        assert_eq!(producer.commit().unwrap_err().kind(), ErrorKind::AbortRequired);
        producer.abort().unwrap();
    }
    producer.begin().unwrap();
    producer.send(&good, 3).unwrap();
    producer.commit().unwrap();
    assert_eq!(workbench.broker.records(&partition).unwrap().len(), 1);
}

#[test]
fn a_topic_that_was_made_again_has_another_id_and_none_of_the_old_records() {
    let workbench = Workbench::new(Settings::default());
    let partition = create(&workbench, Cleanup::Delete, None);
    append(&workbench, 0, "x", Some("1"));
    let admin = workbench.broker.admin().unwrap();
    let before = admin.describe_topic("topic").unwrap().unwrap().id;
    let mut reader = workbench.broker.reader().unwrap();
    reader.assign(&[(partition.clone(), 0)]).unwrap();
    assert!(admin.delete_topic("topic"));
    let gone = BrokerError::UnknownPartition { partition: partition.clone() };
    assert_eq!(workbench.broker.records(&partition), Err(gone.clone()));
    create(&workbench, Cleanup::Delete, None);
    assert_ne!(admin.describe_topic("topic").unwrap().unwrap().id, before);
    assert_eq!(reader.fetch(&partition, 1, &mut Vec::new()), Err(gone));
    assert!(offsets(&workbench, &partition).is_empty());
}

#[test]
fn deleting_beyond_the_end_is_refused() {
    let workbench = Workbench::new(Settings::default());
    let partition = create(&workbench, Cleanup::Delete, None);
    append(&workbench, 0, "x", Some("1"));
    let admin = workbench.broker.admin().unwrap();
    let error = admin.delete_records(&[(partition.clone(), 2)]).unwrap_err();
    assert_eq!(error, BrokerError::OffsetOutOfRange { partition, offset: 2, log_start: 0 });
}

#[test]
fn a_consumer_that_hangs_is_put_out_after_the_session_time_out_and_a_busy_one_is_not() {
    let workbench = Workbench::new(Settings::default());
    create(&workbench, Cleanup::Delete, None);
    let config = ConsumerConfig {
        group: "group".to_owned(),
        client: "client".to_owned(),
        group_instance: None,
        session_timeout_ms: 1000,
        max_poll_interval_ms: 100_000,
    };
    let mut consumer = workbench.broker.consumer(&config).unwrap();
    consumer.subscribe(&["topic"]).unwrap();
    consumer.poll_group().unwrap();
    workbench.clock.advance(50_000);
    assert_eq!(workbench.broker.group_owners("group").len(), 1);
    consumer.stop_heartbeats();
    workbench.clock.advance(1001);
    assert!(workbench.broker.group_owners("group").is_empty());
}

#[test]
fn lag_is_counted_to_the_last_stable_offset() {
    let workbench = Workbench::new(Settings::default());
    let partition = create(&workbench, Cleanup::Delete, None);
    for value in ["1", "2", "3"] {
        append(&workbench, 0, "x", Some(value));
    }
    workbench.broker.set_group_offsets("group", &[(partition.clone(), 1)]);
    assert_eq!(workbench.broker.group_lag("group").get(&partition), Some(&2));
}
