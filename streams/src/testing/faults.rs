//! Faults at the seams: a broker and a store that ask, at every call, whether the process dies here or the answer gets lost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::broker::{
    Admin, Broker, BrokerError, Consumer, ConsumerConfig, ConsumerRecord, Delivery, Ends, GroupEvent, GroupMetadata,
    Offset, ProducerConfig, ProducerRecord, TopicDescription, TopicPartition, TopicSpec, TransactionalProducer,
};
use crate::store::{Backend, BackendProvider, Batch, Checkpoint, StoreError, StoreIndex, StoreSpec, Visit};
use crate::task::TaskId;

/// Where a fault may fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is the method of that name at the seam")]
pub enum Operation {
    Connect,
    Subscribe,
    PollGroup,
    Release,
    Leave,
    GroupMetadata,
    Committed,
    Assign,
    Unassign,
    Seek,
    Fetch,
    Ends,
    InitTransactions,
    Begin,
    Send,
    Deliveries,
    SendOffsets,
    Commit,
    Abort,
    Admin,
    Open,
    Apply,
    Clear,
    Discard,
}

impl Operation {
    /// The name that errors carry.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Subscribe => "subscribe",
            Self::PollGroup => "poll_group",
            Self::Release => "release",
            Self::Leave => "leave",
            Self::GroupMetadata => "group_metadata",
            Self::Committed => "committed",
            Self::Assign => "assign",
            Self::Unassign => "unassign",
            Self::Seek => "seek",
            Self::Fetch => "fetch",
            Self::Ends => "ends",
            Self::InitTransactions => "init_transactions",
            Self::Begin => "begin",
            Self::Send => "send",
            Self::Deliveries => "deliveries",
            Self::SendOffsets => "send_offsets",
            Self::Commit => "commit",
            Self::Abort => "abort",
            Self::Admin => "admin",
            Self::Open => "open",
            Self::Apply => "apply",
            Self::Clear => "clear",
            Self::Discard => "discard",
        }
    }

    /// Whether the call waits for an answer from another machine, which may get lost.
    #[must_use]
    pub fn is_remote(self) -> bool {
        matches!(
            self,
            Self::Committed | Self::Ends | Self::InitTransactions | Self::SendOffsets | Self::Commit | Self::Abort
        )
    }
}

/// One call at a seam.
#[derive(Debug, Clone)]
pub struct Call {
    /// Which.
    pub operation: Operation,
    /// Whose: the name that the [`Faults`] were given to.
    pub client: Arc<str>,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It goes through.
    Pass,
    /// The broker is not there; nothing is done.
    Refuse,
    /// The broker does not know what it is asked about; nothing is done. One that starts or stops may say so.
    Unknown,
    /// The process dies before it.
    StopBefore,
    /// The process dies after it was carried out.
    StopAfter,
    /// No answer, and it was not carried out.
    LostBefore,
    /// No answer, but it was carried out.
    LostAfter,
}

type Plan = dyn FnMut(&Call) -> Answer + Send;

/// Decides on every call of one process. Clones share the plan and the process's death.
#[derive(Clone)]
pub struct Faults {
    client: Arc<str>,
    plan: Arc<Mutex<Box<Plan>>>,
    is_dead: Arc<AtomicBool>,
}

impl Faults {
    /// Asks `plan` at every call of `client`.
    pub fn new(client: &str, plan: impl FnMut(&Call) -> Answer + Send + 'static) -> Self {
        Self {
            client: Arc::from(client),
            plan: Arc::new(Mutex::new(Box::new(plan))),
            is_dead: Arc::new(AtomicBool::new(false)),
        }
    }

    /// No faults.
    #[must_use]
    pub fn none(client: &str) -> Self {
        Self::new(client, |_| Answer::Pass)
    }

    /// Whether the process died. A dead process does nothing more: every call says so.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.is_dead.load(Ordering::Relaxed)
    }

    fn ask(&self, operation: Operation) -> Answer {
        if self.is_dead() {
            return Answer::StopBefore;
        }
        let call = Call { operation, client: Arc::clone(&self.client) };
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = plan(&call);
        if matches!(answer, Answer::StopBefore | Answer::StopAfter) {
            self.is_dead.store(true, Ordering::Relaxed);
        }
        answer
    }

    fn call<T>(
        &self,
        operation: Operation,
        perform: impl FnOnce() -> Result<T, BrokerError>,
    ) -> Result<T, BrokerError> {
        let name = operation.name();
        match self.ask(operation) {
            Answer::Pass => perform(),
            Answer::Refuse => Err(BrokerError::Unavailable { operation: name }),
            Answer::Unknown => Err(BrokerError::UnknownPartition { partition: TopicPartition::new("unknown", 0) }),
            Answer::StopBefore => Err(BrokerError::Stopped { operation: name }),
            Answer::StopAfter => perform().and(Err(BrokerError::Stopped { operation: name })),
            Answer::LostBefore => Err(BrokerError::TimedOut { operation: name }),
            Answer::LostAfter => perform().and(Err(BrokerError::TimedOut { operation: name })),
        }
    }

    fn store_call<T>(
        &self,
        operation: Operation,
        perform: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self.ask(operation) {
            Answer::StopBefore => Err(StoreError::Stopped),
            Answer::StopAfter => perform().and(Err(StoreError::Stopped)),
            // A disk answers: there is no message that could get lost.
            Answer::Pass | Answer::Refuse | Answer::Unknown | Answer::LostBefore | Answer::LostAfter => perform(),
        }
    }
}

