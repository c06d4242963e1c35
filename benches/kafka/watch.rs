//! How far a contestant has come: what its group has committed.

use std::time::Duration;

use loadtest::clock::{Pacing, SystemClock};
use loadtest::interrupt::{EXIT_CODE, Interrupt};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use streams::clock::Clock;

use crate::child::Child;
use crate::job::{Job, PARTITIONS};

const TIMEOUT: Duration = Duration::from_secs(10);
/// Between two looks.
const BETWEEN_MS: u64 = 5;
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
    pub(crate) fn new(job: &Job, interrupt: &'a Interrupt) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &job.bootstrap_servers).set("group.id", &job.application);
        // What is in the balance does not count yet, and is not waited for.
        let consumer: BaseConsumer = config.set("isolation.level", "read_uncommitted").create().unwrap();
        let mut partitions = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            partitions.add_partition(&job.input, partition as i32);
        }
        let watch = Self { consumer, partitions, clock: SystemClock::start(), interrupt };
        // Connects, so that the first look is as quick as the others.
        watch.committed();
        watch
    }

    /// Records that are committed. The input has no markers: offsets are counts.
    pub(crate) fn committed(&self) -> u64 {
        let Ok(offsets) = self.consumer.committed_offsets(self.partitions.clone(), TIMEOUT) else { return 0 };
        let committed = offsets.elements().into_iter().filter_map(|element| match element.offset() {
            Offset::Offset(offset) => u64::try_from(offset).ok(),
            _ => None,
        });
        committed.sum()
    }

    /// Waits until so many records are committed.
    pub(crate) fn wait_for(&self, child: &mut Child, records: u64) -> Moment {
        let (mut moved_ms, mut last) = (self.clock.now_ms(), 0);
        loop {
            let committed = self.committed();
            let now_ms = self.clock.now_ms();
            if self.interrupt.is_asked() {
                // The unwinding ends the child and the cluster.
                std::panic::resume_unwind(Box::new(EXIT_CODE));
            }
            child.check();
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
