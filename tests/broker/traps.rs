//! What a real cluster and its client do that a seam without wires does not.

use std::sync::mpsc::channel;
use std::time::Duration;

use cluster::clock::wait_for;
use cluster::{Cluster, Options};
use streams::broker::conformance::Harness;
use streams::broker::kafka::{KafkaBroker, KafkaProducer, KafkaSettings};
use streams::broker::{
    Admin, Broker, BrokerError, Cleanup, Consumer, ConsumerConfig, ErrorKind, GroupEvent, GroupMetadata,
    ProducerConfig, ProducerRecord, TopicPartition, TopicSpec, TransactionalProducer,
};

use crate::harness::{PATIENCE, RealKafka, alone, ends_of, pass, read_all};

/// A topic with partitions of its own, and a producer.
struct Stage {
    broker: KafkaBroker,
    partition: TopicPartition,
    producer: KafkaProducer,
}

impl Stage {
    fn new() -> Self {
        Self::on(RealKafka.broker(), Cleanup::Delete)
    }

    fn on(broker: KafkaBroker, cleanup: Cleanup) -> Self {
        let name = RealKafka.name("trap");
        let spec = TopicSpec { name: name.clone(), partitions: 2, cleanup, retention_ms: None };
        broker.admin().unwrap().create_topics(&[spec]).unwrap();
        let producer = producer(&broker, &name);
        Self { broker, partition: TopicPartition::new(name, 0), producer }
    }

    fn write(&mut self, values: &[&str]) {
        self.producer.begin().unwrap();
        for value in values {
            send(&mut self.producer, &self.partition, value.as_bytes()).unwrap();
        }
        while self.producer.deliveries(&mut |_| {}).unwrap() > 0 {
            self.producer.wait(100);
        }
    }

    /// How many records are committed, once there are so many: markers follow their commit in the background.
    fn count_when(&self, count: usize) -> usize {
        let mut found = 0;
        wait_for(PATIENCE, || {
            found = read_all(&self.broker, &self.partition).len();
            (found >= count).then_some(())
        });
        found
    }

    fn write_and_commit(&mut self, values: &[&str]) {
        self.write(values);
        self.producer.commit().unwrap();
    }
}

fn producer(broker: &KafkaBroker, id: &str) -> KafkaProducer {
    let config = ProducerConfig { transactional_id: id.to_owned(), transaction_timeout_ms: 10_000 };
    let mut producer = broker.producer(&config).unwrap();
    producer.init_transactions().unwrap();
    producer
}

fn send(producer: &mut KafkaProducer, to: &TopicPartition, value: &[u8]) -> Result<(), BrokerError> {
    let (topic, partition) = (&to.topic, to.partition);
    let record =
        ProducerRecord { topic, partition, timestamp_ms: 1, key: Some(value), value: Some(value), headers: &[] };
    producer.send(&record, 7)
}

/// The answer, if it comes in this time; if it comes later, that is waited for and counts for nothing.
fn within<T: Send>(patience: Duration, ask: impl FnOnce() -> T + Send) -> Option<T> {
    let (sender, receiver) = channel();
    std::thread::scope(|scope| {
        scope.spawn(move || sender.send(ask()));
        receiver.recv_timeout(patience).ok()
    })
}

#[test]
fn a_record_for_a_topic_that_does_not_exist_is_reported_and_spoils_the_transaction() {
    let mut stage = Stage::new();
    let nowhere = TopicPartition::new(RealKafka.name("missing"), 0);
    stage.producer.begin().unwrap();
    send(&mut stage.producer, &nowhere, b"lost").unwrap();
    let mut reports = Vec::new();
    let is_reported = wait_for(PATIENCE, || {
        (stage.producer.deliveries(&mut |delivery| reports.push(delivery)).unwrap() == 0).then_some(())
    });
    assert!(is_reported.is_some());
    assert_eq!(reports.iter().map(|report| (report.opaque, report.offset)).collect::<Vec<_>>(), [(7, None)]);
    assert_eq!(stage.producer.commit().unwrap_err().kind(), ErrorKind::AbortRequired);
    stage.producer.abort().unwrap();
    stage.write_and_commit(&["on it goes"]);
    assert_eq!(stage.count_when(1), 1);
}

