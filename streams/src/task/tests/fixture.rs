//! The application under test, and a collector that keeps what comes out.

use bytes::Bytes;

use crate::broker::{ConsumerRecord, Offset, ProducerRecord};
use crate::global::Globals;
use crate::processor::{Context, ProcessError, Processor};
use crate::record::{Decoded, Record, RecordTime};
use crate::serde::encode_text;
use crate::store::memory::MemoryBackends;
use crate::store::{BackendProvider, StoreIndex, StoreKind, StoreSpec};
use crate::task::{Collector, InputState, Origin, Pacing, Progress, Task, TaskError, TaskId, TaskSettings};
use crate::topology::{Edge, ProcessorSpec, SourceSpec, StoreHandle, Topology, TopologyBuilder};
use std::collections::BTreeMap;
use std::sync::Arc;

const LATE_AFTER_MS: i64 = 100;
const LIFE_TICKS: i64 = 5;

/// Counts the records of a key, and says what happens. A value of `ticks` sets a timer every 10 ms for a while.
///
/// Counts are kept decoded between commits, so every promise here is one of rows that are put back late, too.
struct Trace {
    counts: StoreHandle,
    said: Edge<String, String>,
    kept: BTreeMap<String, u64>,
}

impl Trace {
    fn say(&self, key: &str, text: String, at_ms: i64, context: &mut Context<'_>) -> Result<(), ProcessError> {
        let now = context.stream_time().map_or("-".into(), |now| now.to_string());
        context.count("said", 1);
        context.forward(self.said, Record::new(key.to_owned(), format!("{text} at {at_ms} now {now}"), at_ms))
    }

    fn add(&mut self, key: &str, context: &mut Context<'_>) -> Result<u64, ProcessError> {
        let known = match self.kept.get(key) {
            Some(count) => *count,
            None => {
                let row = context.get(self.counts, key.as_bytes())?;
                row.and_then(|row| row.try_into().ok()).map_or(0, u64::from_be_bytes)
            }
        };
        self.kept.insert(key.to_owned(), known + 1);
        Ok(known + 1)
    }
}

impl Processor for Trace {
    type Key = String;
    type Value = String;

    fn process(&mut self, record: Record<String, String>, context: &mut Context<'_>) -> Result<(), ProcessError> {
        match record.value.as_str() {
            "refuse" => return Err(ProcessError::DeadLetter("refused".into())),
            "write and refuse" => {
                context.put(self.counts, record.key.as_bytes(), &7_u64.to_be_bytes())?;
                return Err(ProcessError::DeadLetter("refused".into()));
            }
            "die" => return Err(ProcessError::Fatal("dead".into())),
            "ticks" => context.schedule((record.timestamp_ms / 10 + 1) * 10, record.key.as_bytes()),
            _ => {}
        }
        let count = self.add(&record.key, context)?;
        self.say(&record.key, format!("{} {count}", record.value), record.timestamp_ms, context)
    }

    fn on_timer(&mut self, at_ms: i64, key: &[u8], context: &mut Context<'_>) -> Result<(), ProcessError> {
        let key = String::from_utf8_lossy(key).into_owned();
        let count = self.add(&format!("{key} ticks"), context)?;
        if count % LIFE_TICKS as u64 != 0 {
            context.schedule(at_ms + 10, key.as_bytes());
        }
        self.say(&key, format!("tick {count}"), at_ms, context)
    }

    fn before_commit(&mut self, context: &mut Context<'_>) -> Result<(), ProcessError> {
        for (key, count) in core::mem::take(&mut self.kept) {
            context.put(self.counts, key.as_bytes(), &count.to_be_bytes())?;
        }
        Ok(())
    }

    fn rolled_back(&mut self) {
        self.kept.clear();
    }
}

/// Values that begin with `control` are control records, `garbage` does not decode.
fn decode(record: &ConsumerRecord) -> Result<Decoded<String, String>, crate::record::BoxError> {
    let text = |bytes: &Option<Bytes>| String::from_utf8(bytes.as_deref().unwrap_or_default().to_vec());
    let (key, value) = (text(&record.key)?, text(&record.value)?);
    let time = match value.as_str() {
        "garbage" => return Err("garbage".into()),
        value if value.starts_with("control") => RecordTime::Control(record.timestamp_ms),
        _ => RecordTime::Event(record.timestamp_ms),
    };
    Ok(Decoded { key, value, time })
}

