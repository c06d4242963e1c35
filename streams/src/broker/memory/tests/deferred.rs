//! What can be seen between a decision and its markers.

use super::Workbench;
use crate::broker::conformance::Harness;
use crate::broker::memory::{MemoryConsumer, MemoryProducer, Outcome, TransactionState};
use crate::broker::{
    Admin, Broker, BrokerError, Cleanup, Consumer, ConsumerConfig, ConsumerRecord, ProducerConfig, ProducerRecord,
    TopicPartition, TopicSpec, TransactionalProducer,
};

fn create(workbench: &Workbench, partitions: u32) {
    let spec = TopicSpec { name: "topic".to_owned(), partitions, cleanup: Cleanup::Delete, retention_ms: None };
    workbench.broker.admin().unwrap().create_topics(&[spec]).unwrap();
}

fn producer(workbench: &Workbench) -> MemoryProducer {
    let config = ProducerConfig { transactional_id: "id".to_owned(), transaction_timeout_ms: 1000 };
    workbench.broker.producer(&config).unwrap()
}

fn write(producer: &mut MemoryProducer, partitions: u32) {
    let topic = "topic".into();
    producer.begin().unwrap();
    for partition in 0..partitions {
        let value = Some(&b"value"[..]);
        let record = ProducerRecord { topic: &topic, partition, timestamp_ms: 0, key: value, value, headers: &[] };
        producer.send(&record, 0).unwrap();
    }
    assert_eq!(producer.deliveries(&mut |_| ()), Ok(0));
}

fn visible(workbench: &Workbench, partition: u32) -> usize {
    workbench.broker.records(&TopicPartition::new("topic", partition)).unwrap().len()
}

fn member(workbench: &Workbench) -> MemoryConsumer {
    let config = ConsumerConfig {
        group: "group".to_owned(),
        client: "client".to_owned(),
        group_instance: None,
        session_timeout_ms: 1_000_000,
        max_poll_interval_ms: 1_000_000,
    };
    let mut consumer = workbench.broker.consumer(&config).unwrap();
    consumer.subscribe(&["topic"]).unwrap();
    while consumer.poll_group().unwrap().is_some() {}
    consumer
}

#[test]
fn a_reader_sees_the_partitions_of_a_committed_transaction_one_by_one() {
    let workbench = Workbench::deferred();
    create(&workbench, 2);
    let mut producer = producer(&workbench);
    producer.init_transactions().unwrap();
    write(&mut producer, 2);
    producer.commit().unwrap();
    assert_eq!(workbench.broker.background_len(), 2);
    assert_eq!([visible(&workbench, 0), visible(&workbench, 1)], [0, 0]);
    assert_eq!(workbench.broker.transaction_state("id"), Some(TransactionState::Prepare(Outcome::Commit)));
    assert!(workbench.broker.run_background(1));
    assert_eq!([visible(&workbench, 0), visible(&workbench, 1)], [0, 1]);
    assert!(workbench.broker.run_background(0));
    assert_eq!([visible(&workbench, 0), visible(&workbench, 1)], [1, 1]);
    assert_eq!(workbench.broker.transaction_state("id"), Some(TransactionState::Complete(Outcome::Commit)));
    assert!(!workbench.broker.run_background(0));
}

#[test]
fn offsets_are_unstable_until_the_marker_of_their_group_is_out() {
    let workbench = Workbench::deferred();
    create(&workbench, 1);
    let mut consumer = member(&workbench);
    let mut producer = producer(&workbench);
    producer.init_transactions().unwrap();
    write(&mut producer, 1);
    let partition = TopicPartition::new("topic", 0);
    let metadata = consumer.group_metadata().unwrap();
    producer.send_offsets(&[(partition.clone(), 5)], &metadata).unwrap();
    producer.commit().unwrap();
    let unstable = Err(BrokerError::UnstableOffsets { partition: partition.clone() });
    let asked = [partition];

    let of_group = workbench.broker.background().iter().position(|marker| marker.is_for_offsets).unwrap();
    assert!(workbench.broker.run_background(1 - of_group));
    assert_eq!(visible(&workbench, 0), 1);
    assert_eq!(consumer.committed(&asked), unstable);
    assert!(workbench.broker.run_background(0));
    assert_eq!(consumer.committed(&asked), Ok(vec![Some(5)]));
}

#[test]
fn a_transaction_begins_only_after_the_markers_of_the_last_one() {
    let workbench = Workbench::deferred();
    create(&workbench, 2);
    let mut producer = producer(&workbench);
    producer.init_transactions().unwrap();
    write(&mut producer, 2);
    producer.commit().unwrap();
    let too_early = Err(BrokerError::Unavailable { operation: "begin" });
    assert_eq!(producer.begin(), too_early);
    workbench.broker.run_background(0);
    assert_eq!(producer.begin(), too_early);
    workbench.broker.run_background(0);
    assert_eq!(producer.begin(), Ok(()));
}

