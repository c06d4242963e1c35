//! The stream in one process: a stream thread on the broker in memory, stepped by whoever feeds it. Backtest, calibration and
//! demo are different feeders of the same thing.
//!
//! Nothing here looks at a clock: the broker's stands where the feeder sets it, so the same input gives the same bytes.

mod feed;
mod outlet;

use std::collections::BTreeMap;
use std::sync::Arc;

use streams::broker::memory::{Loader, MemoryBroker, Settings as BrokerSettings};
use streams::broker::{Admin, Broker, Cleanup, ProducerRecord, TopicSpec};
use streams::clock::ManualClock;
use streams::partition::partition_of;
use streams::runtime::{PacingMode, StreamThread, ThreadSettings, create_internal_topics};
use streams::store::memory::MemoryBackends;
use streams::topology::Topology;
use topology::wire::topics;

use crate::failure::Failure;

pub use feed::{Feed, FeedWatcher};
pub use outlet::{OUTPUTS, Outlet, Received};

/// Records larger than this are refused by the broker.
const RECORD_BYTES_MAX: usize = 32 << 20;
/// Rounds without progress after which the stream is stuck: a defect, reported instead of waited for.
const IDLE_ROUNDS_MAX: u32 = 10_000;

/// What became of the records that were sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Sent to the inputs.
    pub sent: u64,
    /// Taken from them.
    pub read: u64,
    /// Handed to the processors.
    pub processed: u64,
    /// Too old to count.
    pub late: u64,
    /// Set aside, with the reason.
    pub dead_lettered: u64,
}

impl Accounts {
    /// Sent, and neither processed nor late nor set aside.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.sent.saturating_sub(self.processed + self.late + self.dead_lettered)
    }
}

/// What stays on the topics once it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Nothing,
    Everything,
}

/// The stream and its broker.
pub struct Embedded {
    broker: MemoryBroker,
    clock: ManualClock,
    thread: StreamThread<MemoryBroker>,
    loader: Loader,
    /// How many partitions each input has.
    inputs: BTreeMap<Arc<str>, u32>,
    kept: Kept,
    sent: u64,
}

impl Embedded {
    /// Starts `topology` over inputs of `partitions` partitions. `outputs` get one each, so that they have one order.
    ///
    /// # Errors
    /// What the engine says of the topology.
    pub fn start(topology: Topology, partitions: u32, outputs: &[&str]) -> Result<Self, Failure> {
        Self::with(topology, partitions, outputs, Kept::Nothing)
    }

    /// The same for others who read and write beside it: what was read is kept, and outputs have as many partitions as inputs.
    ///
    /// # Errors
    /// What the engine says of the topology.
    pub fn shared(topology: Topology, partitions: u32, outputs: &[&str]) -> Result<Self, Failure> {
        Self::with(topology, partitions, outputs, Kept::Everything)
    }

    fn with(topology: Topology, partitions: u32, outputs: &[&str], kept: Kept) -> Result<Self, Failure> {
        let clock = ManualClock::at(0);
        let settings =
            BrokerSettings { max_record_bytes: RECORD_BYTES_MAX, delete_retention_ms: 0, ..BrokerSettings::default() };
        let broker = MemoryBroker::new(Arc::new(clock.clone()), settings);
        let topology = Arc::new(topology);
        let of_outputs = if kept == Kept::Everything { partitions } else { 1 };
        let inputs = create_topics(&broker, &topology, partitions, (outputs, of_outputs))?;
        let thread = ThreadSettings {
            pacing: PacingMode::Unpaced,
            idle_advance_ms: None,
            changelog: false,
            purge_inputs: kept == Kept::Nothing,
            records_per_step: 8_192,
            fetch_records_max: 8_192,
            ..ThreadSettings::new(topology.application_id(), "embedded", 0)
        };
        let backends = Arc::new(MemoryBackends::volatile());
        let thread =
            StreamThread::new(topology, broker.clone(), backends, Arc::new(clock.clone()), thread).map_err(broken)?;
        let loader = broker.loader();
        Ok(Self { broker, clock, thread, loader, inputs, kept, sent: 0 })
    }

