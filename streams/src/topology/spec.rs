//! What the parts of a graph are declared with.

use core::fmt;
use core::marker::PhantomData;
use std::sync::Arc;

use crate::broker::{Cleanup, ConsumerRecord};
use crate::global::GlobalId;
use crate::record::{BoxError, Decoded};

/// A way from a source or processor to whatever reads it, with the types that travel on it.
pub struct Edge<K, V> {
    pub(crate) id: EdgeId,
    pub(crate) types: PhantomData<fn(K, V)>,
}

impl<K, V> Edge<K, V> {
    /// The same edge without its types, for [`ProcessorSpec::forwards`].
    #[must_use]
    pub fn id(self) -> EdgeId {
        self.id
    }
}

impl<K, V> Clone for Edge<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Edge<K, V> {}

impl<K, V> fmt::Debug for Edge<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Edge({})", self.id.0)
    }
}

/// Names an edge without its types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EdgeId(pub(crate) usize);

/// Names a store of a topology.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreHandle(pub(crate) usize);

/// A topic, the user's or the application's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicName {
    /// A topic that exists under exactly this name.
    External(Arc<str>),
    /// The application's own repartition topic; `<application>-` is put before it.
    Repartition(Arc<str>),
}

impl TopicName {
    /// The name as declared, as Kafka Streams prints it.
    #[must_use]
    pub fn declared(&self) -> &Arc<str> {
        match self {
            Self::External(name) | Self::Repartition(name) => name,
        }
    }

    /// The name on the cluster.
    #[must_use]
    pub fn full(&self, application_id: &str) -> Arc<str> {
        match self {
            Self::External(name) => Arc::clone(name),
            Self::Repartition(name) => format!("{application_id}-{name}").into(),
        }
    }
}

impl From<&str> for TopicName {
    fn from(name: &str) -> Self {
        Self::External(name.into())
    }
}

impl From<&TopicName> for TopicName {
    fn from(name: &TopicName) -> Self {
        name.clone()
    }
}

pub(crate) type Decode<K, V> = Arc<dyn Fn(&ConsumerRecord) -> Result<Decoded<K, V>, BoxError> + Send + Sync>;

/// A source as it is declared.
pub struct SourceSpec<K, V> {
    pub(crate) name: Arc<str>,
    pub(crate) topic: TopicName,
    pub(crate) decode: Decode<K, V>,
    pub(crate) lead: bool,
    pub(crate) late_after_ms: Option<i64>,
    pub(crate) check_partition: bool,
    pub(crate) key_required: bool,
}

impl<K, V> SourceSpec<K, V> {
    /// Reads `topic`. Nothing is late, the partition is not checked, a key is required.
    pub fn new(
        name: &str,
        topic: impl Into<TopicName>,
        decode: impl Fn(&ConsumerRecord) -> Result<Decoded<K, V>, BoxError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            topic: topic.into(),
            decode: Arc::new(decode),
            lead: false,
            late_after_ms: None,
            check_partition: false,
            key_required: true,
        }
    }

    /// The topic by whose partitions the group shares out the tasks. Without any, it is the first source.
    #[must_use]
    pub fn lead(mut self) -> Self {
        self.lead = true;
        self
    }

    /// A record older than stream time less this is late: counted and dropped. Control records are never late.
    #[must_use]
    pub fn late_after_ms(mut self, late_after_ms: i64) -> Self {
        self.late_after_ms = Some(late_after_ms);
        self
    }

    /// Whether a record must lie in the partition that murmur2 of its key names; if not there, it is a dead letter.
    #[must_use]
    pub fn check_partition(mut self, check: bool) -> Self {
        self.check_partition = check;
        self
    }

    /// Whether a record without a key is a dead letter.
    #[must_use]
    pub fn key_required(mut self, required: bool) -> Self {
        self.key_required = required;
        self
    }
}

impl<K, V> fmt::Debug for SourceSpec<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceSpec").field("name", &self.name).field("topic", &self.topic).finish_non_exhaustive()
    }
}

/// What a processor may touch.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessorSpec<'a> {
    /// Its stores. Processors that share one are in the same sub-topology.
    pub stores: &'a [StoreHandle],
    /// The edges it may forward to.
    pub forwards: &'a [EdgeId],
    /// The global tables it reads.
    pub globals: &'a [GlobalId],
}

/// An input of a sub-topology.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputSpec {
    /// The source's name.
    pub source: Arc<str>,
    /// The topic's name on the cluster.
    pub topic: Arc<str>,
    /// Whether its partitions are what the group shares out.
    pub lead: bool,
    /// See [`SourceSpec::late_after_ms`].
    pub late_after_ms: Option<i64>,
    /// See [`SourceSpec::check_partition`].
    pub check_partition: bool,
    /// See [`SourceSpec::key_required`].
    pub key_required: bool,
    /// Whether it is the application's own repartition topic, whose records are deleted once committed.
    pub repartition: bool,
}

/// An output of a sub-topology.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkSpec {
    /// The sink's name.
    pub name: Arc<str>,
    /// The topic's name on the cluster.
    pub topic: Arc<str>,
}

/// A global table of a topology.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobalSpec {
    /// The source's name.
    pub source: Arc<str>,
    /// The topic's name on the cluster.
    pub topic: Arc<str>,
    /// The table's name.
    pub table: Arc<str>,
}

/// What an internal topic is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InternalTopicKind {
    /// Rebuilds a store of this sub-topology; as many partitions as the sub-topology has tasks.
    Changelog {
        /// The sub-topology.
        sub_topology: u32,
    },
    /// Leads from one sub-topology to another; `None` = as many partitions as the lead topic of the sub-topology that writes.
    Repartition {
        /// The sub-topology that writes.
        sub_topology: u32,
        /// How many partitions.
        partitions: Option<u32>,
    },
    /// The dead letters of all tasks.
    DeadLetters,
}

/// A topic that the application creates for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InternalTopic {
    /// Its name on the cluster.
    pub name: Arc<str>,
    /// What it is for.
    pub kind: InternalTopicKind,
    /// What becomes of old records.
    pub cleanup: Cleanup,
    /// How long they are kept; `None` = for ever.
    pub retention_ms: Option<u64>,
}