fn topology(check_partition: bool) -> Arc<Topology> {
    let mut builder = TopologyBuilder::new();
    let source = |name: &str| {
        let spec = SourceSpec::new(&format!("{name}-source"), name, decode);
        spec.late_after_ms(LATE_AFTER_MS).check_partition(check_partition)
    };
    let chat = builder.source(source("chat")).unwrap();
    let poll = builder.source(source("poll")).unwrap();
    let spec = StoreSpec { name: "counts".into(), kind: StoreKind::KeyValue, changelog_retention_ms: None };
    let counts = builder.store(spec).unwrap();
    let said = builder.edge();
    let spec = ProcessorSpec { stores: &[counts], forwards: &[said.id()], ..ProcessorSpec::default() };
    builder.processor("trace", &[&chat, &poll], spec, move || Trace { counts, said, kept: BTreeMap::new() }).unwrap();
    let encode =
        |key: &String, value: &String, into: &mut crate::serde::SinkBuffers| match value.contains("unspeakable") {
            true => Err("unspeakable".into()),
            false => encode_text(key, value, into),
        };
    builder.sink("said-sink", "said", &said, encode).unwrap();
    Arc::new(builder.build("app").unwrap())
}

pub(super) fn record(offset: Offset, timestamp_ms: i64, key: &str, value: &str) -> ConsumerRecord {
    let bytes = |text: &str| Some(Bytes::copy_from_slice(text.as_bytes()));
    ConsumerRecord { offset, timestamp_ms, key: bytes(key), value: bytes(value), headers: Vec::new() }
}

/// A value and headers.
pub(super) type DeadLetter = (Option<Vec<u8>>, Vec<(String, String)>);

/// Keeps what a task says.
#[derive(Default)]
pub(super) struct Heard {
    /// `key: value`, in order, of ordinary outputs.
    pub(super) said: Vec<String>,
    /// Values of dead letters with their headers.
    pub(super) dead: Vec<DeadLetter>,
    pub(super) changelog: Vec<(usize, Vec<u8>, Option<Vec<u8>>)>,
}

impl Collector for Heard {
    fn send(&mut self, record: &ProducerRecord<'_>, _: Option<Origin>) -> Result<(), TaskError> {
        let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        if record.topic.ends_with("dead-letters") {
            let headers = record.headers.iter().map(|(name, value)| (name.to_string(), text(Some(value))));
            self.dead.push((record.value.map(<[u8]>::to_vec), headers.collect()));
        } else {
            self.said.push(format!("{}: {}", text(record.key), text(record.value)));
        }
        Ok(())
    }

    fn changelog(&mut self, store: StoreIndex, key: &[u8], value: Option<&[u8]>) -> Result<(), TaskError> {
        self.changelog.push((store.0, key.to_vec(), value.map(<[u8]>::to_vec)));
        Ok(())
    }
}

pub(super) struct Bench {
    pub(super) topology: Arc<Topology>,
    pub(super) backends: MemoryBackends,
    pub(super) task: Task,
    pub(super) heard: Heard,
    pub(super) globals: Globals,
}

pub(super) const CHAT: usize = 0;
pub(super) const POLL: usize = 1;

impl Bench {
    pub(super) fn new() -> Self {
        Self::of(topology(false), 1)
    }

    /// The inputs have so many partitions, and keys are checked against them.
    pub(super) fn checking_partitions(partitions: u32) -> Self {
        Self::of(topology(true), partitions)
    }

    fn of(topology: Arc<Topology>, partitions: u32) -> Self {
        let backends = MemoryBackends::default();
        let task = open(&topology, &backends, partitions);
        Self { topology, backends, task, heard: Heard::default(), globals: Globals::default() }
    }

    /// Both inputs hold these and are then read to their ends.
    pub(super) fn given(mut self, chat: Vec<ConsumerRecord>, poll: Vec<ConsumerRecord>) -> Self {
        self.fill(chat, poll);
        self
    }

    pub(super) fn fill(&mut self, chat: Vec<ConsumerRecord>, poll: Vec<ConsumerRecord>) {
        for (input, records) in [(CHAT, chat), (POLL, poll)] {
            self.task.enqueue(input, records);
            self.task.set_input(input, InputState::CaughtUp);
        }
    }

    pub(super) fn run(&mut self, budget: usize, pacing: Pacing) -> Progress {
        self.task.process(budget, pacing, &self.globals, &mut self.heard).unwrap()
    }

    pub(super) fn run_all(&mut self) -> Progress {
        self.run(usize::MAX, Pacing::Unpaced)
    }

    pub(super) fn commit(&mut self) {
        self.task.drain_changes(&mut self.heard).unwrap();
        self.task.committed(&[Some(1), Some(1)], b"id", 7).unwrap();
    }

    /// The process is killed and started again on the same disk.
    pub(super) fn reopen(&mut self) {
        let elsewhere = MemoryBackends::default();
        // The old task must let go of the state before it is opened anew.
        self.task = open(&self.topology, &elsewhere, 1);
        self.task = open(&self.topology, &self.backends, 1);
    }
}

fn open(topology: &Arc<Topology>, backends: &MemoryBackends, partitions: u32) -> Task {
    let id = TaskId { sub_topology: 0, partition: 0 };
    let counts = ["chat", "poll", "said", "app-dead-letters"].map(|topic| (Arc::from(topic), partitions));
    let backend = backends.open(id, &topology.sub_topologies()[0].stores).unwrap();
    Task::new(Arc::clone(topology), id, backend, TaskSettings::new(Arc::new(counts.into()))).unwrap()
}
