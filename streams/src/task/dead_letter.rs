//! Records that can not be processed, and how they are set aside: as they came, with the reason in headers that
//! KIP-1034 names.

use core::error::Error;
use core::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;

use super::TaskSettings;
use crate::broker::{ConsumerRecord, Header, Headers, ProducerRecord, TopicPartition};
use crate::partition::Partition;
use crate::record::BoxError;

/// Why a record is set aside.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It is not what the source reads.
    #[error("the record does not decode: {0}")]
    Decode(#[source] BoxError),
    /// It has no key.
    #[error("the record has no key, and the source needs one")]
    NoKey,
    /// It lies where its key does not belong.
    #[error(
        "the key belongs to partition {expected} of {partitions}, not to {found}; set partitioner=murmur2_random on the producer"
    )]
    WrongPartition {
        /// Where it belongs.
        expected: Partition,
        /// Where it lies.
        found: Partition,
        /// How many there are.
        partitions: u32,
    },
    /// Its time is far in the future.
    #[error("the record is {by_ms} ms ahead of the wall clock")]
    FarAhead {
        /// How far, in milliseconds.
        by_ms: i64,
    },
    /// A processor can not use it.
    #[error("{node}: {error}")]
    Processor {
        /// The processor.
        node: Arc<str>,
        /// What it says.
        #[source]
        error: BoxError,
    },
    /// What was made of it can not be written.
    #[error("its output can not be delivered: {reason}")]
    Undeliverable {
        /// Why.
        reason: String,
    },
}

impl Fault {
    /// What stands where Java has the exception's class.
    fn class(&self) -> &'static str {
        match self {
            Self::Decode(_) => "DecodeError",
            Self::NoKey => "NoKeyError",
            Self::WrongPartition { .. } => "WrongPartitionError",
            Self::FarAhead { .. } => "FarAheadError",
            Self::Processor { .. } => "ProcessorError",
            Self::Undeliverable { .. } => "UndeliverableError",
        }
    }

    /// The chain of causes, where Java has the stack. What an error says of its cause itself is not said again.
    fn causes(&self) -> String {
        let (mut text, mut last) = (self.to_string(), self.to_string());
        let mut cause = self.source();
        while let Some(error) = cause {
            let said = error.to_string();
            if !last.ends_with(&said) {
                // Writing to a String can not fail.
                let _ = write!(text, "\ncaused by: {said}");
            }
            (last, cause) = (said, error.source());
        }
        text
    }
}

/// A message beyond this is cut: a dead letter must itself fit.
const TEXT_BYTES_MAX: usize = 4 * 1024;
/// The record's own headers beyond this are left out.
const HEADER_BYTES_MAX: usize = 64 * 1024;

/// Where dead letters go.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    topic: Arc<str>,
    partitions: u32,
    value_bytes_max: usize,
}

impl DeadLetters {
    /// To a topic of so many partitions; a longer value is cut.
    #[must_use]
    pub fn new(topic: Arc<str>, partitions: u32, value_bytes_max: usize) -> Self {
        Self { topic, partitions: partitions.max(1), value_bytes_max }
    }

    /// To a topic of which the settings know.
    pub(crate) fn of(topic: Arc<str>, settings: &TaskSettings) -> Self {
        let partitions = settings.partitions.get(&topic).copied().unwrap_or(1);
        Self::new(topic, partitions, settings.dead_letter_bytes_max)
    }

    /// Makes the dead letter of `record` and hands it to `send`. Its partition is that of the record, as far as there are so many.
    pub fn write<T>(
        &self,
        record: &ConsumerRecord,
        from: &TopicPartition,
        fault: &Fault,
        send: impl FnOnce(&ProducerRecord<'_>) -> T,
    ) -> T {
        let mut headers = own_headers(record);
        headers.extend([
            header("exception", fault.class()),
            header("stacktrace", cut(&fault.causes(), TEXT_BYTES_MAX)),
            header("message", cut(&fault.to_string(), TEXT_BYTES_MAX)),
            header("topic", &from.topic),
            header("partition", &from.partition.to_string()),
            header("offset", &record.offset.to_string()),
        ]);
        let value = record.value.as_deref();
        let whole = value.map_or(0, <[u8]>::len);
        if whole > self.value_bytes_max {
            headers.push(header("original.size", &whole.to_string()));
        }
        send(&ProducerRecord {
            topic: &self.topic,
            partition: from.partition % self.partitions,
            timestamp_ms: record.timestamp_ms,
            key: record.key.as_deref(),
            value: value.map(|value| value.get(..self.value_bytes_max).unwrap_or(value)),
            headers: &headers,
        })
    }
}

fn header(name: &str, value: &str) -> Header {
    (format!("__streams.errors.{name}").into(), Bytes::copy_from_slice(value.as_bytes()))
}

fn own_headers(record: &ConsumerRecord) -> Headers {
    let mut bytes = 0;
    let fits = record.headers.iter().take_while(|(name, value)| {
        bytes += name.len() + value.len();
        bytes <= HEADER_BYTES_MAX
    });
    fits.cloned().collect()
}

/// The first `max` bytes of `text`, or a few less where a character would be torn.
fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or(text)
}