    /// The broker, for those who read and write beside it.
    #[must_use]
    pub fn broker(&self) -> MemoryBroker {
        self.broker.clone()
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> ManualClock {
        self.clock.clone()
    }

    /// Reads what is written to `topics`, and to the dead letters if they are named. What was read is deleted, unless others read it, too.
    ///
    /// # Errors
    /// A topic that does not exist.
    pub fn outlet(&self, topics: &[&str], dead_letters: Option<&str>) -> Result<Outlet, Failure> {
        Outlet::open(&self.broker, topics.iter().copied().chain(dead_letters), self.kept == Kept::Nothing)
    }

    /// Sends one record to an input or a global table; says whether the stream reads that topic.
    ///
    /// # Errors
    /// What the broker says of the record.
    pub fn send(
        &mut self,
        topic: &str,
        key: Option<&[u8]>,
        timestamp_ms: i64,
        value: Option<&[u8]>,
    ) -> Result<bool, Failure> {
        let Some((topic, partitions)) = self.inputs.get_key_value(topic) else { return Ok(false) };
        let partition = partition_of(key.unwrap_or_default(), *partitions);
        let record = ProducerRecord { topic, partition, timestamp_ms, key, value, headers: &[] };
        self.loader.send(&record).map_err(broken)?;
        self.sent += u64::from(**topic != *topics::POLICY && **topic != *topics::BASELINES);
        Ok(true)
    }

    /// Lets the stream work until everything sent is committed.
    ///
    /// # Errors
    /// What the engine can not go on from.
    pub fn drain(&mut self) -> Result<(), Failure> {
        if self.loader.flush() > 0 {
            return Err(Failure::failed("the broker in memory refused a record: it is larger than 32 MiB"));
        }
        let mut idle = 0;
        while idle < IDLE_ROUNDS_MAX {
            let worked = self.thread.step().map_err(broken)? == streams::runtime::Step::Worked;
            if worked {
                idle = 0;
                continue;
            }
            // What was committed may be input again: results are learned from, the policy is read.
            let commits = self.thread.counts().commits;
            let clean = self.thread.commit_now().map_err(broken)?;
            if clean && self.thread.counts().commits == commits && self.is_drained() {
                return Ok(());
            }
            idle += 1;
        }
        Err(Failure::failed("the stream makes no progress"))
    }

    /// Moves the broker's clock on, never back.
    pub fn set_clock(&self, now_ms: i64) {
        self.clock.set(now_ms);
    }

    /// What became of the records so far.
    #[must_use]
    pub fn accounts(&self) -> Accounts {
        let mut accounts = Accounts { sent: self.sent, ..Accounts::default() };
        for task in self.thread.tasks().filter(|task| task.id.sub_topology == 0) {
            accounts.read += task.counts.read;
            accounts.processed += task.counts.processed;
            accounts.late += task.counts.late;
            accounts.dead_lettered += task.counts.dead_lettered;
        }
        accounts
    }

    /// The application's own counters, summed over the tasks, by name.
    #[must_use]
    pub fn counters(&self) -> BTreeMap<&'static str, u64> {
        let mut sums = BTreeMap::new();
        for (name, count) in self.thread.tasks().flat_map(|task| task.counters) {
            *sums.entry(name).or_default() += count;
        }
        sums
    }

    /// Before the group has handed the tasks out, nothing is read although nothing is left to do.
    fn is_drained(&self) -> bool {
        self.accounts().read >= self.sent && self.thread.tasks().all(|task| task.buffered == 0 && task.dirty_bytes == 0)
    }
}

fn create_topics(
    broker: &MemoryBroker,
    topology: &Topology,
    partitions: u32,
    (outputs, of_outputs): (&[&str], u32),
) -> Result<BTreeMap<Arc<str>, u32>, Failure> {
    let admin = broker.admin().map_err(broken)?;
    let create = |name: &str, partitions: u32, cleanup: Cleanup| {
        let topic = TopicSpec { name: name.into(), partitions, cleanup, retention_ms: None };
        admin.create_topics(&[topic]).map_err(broken)
    };
    let mut inputs = BTreeMap::new();
    let sources = topology.sub_topologies().iter().flat_map(|part| &part.inputs).filter(|input| !input.repartition);
    for input in sources {
        create(&input.topic, partitions, Cleanup::Delete)?;
        inputs.insert(Arc::clone(&input.topic), partitions);
    }
    for table in topology.global_tables() {
        create(&table.topic, 1, Cleanup::Compact)?;
        inputs.insert(Arc::clone(&table.topic), 1);
    }
    for output in outputs {
        create(output, of_outputs, Cleanup::Delete)?;
    }
    create(&topology.dead_letter_topic(), 1, Cleanup::Delete)?;
    create_internal_topics(&admin, topology).map_err(broken)?;
    Ok(inputs)
}

/// The embedded stream has no outside world that could fail: what goes wrong is a defect, and is told as it is.
fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::failed(format_args!("the stream stopped: {error}"))
}
