//! The seam to a log: the engine's own words for what it needs of Kafka, with Kafka's semantics.
//!
//! Three narrow traits ([`Consumer`], [`TransactionalProducer`], [`Admin`]) and a factory ([`Broker`]). Everything above
//! this room (tasks, threads, the simulator) knows only these. [`memory`] is an implementation in one process: partitions,
//! offsets, `read_committed` with a last stable offset, fencing by epoch and by generation, compaction, retention. It speaks no
//! wire protocol and is no cluster. `kafka`, a feature of that name, is the implementation on a real one. The conformance suite
//! holds both to the same promises.
//!
//! Every call returns at once or after a bounded wait; nothing here is async, because one OS thread owns one consumer and
//! one producer and no future may sit in the path of a record.

#[cfg(any(test, feature = "testing"))]
pub mod conformance;
mod error;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod memory;
mod record;

pub use error::{BrokerError, ErrorKind};
pub use record::{ConsumerRecord, Header, Headers, ProducerRecord, TopicPartition};

use crate::partition::Partition;

/// A position in a partition. Offsets grow by at least one per record; markers and compaction leave gaps.
pub type Offset = i64;

/// Makes clients. One value stands for one cluster; clones are cheap and share it.
pub trait Broker: Clone + Send + 'static {
    /// The consumers of this broker.
    type Consumer: Consumer;
    /// The producers of this broker.
    type Producer: TransactionalProducer;
    /// The administration of this broker.
    type Admin: Admin;

    /// A member of a consumer group, `read_committed`, that takes part in rebalances once it has subscribed.
    fn consumer(&self, config: &ConsumerConfig) -> Result<Self::Consumer, BrokerError>;
    /// A consumer without a group, `read_committed`: for restores and global tables.
    fn reader(&self) -> Result<Self::Consumer, BrokerError>;
    /// A transactional producer; [`TransactionalProducer::init_transactions`] comes first.
    fn producer(&self, config: &ProducerConfig) -> Result<Self::Producer, BrokerError>;
    /// The same without transactions, for at least once: its records count as soon as they are written. `begin` and `commit` are
    /// only marks, `abort` takes nothing back, and offsets go through [`Consumer::commit_offsets`]. Nobody is fenced.
    fn plain_producer(&self, config: &ProducerConfig) -> Result<Self::Producer, BrokerError>;
    /// The administration of topics.
    fn admin(&self) -> Result<Self::Admin, BrokerError>;
}

/// What a group member is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerConfig {
    /// The group; the application id.
    pub group: String,
    /// A name for the member, for logs.
    pub client: String,
    /// Static membership (KIP-345): a restart within the session time-out keeps the member's partitions. One per consumer.
    pub group_instance: Option<String>,
    /// Without a poll or heartbeat for longer than this, the member is out.
    pub session_timeout_ms: u64,
    /// Without a poll for longer than this, the member is out though it heartbeats.
    pub max_poll_interval_ms: u64,
}

/// What a transactional producer is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducerConfig {
    /// Names the writer across restarts; `init_transactions` fences older producers of the same name.
    pub transactional_id: String,
    /// The broker aborts a transaction that is open for longer.
    pub transaction_timeout_ms: u64,
}

/// What happened to a member's share of the group's lead topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupEvent {
    /// These came to us, in addition to what we have. May be empty.
    Assigned(Vec<TopicPartition>),
    /// These must go: commit them, then [`Consumer::release`]; the group hands them on only after that.
    Revoked(Vec<TopicPartition>),
    /// These are gone already and may be processed by another: commit nothing, drop their state.
    Lost(Vec<TopicPartition>),
}

/// Where a partition ends, as looked up on the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// The first offset that still exists.
    pub log_start: Offset,
    /// Everything before this is decided: what a `read_committed` consumer can reach.
    pub last_stable: Offset,
    /// One past the last record, open transactions included.
    pub high_watermark: Offset,
}

/// A group's identity of a member at one moment; what offsets are committed under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMetadata {
    /// The group.
    pub group: String,
    /// Grows with each rebalance. A commit under an older one is refused.
    pub generation: i32,
    /// The member's id as the coordinator gave it.
    pub member: String,
}

/// Reads partitions under `read_committed`.
///
/// The group's list and the list that is fetched are apart, as in librdkafka: a member subscribes to LEAD topics, learns of
/// its share by [`GroupEvent`]s, and assigns itself, when it is ready, whatever partitions follow from that share.
pub trait Consumer: Send {
    /// Joins the group for these topics. Cooperative and sticky: members keep what they have where balance allows.
    fn subscribe(&mut self, topics: &[&str]) -> Result<(), BrokerError>;
    /// Serves the group (heartbeats, rebalances) and returns the next event, if there is one. Call it often:
    /// it is what keeps the member alive.
    fn poll_group(&mut self) -> Result<Option<GroupEvent>, BrokerError>;
    /// Gives revoked lead partitions up. They are handed to another member from now on.
    fn release(&mut self, partitions: &[TopicPartition]) -> Result<(), BrokerError>;
    /// Leaves the group at once, a static member too: its partitions go to the others. One that is dropped instead stops, and
    /// a static one then keeps its place until the session time-out.
    fn leave(&mut self) -> Result<(), BrokerError>;
    /// The member's identity now. Refused before the member has joined.
    fn group_metadata(&self) -> Result<GroupMetadata, BrokerError>;
    /// The group's committed offsets, stable: `UnstableOffsets` (retriable) while a transaction that holds offsets of one of
    /// the partitions is undecided. `None` where the group has none.
    fn committed(&mut self, partitions: &[TopicPartition]) -> Result<Vec<Option<Offset>>, BrokerError>;
    /// Commits the next offsets to read, outside any transaction; they count at once. Fenced by generation, and to be called by
    /// the member itself: `group` is what it was when the caller decided.
    fn commit_offsets(
        &mut self,
        offsets: &[(TopicPartition, Offset)],
        group: &GroupMetadata,
    ) -> Result<(), BrokerError>;