/// A broker with faults.
#[derive(Clone)]
pub struct FaultyBroker<B> {
    inner: B,
    faults: Faults,
}

impl<B: Broker> FaultyBroker<B> {
    /// `inner`, as the process of `faults` sees it.
    pub fn new(inner: B, faults: Faults) -> Self {
        Self { inner, faults }
    }
}

impl<B: Broker> Broker for FaultyBroker<B> {
    type Consumer = FaultyConsumer<B::Consumer>;
    type Producer = FaultyProducer<B::Producer>;
    type Admin = FaultyAdmin<B::Admin>;

    fn consumer(&self, config: &ConsumerConfig) -> Result<Self::Consumer, BrokerError> {
        let inner = self.faults.call(Operation::Connect, || self.inner.consumer(config))?;
        Ok(FaultyConsumer { inner, faults: self.faults.clone() })
    }

    fn reader(&self) -> Result<Self::Consumer, BrokerError> {
        let inner = self.faults.call(Operation::Connect, || self.inner.reader())?;
        Ok(FaultyConsumer { inner, faults: self.faults.clone() })
    }

    fn producer(&self, config: &ProducerConfig) -> Result<Self::Producer, BrokerError> {
        let inner = self.faults.call(Operation::Connect, || self.inner.producer(config))?;
        Ok(FaultyProducer { inner, faults: self.faults.clone() })
    }

    fn plain_producer(&self, config: &ProducerConfig) -> Result<Self::Producer, BrokerError> {
        let inner = self.faults.call(Operation::Connect, || self.inner.plain_producer(config))?;
        Ok(FaultyProducer { inner, faults: self.faults.clone() })
    }

    fn admin(&self) -> Result<Self::Admin, BrokerError> {
        let inner = self.faults.call(Operation::Connect, || self.inner.admin())?;
        Ok(FaultyAdmin { inner, faults: self.faults.clone() })
    }
}

/// A consumer with faults.
pub struct FaultyConsumer<C> {
    inner: C,
    faults: Faults,
}

impl<C: Consumer> Consumer for FaultyConsumer<C> {
    fn subscribe(&mut self, topics: &[&str]) -> Result<(), BrokerError> {
        self.faults.call(Operation::Subscribe, || self.inner.subscribe(topics))
    }

    fn poll_group(&mut self) -> Result<Option<GroupEvent>, BrokerError> {
        self.faults.call(Operation::PollGroup, || self.inner.poll_group())
    }

    fn release(&mut self, partitions: &[TopicPartition]) -> Result<(), BrokerError> {
        self.faults.call(Operation::Release, || self.inner.release(partitions))
    }

    fn leave(&mut self) -> Result<(), BrokerError> {
        self.faults.call(Operation::Leave, || self.inner.leave())
    }

    fn group_metadata(&self) -> Result<GroupMetadata, BrokerError> {
        self.faults.call(Operation::GroupMetadata, || self.inner.group_metadata())
    }

    fn committed(&mut self, partitions: &[TopicPartition]) -> Result<Vec<Option<Offset>>, BrokerError> {
        self.faults.call(Operation::Committed, || self.inner.committed(partitions))
    }

    fn commit_offsets(
        &mut self,
        offsets: &[(TopicPartition, Offset)],
        group: &GroupMetadata,
    ) -> Result<(), BrokerError> {
        self.faults.call(Operation::SendOffsets, || self.inner.commit_offsets(offsets, group))
    }

    fn assign(&mut self, partitions: &[(TopicPartition, Offset)]) -> Result<(), BrokerError> {
        self.faults.call(Operation::Assign, || self.inner.assign(partitions))
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) -> Result<(), BrokerError> {
        self.faults.call(Operation::Unassign, || self.inner.unassign(partitions))
    }

    fn seek(&mut self, partition: &TopicPartition, offset: Offset) -> Result<(), BrokerError> {
        self.faults.call(Operation::Seek, || self.inner.seek(partition, offset))
    }

    fn fetch(
        &mut self,
        partition: &TopicPartition,
        max: usize,
        into: &mut Vec<ConsumerRecord>,
    ) -> Result<usize, BrokerError> {
        self.faults.call(Operation::Fetch, || self.inner.fetch(partition, max, into))
    }

