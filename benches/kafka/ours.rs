//! The engine, as an application would run it.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use foldhash::fast::FixedState;
use loadtest::clock::SystemClock;
use streams::broker::kafka::{KafkaBroker, KafkaSettings};
use streams::broker::{Broker, ConsumerRecord};
use streams::clock::Clock;
use streams::processor::{Context, ProcessError, Processor};
use streams::record::{BoxError, Decoded, Record, RecordTime};
use streams::runtime::{Instance, InstanceSettings, ShutdownGroup, ThreadSettings, create_internal_topics};
use streams::serde::SinkBuffers;
use streams::store::rocks::{RocksBackends, RocksSettings};
use streams::store::{BackendProvider, StoreKind, StoreSpec};
use streams::topology::{Edge, ProcessorSpec, SourceSpec, StoreHandle, Topology, TopologyBuilder};

use crate::contestant::wait_for_the_end;
use crate::job::{COMMIT_INTERVAL_MS, Job, Scenario};

/// Closing takes at most this long.
const CLOSE_MS_MAX: u64 = 5_000;

pub(crate) fn run(job: &Job) {
    let topology = Arc::new(topology(job));
    let broker = KafkaBroker::new(KafkaSettings::new(job.bootstrap_servers.as_str())).unwrap();
    create_internal_topics(&broker.admin().unwrap(), &topology).unwrap();
    let backends = RocksBackends::new(RocksSettings::new(&job.state_dir, &job.application)).unwrap();
    let backends: Arc<dyn BackendProvider> = Arc::new(backends);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let thread = ThreadSettings {
        is_static_member: true,
        shutdown_group: ShutdownGroup::Remain,
        commit_interval_ms: COMMIT_INTERVAL_MS,
        ..ThreadSettings::new(&job.application, "bench", 0)
    };
    let settings = InstanceSettings { threads: 1, thread, replacements_max: 0, metadata_max_age_ms: 60_000 };
    let instance = Instance::start(&topology, &broker, &backends, &clock, &settings).unwrap();
    wait_for_the_end(|| {
        if let Some(failure) = instance.failure() {
            eprintln!("error: {failure}");
            std::process::exit(1);
        }
    });
    assert!(instance.join(CLOSE_MS_MAX), "the stream thread does not end");
}

fn topology(job: &Job) -> Topology {
    let mut builder = TopologyBuilder::new();
    let input = builder.source(SourceSpec::new("input", job.input.as_str(), decode)).unwrap();
    if job.scenario == Scenario::Copy {
        builder.sink("output", job.output.as_str(), &input, encode_bytes).unwrap();
        return builder.build(&job.application).unwrap();
    }
    let store = StoreSpec { name: "rows".into(), kind: StoreKind::KeyValue, changelog_retention_ms: None };
    let store = builder.store(store).unwrap();
    if job.scenario == Scenario::Restart {
        let spec = ProcessorSpec { stores: &[store], ..ProcessorSpec::default() };
        builder.processor("keep", &[&input], spec, move || Keep { store }).unwrap();
        return builder.build(&job.application).unwrap();
    }
    let counted = builder.edge();
    let spec = ProcessorSpec { stores: &[store], forwards: &[counted.id()], ..ProcessorSpec::default() };
    let inputs = [&input];
    match job.scenario {
        Scenario::EveryUpdate => builder.processor("count", &inputs, spec, move || Count { store, counted }),
        _ => builder.processor("count", &inputs, spec, move || CountPerCommit {
            store,
            counted,
            changed: HashMap::default(),
        }),
    }
    .unwrap();
    builder.sink("output", job.output.as_str(), &counted, encode_count).unwrap();
    builder.build(&job.application).unwrap()
}

fn decode(record: &ConsumerRecord) -> Result<Decoded<Bytes, Bytes>, BoxError> {
    Ok(Decoded {
        key: record.key.clone().unwrap_or_default(),
        value: record.value.clone().unwrap_or_default(),
        time: RecordTime::Event(record.timestamp_ms),
    })
}

fn encode_bytes(key: &Bytes, value: &Bytes, into: &mut SinkBuffers) -> Result<(), BoxError> {
    into.key.extend_from_slice(key);
    into.value.extend_from_slice(value);
    Ok(())
}

fn encode_count(key: &Bytes, count: &u64, into: &mut SinkBuffers) -> Result<(), BoxError> {
    into.key.extend_from_slice(key);
    into.value.extend_from_slice(&count.to_be_bytes());
    Ok(())
}

fn stored(context: &mut Context<'_>, store: StoreHandle, key: &[u8]) -> Result<u64, ProcessError> {
    let row = context.get(store, key)?;
    Ok(row.and_then(|row| row.try_into().ok()).map_or(0, u64::from_be_bytes))
}

/// Counts, and says so each time.
struct Count {
    store: StoreHandle,
    counted: Edge<Bytes, u64>,
}

impl Processor for Count {
    type Key = Bytes;
    type Value = Bytes;

    fn process(&mut self, record: Record<Bytes, Bytes>, context: &mut Context<'_>) -> Result<(), ProcessError> {
        let count = stored(context, self.store, &record.key)? + 1;
        context.put(self.store, &record.key, &count.to_be_bytes())?;
        context.forward(self.counted, Record::new(record.key, count, record.timestamp_ms))
    }
}

/// Counts, and says so once per key and commit.
struct CountPerCommit {
    store: StoreHandle,
    counted: Edge<Bytes, u64>,
    /// Counts since the last commit, with the time of the last record.
    changed: HashMap<Bytes, (u64, i64), FixedState>,
}

impl Processor for CountPerCommit {
    type Key = Bytes;
    type Value = Bytes;

    fn process(&mut self, record: Record<Bytes, Bytes>, context: &mut Context<'_>) -> Result<(), ProcessError> {
        if let Some((count, at_ms)) = self.changed.get_mut(&record.key) {
            *count += 1;
            *at_ms = record.timestamp_ms;
            return Ok(());
        }
        let count = stored(context, self.store, &record.key)? + 1;
        self.changed.insert(record.key, (count, record.timestamp_ms));
        Ok(())
    }

    fn before_commit(&mut self, context: &mut Context<'_>) -> Result<(), ProcessError> {
        for (key, (count, at_ms)) in self.changed.drain() {
            context.put(self.store, &key, &count.to_be_bytes())?;
            context.forward(self.counted, Record::new(key, count, at_ms))?;
        }
        Ok(())
    }

    fn rolled_back(&mut self) {
        self.changed.clear();
    }
}

/// Keeps the last value of each key.
struct Keep {
    store: StoreHandle,
}

impl Processor for Keep {
    type Key = Bytes;
    type Value = Bytes;

    fn process(&mut self, record: Record<Bytes, Bytes>, context: &mut Context<'_>) -> Result<(), ProcessError> {
        Ok(context.put(self.store, &record.key, &record.value)?)
    }
}
