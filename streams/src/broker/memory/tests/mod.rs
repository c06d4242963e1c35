//! The promises of the seam, kept in memory; and those that only this broker makes.

mod deferred;
mod housekeeping;
mod interleaving;
mod membership;

use std::sync::Arc;

use crate::broker::TopicPartition;
use crate::broker::conformance::{Harness, cases, with_each_case};
use crate::broker::memory::{MemoryBroker, MemoryConsumer, Settings};
use crate::clock::ManualClock;

/// A broker whose clock and background work are in the test's hands.
pub(super) struct Workbench {
    pub(super) clock: ManualClock,
    pub(super) broker: MemoryBroker,
}

impl Workbench {
    pub(super) fn new(settings: Settings) -> Self {
        let clock = ManualClock::at(1_000_000);
        Self { broker: MemoryBroker::new(Arc::new(clock.clone()), settings), clock }
    }

    pub(super) fn deferred() -> Self {
        Self::new(Settings { deferred_markers: true, ..Settings::default() })
    }
}

impl Harness for Workbench {
    type Broker = MemoryBroker;

    fn broker(&self) -> MemoryBroker {
        self.broker.clone()
    }

    fn name(&self, name: &str) -> String {
        name.to_owned()
    }

    fn advance(&self, by_ms: u64) {
        self.clock.advance(i64::try_from(by_ms).unwrap());
    }

    fn settle(&self) {
        self.broker.tick();
        self.broker.run_all_background();
    }

    fn kill(&self, consumer: MemoryConsumer) {
        drop(consumer);
    }

    fn compact(&self, partition: &TopicPartition) {
        self.broker.compact(&partition.topic);
    }
}

fn run(name: &str, workbench: &Workbench) {
    let (_, case) = cases::<Workbench>().into_iter().find(|(known, _)| *known == name).unwrap();
    case(workbench);
}

macro_rules! test_each_case {
    ($($room:ident::$case:ident,)*) => {
        mod with_markers_at_once {
            $(#[test] fn $case() { super::run(stringify!($case), &super::Workbench::new(Default::default())); })*
        }
        mod with_deferred_markers {
            $(#[test] fn $case() { super::run(stringify!($case), &super::Workbench::deferred()); })*
        }
    };
}
with_each_case!(test_each_case);