#[test]
fn a_record_that_is_too_large_is_named_by_its_opaque() {
    let mut stage = Stage::new();
    stage.producer.begin().unwrap();
    send(&mut stage.producer, &stage.partition, &vec![b'x'; 2 << 20]).unwrap();
    let mut reports = Vec::new();
    assert_eq!(stage.producer.deliveries(&mut |delivery| reports.push(delivery)), Ok(0));
    assert_eq!(reports.iter().map(|report| (report.opaque, report.offset)).collect::<Vec<_>>(), [(7, None)]);
    stage.producer.abort().unwrap();
}

#[test]
fn the_last_stable_offset_stays_below_the_high_watermark_while_a_transaction_hangs() {
    let mut stage = Stage::new();
    stage.write_and_commit(&["decided"]);
    stage.write(&["hanging"]);
    let mut reader = stage.broker.reader().unwrap();
    let mut ends_when = |high_watermark| {
        let ends = wait_for(PATIENCE, || {
            let ends = ends_of(&mut reader, &stage.partition);
            (ends.high_watermark >= high_watermark).then_some(ends)
        });
        ends.map(|ends| (ends.log_start, ends.last_stable, ends.high_watermark))
    };
    assert_eq!(ends_when(3), Some((0, 2, 3)));
    stage.producer.commit().unwrap();
    assert_eq!(ends_when(4), Some((0, 4, 4)));
}

#[test]
fn partitions_are_assigned_once_and_errors_leave_the_rest_as_it_was() {
    let mut stage = Stage::new();
    stage.write_and_commit(&["1"]);
    let mut reader = stage.broker.reader().unwrap();
    let other = TopicPartition::new(stage.partition.topic.clone(), 1);
    reader.assign(&[(stage.partition.clone(), 0)]).unwrap();
    let again = reader.assign(&[(other.clone(), 0), (stage.partition.clone(), 0)]);
    assert!(matches!(again, Err(BrokerError::InvalidState { .. })), "{again:?}");
    assert_eq!(reader.position(&other), None);
    reader.assign(&[(other, 0)]).unwrap();
    let mut records = Vec::new();
    wait_for(PATIENCE, || (reader.fetch(&stage.partition, 10, &mut records).unwrap() > 0).then_some(())).unwrap();
    assert_eq!(records.len(), 1);
}

#[test]
fn the_position_reaches_the_end_behind_aborted_records_alone() {
    let mut stage = Stage::new();
    stage.write(&["aborted", "aborted too"]);
    stage.producer.abort().unwrap();
    let mut reader = stage.broker.reader().unwrap();
    reader.assign(&[(stage.partition.clone(), 0)]).unwrap();
    let mut records = Vec::new();
    let position = wait_for(PATIENCE, || {
        reader.fetch(&stage.partition, 10, &mut records).unwrap();
        reader.position(&stage.partition).filter(|position| *position > 0)
    });
    assert_eq!((position, records.len()), (Some(3), 0));
}

/// After the event at the end of a partition the client counts one too many. A position that believed it would lose a record.
#[test]
fn the_position_stays_at_the_end_until_a_record_comes() {
    let mut stage = Stage::new();
    let mut reader = stage.broker.reader().unwrap();
    reader.assign(&[(stage.partition.clone(), 0)]).unwrap();
    let mut records = Vec::new();
    for round in 0..3 {
        let end = i64::from(round) * 2;
        let is_at_end = wait_for(Duration::from_millis(800), || {
            reader.fetch(&stage.partition, 10, &mut records).unwrap();
            reader.position(&stage.partition).filter(|position| *position > end)
        });
        assert_eq!(is_at_end, None, "nothing lies behind {end}");
        stage.write_and_commit(&["next"]);
        let position = wait_for(PATIENCE, || {
            reader.fetch(&stage.partition, 10, &mut records).unwrap();
            reader.position(&stage.partition).filter(|position| *position == end + 2)
        });
        assert_eq!(position, Some(end + 2));
    }
    assert_eq!(records.iter().map(|record| record.offset).collect::<Vec<_>>(), [0, 2, 4]);
}