    /// Adds partitions to what is fetched, each from this offset.
    fn assign(&mut self, partitions: &[(TopicPartition, Offset)]) -> Result<(), BrokerError>;
    /// Takes partitions out of what is fetched.
    fn unassign(&mut self, partitions: &[TopicPartition]) -> Result<(), BrokerError>;
    /// Goes on from this offset in an assigned partition; what was fetched ahead is thrown away.
    fn seek(&mut self, partition: &TopicPartition, offset: Offset) -> Result<(), BrokerError>;
    /// Appends at most `max` next records of an assigned partition and returns how many. Never waits. Not calling it is
    /// the back-pressure. `OffsetOutOfRange` where the position lies below the log's start.
    fn fetch(
        &mut self,
        partition: &TopicPartition,
        max: usize,
        into: &mut Vec<ConsumerRecord>,
    ) -> Result<usize, BrokerError>;
    /// The offset of the next record to fetch: behind markers and aborted records that were skipped. `None` if not assigned.
    fn position(&self, partition: &TopicPartition) -> Option<Offset>;
    /// Looks the ends up on the broker, in the order asked. Fails when the broker does not answer: an outage is not silence.
    fn ends(&mut self, partitions: &[TopicPartition]) -> Result<Vec<Ends>, BrokerError>;
    /// Blocks until something may have come in (a record, the end of a partition, an event of the group), at most for so long.
    /// For a loop that has nothing to do. May return early for no reason.
    fn wait(&mut self, max_ms: u64);
}

/// What became of one record that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// As given to [`TransactionalProducer::send`].
    pub opaque: u64,
    /// Where it lies, or nothing when it could not be written.
    pub offset: Option<Offset>,
}

/// Writes records and consumed offsets atomically.
///
/// The order of a commit is: send, deliver until nothing is in flight, `send_offsets`, `commit`. After a
/// [`ErrorKind::OutcomeUnknown`] the producer is never used again: a new one with the same id fences it and settles the matter.
pub trait TransactionalProducer: Send {
    /// Fences older producers with the same transactional id and aborts what they left open.
    fn init_transactions(&mut self) -> Result<(), BrokerError>;
    /// Opens a transaction. Begin lazily, with the first record or offset.
    fn begin(&mut self) -> Result<(), BrokerError>;
    /// Sends one record, to the partition that it names. The record may be copied; the call does not wait.
    fn send(&mut self, record: &ProducerRecord<'_>, opaque: u64) -> Result<(), BrokerError>;
    /// Hands over what is known of records sent, and returns how many are still in flight.
    fn deliveries(&mut self, report: &mut dyn FnMut(Delivery)) -> Result<usize, BrokerError>;
    /// Makes the next offsets to read part of the transaction. Fenced by generation.
    fn send_offsets(&mut self, offsets: &[(TopicPartition, Offset)], group: &GroupMetadata) -> Result<(), BrokerError>;
    /// Commits.
    fn commit(&mut self) -> Result<(), BrokerError>;
    /// Aborts.
    fn abort(&mut self) -> Result<(), BrokerError>;
    /// Blocks until something may have been delivered, at most for so long. For a loop that waits for its deliveries.
    fn wait(&mut self, max_ms: u64);
}

/// What becomes of old records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleanup {
    /// Deleted by age.
    Delete,
    /// The last value of each key stays; a tombstone goes after a while.
    Compact,
    /// Both.
    CompactAndDelete,
}

/// A topic as it should be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub name: String,
    /// How many partitions.
    pub partitions: u32,
    /// What becomes of old records.
    pub cleanup: Cleanup,
    /// How long records are kept, by their timestamps; `None` = for ever.
    pub retention_ms: Option<u64>,
}

/// A topic as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicDescription {
    /// As created.
    pub spec: TopicSpec,
    /// Differs for a topic that was deleted and created again under the same name.
    pub id: u128,
    /// How long compaction keeps a tombstone for readers that are on their way.
    pub delete_retention_ms: u64,
    /// How far ahead of the broker's clock a record's timestamp may lie; `None` = as far as one likes.
    pub timestamp_after_max_ms: Option<u64>,
}

/// Looks after topics.
pub trait Admin: Send {
    /// The cluster's id.
    fn cluster_id(&self) -> Result<String, BrokerError>;
    /// Creates topics; one that exists already is left as it is.
    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), BrokerError>;
    /// The topic of this name, if there is one.
    fn describe_topic(&self, name: &str) -> Result<Option<TopicDescription>, BrokerError>;
    /// Deletes the records before these offsets.
    fn delete_records(&self, before: &[(TopicPartition, Offset)]) -> Result<(), BrokerError>;
}

/// `partition` of `topic`.
#[must_use]
pub fn topic_partition(topic: &str, partition: Partition) -> TopicPartition {
    TopicPartition::new(topic, partition)
}
