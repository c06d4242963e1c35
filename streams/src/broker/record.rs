//! Records on their way in and out.

use core::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::Offset;
use crate::partition::Partition;

/// A partition of a topic. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: Arc<str>,
    /// The partition's number.
    pub partition: Partition,
}

impl TopicPartition {
    /// `partition` of `topic`.
    #[must_use]
    pub fn new(topic: impl Into<Arc<str>>, partition: Partition) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// A header's name and value.
pub type Header = (Arc<str>, Bytes);

/// Headers in the order written. Empty costs nothing.
pub type Headers = Vec<Header>;

/// A record as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerRecord {
    /// Its place.
    pub offset: Offset,
    /// The producer's timestamp, in milliseconds since the epoch.
    pub timestamp_ms: i64,
    /// The key.
    pub key: Option<Bytes>,
    /// The value; `None` is a tombstone.
    pub value: Option<Bytes>,
    /// The headers.
    pub headers: Headers,
}

/// A record to write, borrowed from whoever made it.
#[derive(Debug, Clone, Copy)]
pub struct ProducerRecord<'a> {
    /// The topic, in the form that the client looks up fastest.
    pub topic: &'a Arc<str>,
    /// The partition: the engine always chooses it itself (murmur2, as Java's clients do).
    pub partition: Partition,
    /// In milliseconds since the epoch.
    pub timestamp_ms: i64,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers.
    pub headers: &'a [Header],
}