#[test]
fn a_seek_back_and_forth_reads_each_record_from_there_once() {
    let mut stage = Stage::new();
    let values: Vec<String> = (0..200).map(|value| value.to_string()).collect();
    stage.write_and_commit(&values.iter().map(String::as_str).collect::<Vec<_>>());
    let mut reader = stage.broker.reader().unwrap();
    reader.assign(&[(stage.partition.clone(), 0)]).unwrap();
    for from in [0, 150, 20, 199, 0] {
        reader.seek(&stage.partition, from).unwrap();
        assert_eq!(reader.position(&stage.partition), Some(from));
        let mut records = Vec::new();
        wait_for(PATIENCE, || {
            reader.fetch(&stage.partition, 30, &mut records).unwrap();
            (reader.position(&stage.partition).unwrap() >= 201).then_some(())
        })
        .unwrap();
        let offsets: Vec<_> = records.iter().map(|record| record.offset).collect();
        assert_eq!(offsets, (from..200).collect::<Vec<_>>());
    }
}

/// Giving up a partition that is fetched must not answer the group in our place.
#[test]
fn a_partition_that_is_given_up_for_another_reason_is_not_handed_on() {
    let stage = Stage::new();
    let group = RealKafka.name("group");
    let member = |client: &str| {
        let mut consumer = stage.broker.consumer(&ConsumerConfig {
            group: group.clone(),
            client: client.to_owned(),
            group_instance: None,
            session_timeout_ms: 6_000,
            max_poll_interval_ms: 20_000,
        })?;
        consumer.subscribe(&[&stage.partition.topic])?;
        Ok::<_, BrokerError>(consumer)
    };
    let mut first = member("first").unwrap();
    let all = wait_for(PATIENCE, || first.poll_group().unwrap());
    assert!(matches!(&all, Some(GroupEvent::Assigned(partitions)) if partitions.len() == 2), "{all:?}");
    let mut second = member("second").unwrap();
    let mut poll_second = || {
        let event = second.poll_group().unwrap();
        event.filter(|event| *event != GroupEvent::Assigned(Vec::new()))
    };
    let told = wait_for(PATIENCE, || {
        assert_eq!(poll_second(), None);
        first.poll_group().unwrap().filter(|event| *event != GroupEvent::Assigned(Vec::new()))
    });
    let Some(GroupEvent::Revoked(told)) = told else { panic!("nothing was revoked: {told:?}") };
    // The revocation is open. Fetching begins, is moved and ends meanwhile.
    first.assign(&[(stage.partition.clone(), 0)]).unwrap();
    first.seek(&stage.partition, 0).unwrap();
    first.unassign(std::slice::from_ref(&stage.partition)).unwrap();
    for _ in 0..60 {
        assert_eq!(poll_second(), None);
        assert_eq!(first.poll_group().unwrap(), None);
        pass(25);
    }
    first.release(&told).unwrap();
    let handed_on = wait_for(PATIENCE, || {
        first.poll_group().unwrap();
        poll_second()
    });
    assert_eq!(handed_on, Some(GroupEvent::Assigned(told)));
}

