//! Whatever the order of steps: a reader gets the committed transactions, whole and in the order of their records.

use proptest::prelude::*;

use super::Workbench;
use crate::broker::memory::{MemoryConsumer, MemoryProducer};
use crate::broker::{
    Admin, Broker, Cleanup, Consumer, ConsumerRecord, Offset, ProducerConfig, ProducerRecord, TopicPartition,
    TopicSpec, TransactionalProducer,
};

const PARTITIONS: u32 = 2;

#[derive(Debug, Clone)]
enum Step {
    Write { producer: usize, partition: u32, count: u8 },
    Commit { producer: usize },
    Abort { producer: usize },
    Replace { producer: usize },
    Marker { index: usize },
    Fetch { partition: u32, max: usize },
    Compact,
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    let (producer, partition) = (0..2_usize, 0..PARTITIONS);
    prop_oneof![
        6 => (producer.clone(), partition.clone(), 1..4_u8)
            .prop_map(|(producer, partition, count)| Step::Write { producer, partition, count }),
        3 => producer.clone().prop_map(|producer| Step::Commit { producer }),
        2 => producer.clone().prop_map(|producer| Step::Abort { producer }),
        1 => producer.prop_map(|producer| Step::Replace { producer }),
        4 => (0..4_usize).prop_map(|index| Step::Marker { index }),
        4 => (partition, 1..5_usize).prop_map(|(partition, max)| Step::Fetch { partition, max }),
        1 => Just(Step::Compact),
        1 => Just(Step::Wait),
    ]
}

/// One writer, and what it should have brought about.
struct Writer {
    producer: MemoryProducer,
    is_open: bool,
    /// Partition and offset of what the open transaction has written.
    written: Vec<(u32, Offset)>,
}

struct World {
    workbench: Workbench,
    writers: Vec<Writer>,
    reader: MemoryConsumer,
    read: Vec<Vec<ConsumerRecord>>,
    committed: Vec<Vec<Offset>>,
}

impl World {
    fn new(deferred: bool) -> Self {
        let workbench = if deferred { Workbench::deferred() } else { Workbench::new(Default::default()) };
        let spec = TopicSpec {
            name: "topic".to_owned(),
            partitions: PARTITIONS,
            cleanup: Cleanup::Compact,
            retention_ms: None,
        };
        workbench.broker.admin().unwrap().create_topics(&[spec]).unwrap();
        let mut reader = workbench.broker.reader().unwrap();
        let from_start: Vec<_> = (0..PARTITIONS).map(|number| (partition(number), 0)).collect();
        reader.assign(&from_start).unwrap();
        let writers = (0..2).map(|number| writer(&workbench, number)).collect();
        let lists = PARTITIONS as usize;
        Self { workbench, writers, reader, read: vec![Vec::new(); lists], committed: vec![Vec::new(); lists] }
    }

    fn act(&mut self, step: &Step) {
        match *step {
            Step::Write { producer, partition, count } => self.write(producer, partition, count),
            Step::Commit { producer } => self.end(producer, true),
            Step::Abort { producer } => self.end(producer, false),
            Step::Replace { producer } => self.writers[producer] = writer(&self.workbench, producer),
            Step::Marker { index } => drop(self.workbench.broker.run_background(index)),
            Step::Fetch { partition, max } => drop(self.fetch(partition, max)),
            Step::Compact => self.workbench.broker.compact("topic"),
            Step::Wait => self.workbench.clock.advance(400),
        }
    }

    fn write(&mut self, producer: usize, partition: u32, count: u8) {
        let writer = &mut self.writers[producer];
        if !writer.is_open && writer.producer.begin().is_err() {
            return;
        }
        writer.is_open = true;
        let topic = "topic".into();
        for number in 0..count {
            // Each record has a key of its own, so that compaction keeps all.
            let key = format!("{producer} {partition} {number} {}", writer.written.len());
            let unique = format!("{key} {}", self.committed.iter().map(Vec::len).sum::<usize>());
            let key = Some(unique.as_bytes());
            let record = ProducerRecord { topic: &topic, partition, timestamp_ms: 0, key, value: key, headers: &[] };
            if writer.producer.send(&record, 0).is_err() {
                return;
            }
        }
        let written = &mut writer.written;
        let _ = writer.producer.deliveries(&mut |delivery| written.extend(delivery.offset.map(|at| (partition, at))));
    }

    fn end(&mut self, producer: usize, commits: bool) {
        let writer = &mut self.writers[producer];
        if !writer.is_open {
            return;
        }
        let written = std::mem::take(&mut writer.written);
        writer.is_open = false;
        if commits && writer.producer.commit().is_ok() {
            for (partition, offset) in written {
                self.committed[partition as usize].push(offset);
            }
        } else {
            writer.producer.abort().unwrap();
        }
    }

    fn fetch(&mut self, number: u32, max: usize) -> usize {
        let partition = partition(number);
        let count = self.reader.fetch(&partition, max, &mut self.read[number as usize]).unwrap();
        assert!(count <= max);
        let ends = self.reader.ends(std::slice::from_ref(&partition)).unwrap()[0];
        assert!(self.reader.position(&partition).unwrap() <= ends.last_stable);
        count
    }

    /// Lets everything come to its end, and reads the rest.
    fn finish(mut self) -> (Vec<Vec<Offset>>, Vec<Vec<Offset>>) {
        self.workbench.clock.advance(100_000);
        self.workbench.broker.run_all_background();
        self.workbench.broker.tick();
        self.workbench.broker.run_all_background();
        for number in 0..PARTITIONS {
            while self.fetch(number, 3) > 0 {}
        }
        let read = self.read.iter().map(|list| list.iter().map(|record| record.offset).collect()).collect();
        for list in &mut self.committed {
            list.sort_unstable();
        }
        (read, self.committed)
    }
}

fn partition(number: u32) -> TopicPartition {
    TopicPartition::new("topic", number)
}

fn writer(workbench: &Workbench, number: usize) -> Writer {
    let config = ProducerConfig { transactional_id: format!("writer-{number}"), transaction_timeout_ms: 1000 };
    let mut producer = workbench.broker.producer(&config).unwrap();
    while producer.init_transactions().is_err() {
        workbench.broker.run_all_background();
    }
    Writer { producer, is_open: false, written: Vec::new() }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_reader_gets_exactly_the_committed_records_in_order(
        steps in proptest::collection::vec(step(), 1..80),
        deferred in any::<bool>(),
    ) {
        let mut world = World::new(deferred);
        for step in &steps {
            world.act(step);
        }
        let (read, committed) = world.finish();
        prop_assert_eq!(read, committed);
    }
}
