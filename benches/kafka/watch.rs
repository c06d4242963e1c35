//! How far a contestant has come: what its group has committed.

use std::time::Duration;

use loadtest::clock::{Pacing, SystemClock};
use loadtest::interrupt::Interrupt;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use streams::clock::Clock;

use crate::job::PARTITIONS;
use crate::shared::attempt::check;
use crate::shared::child::Child;

const TIMEOUT: Duration = Duration::from_secs(10);
/// Between two looks.
const BETWEEN_MS: u64 = 5;
/// The same, where nothing depends on the moment.
const BETWEEN_MS_IDLE: u64 = 200;
/// Without any progress for so long, something is broken.
const PATIENCE_MS: i64 = 300_000;

pub(crate) struct Watch<'a> {
    consumer: BaseConsumer,
    partitions: TopicPartitionList,
    pub(crate) clock: SystemClock,
    interrupt: &'a Interrupt,
}

/// A moment of a contestant: right after a commit, so that nothing is under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) at_ms: i64,
    pub(crate) cpu_seconds: f64,
    pub(crate) committed: u64,
}

impl<'a> Watch<'a> {
    /// Of this group, on these inputs.
    pub(crate) fn new(servers: &str, group: &str, inputs: &[&str], interrupt: &'a Interrupt) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", servers).set("group.id", group);
        // What is in the balance does not count yet, and is not waited for.
        let consumer: BaseConsumer = config.set("isolation.level", "read_uncommitted").create().unwrap();
        let mut partitions = TopicPartitionList::new();
        for input in inputs {
            for partition in 0..PARTITIONS {
                partitions.add_partition(input, partition as i32);
            }
        }
        let watch = Self { consumer, partitions, clock: SystemClock::start(), interrupt };
        // Connects, so that the first look is as quick as the others.
        watch.committed();
        watch
    }

    /// Offsets that are committed: the count of records, where the input has no markers.
    pub(crate) fn committed(&self) -> u64 {
        let Ok(offsets) = self.consumer.committed_offsets(self.partitions.clone(), TIMEOUT) else { return 0 };
        let committed = offsets.elements().into_iter().filter_map(|element| match element.offset() {
            Offset::Offset(offset) => u64::try_from(offset).ok(),
            _ => None,
        });
        committed.sum()
    }

    /// How far these topics go, in offsets.
    pub(crate) fn ends<'b>(&self, topics: impl IntoIterator<Item = &'b str>) -> u64 {
        let each = topics.into_iter().flat_map(|topic| (0..PARTITIONS).map(move |partition| (topic, partition as i32)));
        let ends = each.map(|(topic, partition)| self.consumer.fetch_watermarks(topic, partition, TIMEOUT).unwrap().1);
        ends.sum::<i64>().unsigned_abs()
    }

    /// Waits until it is so late.
    pub(crate) fn wait_until(&self, child: &mut Child, at_ms: i64) -> Moment {
        loop {
            let now_ms = self.clock.now_ms();
            self.look(child);
            if now_ms >= at_ms {
                return Moment { at_ms: now_ms, cpu_seconds: child.cpu_seconds(), committed: self.committed() };
            }
            self.clock.pass((at_ms - now_ms).unsigned_abs().min(BETWEEN_MS_IDLE));
        }
    }

    fn look(&self, child: &mut Child) {
        check(self.interrupt);
        child.check();
    }

    /// Waits until so much is committed.
    pub(crate) fn wait_for(&self, child: &mut Child, records: u64) -> Moment {
        let (mut moved_ms, mut last) = (self.clock.now_ms(), 0);
        loop {
            let committed = self.committed();
            let now_ms = self.clock.now_ms();
            self.look(child);
            if committed >= records {
                return Moment { at_ms: now_ms, cpu_seconds: child.cpu_seconds(), committed };
            }
            if committed > last {
                (moved_ms, last) = (now_ms, committed);
            }
            assert!(now_ms - moved_ms < PATIENCE_MS, "no commit any more at {committed} of {records} records");
            self.clock.pass(BETWEEN_MS);
        }
    }
}