#[test]
fn a_broker_that_hangs_is_an_error_in_time_and_afterwards_everything_goes_on() {
    let mut cluster = Cluster::start(Options::new()).unwrap();
    let mut settings = KafkaSettings::new(cluster.bootstrap_servers());
    settings.lookup_timeout_ms = 500;
    settings.request_timeout_ms = 3_000;
    let mut stage = Stage::on(KafkaBroker::new(settings).unwrap(), Cleanup::Delete);
    stage.write_and_commit(&["before"]);
    let mut reader = stage.broker.reader().unwrap();
    reader.assign(&[(stage.partition.clone(), 0)]).unwrap();
    let partitions = [stage.partition.clone()];
    // The marker follows its commit in the background.
    let is_decided = wait_for(PATIENCE, || (reader.ends(&partitions).ok()?[0].last_stable == 2).then_some(()));
    assert!(is_decided.is_some());

    cluster.suspend().unwrap();
    let answer = within(Duration::from_secs(2), || reader.ends(&partitions));
    assert_eq!(answer, Some(Err(BrokerError::Unavailable { operation: "ends" })));
    cluster.resume().unwrap();

    let ends = wait_for(PATIENCE, || reader.ends(&partitions).ok());
    assert_eq!(ends.map(|ends| ends[0].last_stable), Some(2));
    stage.write_and_commit(&["after"]);
    let mut records = Vec::new();
    wait_for(PATIENCE, || {
        reader.fetch(&stage.partition, 10, &mut records).unwrap();
        (records.len() == 2).then_some(())
    })
    .unwrap();
}

#[test]
fn a_commit_without_an_answer_ends_the_producer_and_its_successor_settles_it() {
    let mut cluster = Cluster::start(Options::new()).unwrap();
    let mut settings = KafkaSettings::new(cluster.bootstrap_servers());
    settings.request_timeout_ms = 2_000;
    let mut stage = Stage::on(KafkaBroker::new(settings).unwrap(), Cleanup::Delete);
    stage.write(&["in doubt"]);
    cluster.suspend().unwrap();
    let error = stage.producer.commit().unwrap_err();
    assert_eq!(error, BrokerError::TimedOut { operation: "commit" });
    assert_eq!(stage.producer.begin(), Err(error.clone()));
    assert_eq!(stage.producer.abort(), Err(error));
    cluster.resume().unwrap();

    let config = ProducerConfig { transactional_id: stage.partition.topic.to_string(), transaction_timeout_ms: 10_000 };
    let mut successor = stage.broker.producer(&config).unwrap();
    wait_for(PATIENCE, || successor.init_transactions().ok()).unwrap();
    // Either way it is decided now, before anything that the successor writes.
    let before = read_all(&stage.broker, &stage.partition).len();
    stage.producer = successor;
    stage.write_and_commit(&["settled"]);
    let after = stage.count_when(before + 1);
    assert!(before <= 1 && after == before + 1, "{before} {after}");
}

#[test]
fn offsets_without_an_answer_end_the_producer() {
    let mut cluster = Cluster::start(Options::new()).unwrap();
    let mut settings = KafkaSettings::new(cluster.bootstrap_servers());
    settings.request_timeout_ms = 2_000;
    let mut stage = Stage::on(KafkaBroker::new(settings).unwrap(), Cleanup::Delete);
    stage.write(&["in doubt"]);
    cluster.suspend().unwrap();
    let group = GroupMetadata { group: "group".to_owned(), generation: 1, member: "member".to_owned() };
    let sent = within(Duration::from_secs(10), || stage.producer.send_offsets(&[(stage.partition.clone(), 1)], &group));
    let unknown = BrokerError::TimedOut { operation: "send_offsets" };
    assert_eq!(sent, Some(Err(unknown.clone())));
    assert_eq!(stage.producer.commit(), Err(unknown));
    cluster.resume().unwrap();
}