#[test]
fn a_new_producer_waits_for_a_decided_commit_and_does_not_undo_it() {
    let workbench = Workbench::deferred();
    create(&workbench, 1);
    let mut old = producer(&workbench);
    old.init_transactions().unwrap();
    write(&mut old, 1);
    old.commit().unwrap();
    let mut new = producer(&workbench);
    assert_eq!(new.init_transactions(), Err(BrokerError::Unavailable { operation: "init_transactions" }));
    workbench.settle();
    assert_eq!(new.init_transactions(), Ok(()));
    assert_eq!(visible(&workbench, 0), 1);
}

#[test]
fn what_a_zombie_still_writes_before_the_marker_is_aborted_with_the_rest() {
    let workbench = Workbench::deferred();
    create(&workbench, 1);
    let mut old = producer(&workbench);
    old.init_transactions().unwrap();
    write(&mut old, 1);
    let mut new = producer(&workbench);
    assert!(new.init_transactions().is_err());
    // The partition has not heard of the newer epoch yet.
    let record = ProducerRecord {
        topic: &"topic".into(),
        partition: 0,
        timestamp_ms: 0,
        key: None,
        value: Some(b"zombie"),
        headers: &[],
    };
    old.send(&record, 1).unwrap();
    assert_eq!(old.deliveries(&mut |delivery| assert!(delivery.offset.is_some())), Ok(0));
    workbench.settle();
    new.init_transactions().unwrap();
    old.send(&record, 2).unwrap();
    assert!(matches!(
        old.deliveries(&mut |delivery| assert_eq!(delivery.offset, None)),
        Err(BrokerError::ProducerFenced { .. })
    ));
    write(&mut new, 1);
    new.commit().unwrap();
    workbench.settle();
    let records: Vec<ConsumerRecord> = workbench.broker.records(&TopicPartition::new("topic", 0)).unwrap();
    assert_eq!(records.iter().map(|record| record.offset).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_transaction_that_timed_out_is_gone_before_its_producer_goes_on() {
    let workbench = Workbench::deferred();
    create(&workbench, 1);
    let mut producer = producer(&workbench);
    producer.init_transactions().unwrap();
    write(&mut producer, 1);
    workbench.clock.advance(1001);
    assert!(matches!(producer.commit(), Err(BrokerError::AbortRequired { .. })));
    producer.abort().unwrap();
    assert_eq!(producer.begin(), Err(BrokerError::Unavailable { operation: "begin" }));
    workbench.settle();
    write(&mut producer, 1);
    producer.commit().unwrap();
    workbench.settle();
    assert_eq!(visible(&workbench, 0), 1);
}

#[test]
fn an_abort_finds_a_timed_out_transaction_settled() {
    let workbench = Workbench::deferred();
    create(&workbench, 1);
    let mut producer = producer(&workbench);
    producer.init_transactions().unwrap();
    write(&mut producer, 1);
    workbench.clock.advance(1001);
    assert_eq!(producer.abort(), Ok(()));
    workbench.settle();
    assert_eq!(producer.begin(), Ok(()));
}

/// Why a restore reads the group's offsets first and the end of the changelog second. Our threads wait for every delivery
/// before their offsets join, which leaves nothing to choose between; a client that writes the other way round does.
#[test]
fn what_is_written_behind_its_own_offsets_is_seen_by_whoever_looks_at_the_offsets_first() {
    let workbench = Workbench::deferred();
    create(&workbench, 1);
    let (mut stalled, mut next) = (member(&workbench), workbench.broker.reader().unwrap());
    let input = TopicPartition::new("topic", 0);
    let mut writer = producer(&workbench);
    writer.init_transactions().unwrap();
    writer.begin().unwrap();
    writer.send_offsets(&[(input.clone(), 5)], &stalled.group_metadata().unwrap()).unwrap();

    let end_looked_up_first = next.ends(core::slice::from_ref(&input)).unwrap()[0].high_watermark;
    let offsets = stalled.committed(core::slice::from_ref(&input));
    assert!(
        matches!(offsets, Err(BrokerError::UnstableOffsets { .. })),
        "the offsets hold the owner back: {offsets:?}"
    );

    let value = Some(&b"value"[..]);
    let topic = "topic".into();
    let record = ProducerRecord { topic: &topic, partition: 0, timestamp_ms: 0, key: value, value, headers: &[] };
    writer.send(&record, 0).unwrap();
    writer.commit().unwrap();
    workbench.broker.run_all_background();

    assert_eq!(stalled.committed(core::slice::from_ref(&input)), Ok(vec![Some(5)]));
    let end_looked_up_last = next.ends(core::slice::from_ref(&input)).unwrap()[0].high_watermark;
    assert_eq!(end_looked_up_first, 0, "with these offsets this end would lose the record");
    assert!(end_looked_up_last > 0);
}
