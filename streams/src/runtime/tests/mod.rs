//! A small application on a broker in memory, and the promises of a thread.

mod commit;
mod disk;
mod group;
mod instance;
mod time;
mod watch;

use std::sync::Arc;

use super::*;
use crate::broker::memory::{MemoryBroker, Settings};
use crate::broker::{Admin, Broker, Cleanup, ProducerRecord, TopicPartition, TopicSpec};
use crate::clock::ManualClock;
use crate::processor::{Context, ProcessError, Processor};
use crate::record::Record;
use crate::serde::{decode_text, encode_text};
use crate::store::memory::MemoryBackends;
use crate::store::{BackendProvider, StoreKind, StoreSpec};
use crate::testing::faults::{Answer, Call, Faults, FaultyBackends, FaultyBroker, Operation};
use crate::topology::{Edge, ProcessorSpec, SourceSpec, StoreHandle, Topology, TopologyBuilder};

const START_MS: i64 = 1_700_000_000_000;

type TestThread = StreamThread<FaultyBroker<MemoryBroker>>;

/// Counts per key and says so; a second later a timer says it again. "huge" makes an output that no broker takes, and
/// "clock" a timer that sets the next one, for a minute.
struct Count {
    counts: StoreHandle,
    out: Edge<String, String>,
}

impl Processor for Count {
    type Key = String;
    type Value = String;

    fn process(&mut self, record: Record<String, String>, context: &mut Context<'_>) -> Result<(), ProcessError> {
        let key = record.key.as_bytes();
        let count = context.get(self.counts, key)?.map_or(0, |value| value[0]) + 1;
        context.put(self.counts, key, &[count])?;
        match record.value.as_str() {
            "huge" => context.forward(self.out, Record::new(record.key, "x".repeat(5_000), record.timestamp_ms)),
            "clock" => {
                context.schedule(record.timestamp_ms + 1_000, b"clock");
                Ok(())
            }
            _ => {
                context.schedule(record.timestamp_ms + 1_000, key);
                let said = format!("{}={count}", record.key);
                context.forward(self.out, Record::new(record.key, said, record.timestamp_ms))
            }
        }
    }

    fn on_timer(&mut self, at_ms: i64, key: &[u8], context: &mut Context<'_>) -> Result<(), ProcessError> {
        let key = String::from_utf8_lossy(key).into_owned();
        if key == "clock" && at_ms < START_MS + 30_000 {
            context.schedule(at_ms + 1_000, b"clock");
        }
        let said = format!("{key}@{}", at_ms - START_MS);
        context.forward(self.out, Record::new(key, said, at_ms))
    }
}

struct Fixture {
    clock: ManualClock,
    broker: MemoryBroker,
    topology: Arc<Topology>,
}

impl Fixture {
    /// `in` and `side` with so many partitions, `out` with one.
    fn new(partitions: u32) -> Self {
        let clock = ManualClock::at(START_MS);
        let settings = Settings { max_record_bytes: 2_000, ..Settings::default() };
        let broker = MemoryBroker::new(Arc::new(clock.clone()), settings);
        let topics: Vec<TopicSpec> = [("in", partitions), ("side", partitions), ("out", 1)]
            .into_iter()
            .map(|(name, count)| topic(name, count))
            .collect();
        broker.admin().unwrap().create_topics(&topics).unwrap();
        let fixture = Self { clock, broker, topology: topology() };
        create_internal_topics(&fixture.broker.admin().unwrap(), &fixture.topology).unwrap();
        fixture
    }

    fn send(&self, topic: &str, partition: u32, key: &str, value: &str, at_ms: i64) {
        let record = ProducerRecord {
            topic: &Arc::from(topic),
            partition,
            timestamp_ms: START_MS + at_ms,
            key: Some(key.as_bytes()),
            value: Some(value.as_bytes()),
            headers: &[],
        };
        assert_eq!(self.broker.append(&[record]).unwrap(), 0);
    }

    fn settings(instance: &str) -> ThreadSettings {
        let mut settings = ThreadSettings::new("app", instance, 0);
        settings.pacing = PacingMode::Unpaced;
        settings.idle_advance_ms = None;
        settings
    }

    fn start(&self, settings: ThreadSettings) -> TestThread {
        self.start_with(settings, &MemoryBackends::default(), |_| Answer::Pass)
    }

    fn start_with(
        &self,
        settings: ThreadSettings,
        disk: &(impl BackendProvider + Clone + 'static),
        plan: impl FnMut(&Call) -> Answer + Send + 'static,
    ) -> TestThread {
        let faults = Faults::new(&settings.instance, plan);
        StreamThread::new(
            self.topology.clone(),
            FaultyBroker::new(self.broker.clone(), faults.clone()),
            Arc::new(FaultyBackends::new(Arc::new(disk.clone()), faults)),
            Arc::new(self.clock.clone()),
            settings,
        )
        .unwrap()
    }

    /// What is committed in `out`, in order.
    fn out(&self) -> Vec<String> {
        let records = self.broker.records(&TopicPartition::new("out", 0)).unwrap();
        records.iter().map(|record| String::from_utf8_lossy(record.value.as_deref().unwrap()).into_owned()).collect()
    }

    fn offset(&self, topic: &str, partition: u32) -> Option<i64> {
        self.broker.group_offsets("app").get(&TopicPartition::new(topic, partition)).copied()
    }
}

fn topic(name: &str, partitions: u32) -> TopicSpec {
    TopicSpec { name: name.to_owned(), partitions, cleanup: Cleanup::Delete, retention_ms: None }
}

fn topology() -> Arc<Topology> {
    let mut builder = TopologyBuilder::new();
    let main = builder.source(SourceSpec::new("in-source", "in", decode_text)).unwrap();
    let side = builder.source(SourceSpec::new("side-source", "side", decode_text)).unwrap();
    let spec = StoreSpec { name: "counts".into(), kind: StoreKind::KeyValue, changelog_retention_ms: None };
    let counts = builder.store(spec).unwrap();
    let out = builder.edge();
    let spec = ProcessorSpec { stores: &[counts], forwards: &[out.id()], globals: &[] };
    builder.processor("count", &[&main, &side], spec, move || Count { counts, out }).unwrap();
    builder.sink("out-sink", "out", &out, encode_text).unwrap();
    Arc::new(builder.build("app").unwrap())
}

/// Rounds until nothing is left to do.
fn run(thread: &mut TestThread) {
    for _ in 0..1_000 {
        if thread.step().unwrap() == Step::Idle {
            return;
        }
    }
    panic!("it never comes to rest");
}

/// Answers the `nth` call of an operation (from 1) with `answer`.
fn nth(operation: Operation, nth: u32, answer: Answer) -> impl FnMut(&Call) -> Answer + Send + 'static {
    let mut calls = 0;
    move |call| {
        calls += u32::from(call.operation == operation);
        if call.operation == operation && calls == nth { answer } else { Answer::Pass }
    }
}