    fn position(&self, partition: &TopicPartition) -> Option<Offset> {
        self.inner.position(partition)
    }

    fn ends(&mut self, partitions: &[TopicPartition]) -> Result<Vec<Ends>, BrokerError> {
        self.faults.call(Operation::Ends, || self.inner.ends(partitions))
    }

    fn wait(&mut self, max_ms: u64) {
        self.inner.wait(max_ms);
    }
}

/// A producer with faults.
pub struct FaultyProducer<P> {
    inner: P,
    faults: Faults,
}

impl<P: TransactionalProducer> TransactionalProducer for FaultyProducer<P> {
    fn init_transactions(&mut self) -> Result<(), BrokerError> {
        self.faults.call(Operation::InitTransactions, || self.inner.init_transactions())
    }

    fn begin(&mut self) -> Result<(), BrokerError> {
        self.faults.call(Operation::Begin, || self.inner.begin())
    }

    fn send(&mut self, record: &ProducerRecord<'_>, opaque: u64) -> Result<(), BrokerError> {
        self.faults.call(Operation::Send, || self.inner.send(record, opaque))
    }

    fn deliveries(&mut self, report: &mut dyn FnMut(Delivery)) -> Result<usize, BrokerError> {
        self.faults.call(Operation::Deliveries, || self.inner.deliveries(report))
    }

    fn send_offsets(&mut self, offsets: &[(TopicPartition, Offset)], group: &GroupMetadata) -> Result<(), BrokerError> {
        self.faults.call(Operation::SendOffsets, || self.inner.send_offsets(offsets, group))
    }

    fn commit(&mut self) -> Result<(), BrokerError> {
        self.faults.call(Operation::Commit, || self.inner.commit())
    }

    fn abort(&mut self) -> Result<(), BrokerError> {
        self.faults.call(Operation::Abort, || self.inner.abort())
    }

    fn wait(&mut self, max_ms: u64) {
        self.inner.wait(max_ms);
    }
}

/// An administration with faults.
pub struct FaultyAdmin<A> {
    inner: A,
    faults: Faults,
}

impl<A: Admin> Admin for FaultyAdmin<A> {
    fn cluster_id(&self) -> Result<String, BrokerError> {
        self.faults.call(Operation::Admin, || self.inner.cluster_id())
    }

    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), BrokerError> {
        self.faults.call(Operation::Admin, || self.inner.create_topics(topics))
    }

    fn describe_topic(&self, name: &str) -> Result<Option<TopicDescription>, BrokerError> {
        self.faults.call(Operation::Admin, || self.inner.describe_topic(name))
    }

    fn delete_records(&self, before: &[(TopicPartition, Offset)]) -> Result<(), BrokerError> {
        self.faults.call(Operation::Admin, || self.inner.delete_records(before))
    }
}

/// Stores with faults.
pub struct FaultyBackends {
    inner: Arc<dyn BackendProvider>,
    faults: Faults,
}

impl FaultyBackends {
    /// `inner`, as the process of `faults` sees it.
    #[must_use]
    pub fn new(inner: Arc<dyn BackendProvider>, faults: Faults) -> Self {
        Self { inner, faults }
    }
}

impl BackendProvider for FaultyBackends {
    fn open(&self, task: TaskId, stores: &[StoreSpec]) -> Result<Box<dyn Backend>, StoreError> {
        let inner = self.faults.store_call(Operation::Open, || self.inner.open(task, stores))?;
        Ok(Box::new(FaultyBackend { inner, faults: self.faults.clone() }))
    }

    fn discard(&self, task: TaskId) -> Result<(), StoreError> {
        self.faults.store_call(Operation::Discard, || self.inner.discard(task))
    }
}

struct FaultyBackend {
    inner: Box<dyn Backend>,
    faults: Faults,
}

impl Backend for FaultyBackend {
    fn get(&self, store: StoreIndex, key: &[u8], value: &mut Vec<u8>) -> Result<bool, StoreError> {
        self.inner.get(store, key, value)
    }

    fn scan(&self, store: StoreIndex, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.inner.scan(store, from, to, visit)
    }

    fn apply(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        self.faults.store_call(Operation::Apply, || self.inner.apply(batch))
    }

    fn checkpoint(&self) -> &Checkpoint {
        self.inner.checkpoint()
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        self.faults.store_call(Operation::Clear, || self.inner.clear())
    }

    fn approximate_bytes(&self) -> usize {
        self.inner.approximate_bytes()
    }

    fn begin_restore(&mut self) -> Result<(), StoreError> {
        self.inner.begin_restore()
    }

    fn end_restore(&mut self) -> Result<(), StoreError> {
        self.inner.end_restore()
    }
}