/// A broker answers one request of a connection after the other, and the fetch would keep the look-up waiting for longer than it has.
#[test]
fn a_fetch_that_waits_for_records_does_not_hold_up_a_look_at_the_ends() {
    let mut settings = RealKafka::settings();
    let longer = (2 * settings.lookup_timeout_ms).to_string();
    settings.properties.insert("consumer.fetch.wait.max.ms".to_owned(), longer);
    let mut stage = Stage::on(KafkaBroker::new(settings).unwrap(), Cleanup::Delete);
    stage.write_and_commit(&["the last for now"]);
    assert_eq!(stage.count_when(1), 1);
    let config = alone();
    let mut consumer = stage.broker.consumer(&config).unwrap();
    consumer.assign(&[(stage.partition.clone(), 0)]).unwrap();
    let mut records = Vec::new();
    let is_read = wait_for(PATIENCE, || {
        consumer.fetch(&stage.partition, 10, &mut records).unwrap();
        (!records.is_empty()).then_some(())
    });
    assert!(is_read.is_some());
    // By now the next fetch is on its way, and waits.
    for _ in 0..3 {
        pass(100);
        assert_eq!(consumer.ends(std::slice::from_ref(&stage.partition)).map(|ends| ends[0].last_stable), Ok(2));
    }
}

/// Whoever assigns looks the ends up first: the client waits for ever for a topic that may yet come.
#[test]
fn a_topic_that_does_not_exist_is_named_when_its_ends_are_looked_up() {
    let mut reader = RealKafka.broker().reader().unwrap();
    let nowhere = TopicPartition::new(RealKafka.name("missing"), 0);
    let answer = wait_for(PATIENCE, || match reader.ends(std::slice::from_ref(&nowhere)) {
        Err(BrokerError::Unavailable { .. }) => None,
        answer => Some(answer),
    });
    assert_eq!(answer, Some(Err(BrokerError::UnknownPartition { partition: nowhere })));
}

/// Retention of a log that was created again: the position lies behind the end, and no reset hides it.
#[test]
fn a_position_past_the_end_is_out_of_range() {
    let mut stage = Stage::new();
    stage.write_and_commit(&["1"]);
    let mut reader = stage.broker.reader().unwrap();
    reader.assign(&[(stage.partition.clone(), 900)]).unwrap();
    let error = wait_for(PATIENCE, || reader.fetch(&stage.partition, 1, &mut Vec::new()).err());
    let expected = BrokerError::OffsetOutOfRange { partition: stage.partition.clone(), offset: 900, log_start: 0 };
    assert_eq!(error, Some(expected));
    reader.seek(&stage.partition, 0).unwrap();
    let mut records = Vec::new();
    wait_for(PATIENCE, || (reader.fetch(&stage.partition, 1, &mut records).unwrap() > 0).then_some(())).unwrap();
}

/// The wait ends with the record, not with its time: ten waits of five seconds each would be noticed.
#[test]
fn a_waiting_consumer_wakes_when_a_record_comes() {
    let mut stage = Stage::new();
    let partition = stage.partition.clone();
    let mut reader = stage.broker.reader().unwrap();
    reader.assign(&[(partition.clone(), 0)]).unwrap();
    let mut records = Vec::new();
    for round in 1..=10 {
        let writer = std::thread::spawn(move || {
            stage.write_and_commit(&["wake up"]);
            stage
        });
        let woke = within(Duration::from_secs(4), || {
            while records.len() < round {
                reader.wait(5_000);
                reader.fetch(&partition, 10, &mut records).unwrap();
            }
        });
        assert_eq!(woke, Some(()), "the wait went on when the record was there");
        stage = writer.join().unwrap();
    }
}

#[test]
fn a_topic_says_how_long_it_remembers_deletions() {
    let mut settings = RealKafka::settings();
    settings.properties.insert("topic.delete.retention.ms".to_owned(), "7200000".to_owned());
    let stage = Stage::on(KafkaBroker::new(settings).unwrap(), Cleanup::Compact);
    let remembers =
        |name: &str| stage.broker.admin().unwrap().describe_topic(name).unwrap().unwrap().delete_retention_ms;
    assert_eq!(remembers(&stage.partition.topic), 7_200_000);
    assert_eq!(remembers(&Stage::new().partition.topic), 24 * 60 * 60 * 1000, "the broker's own");
}
