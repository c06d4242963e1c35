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
pub(crate) enum Fault {
    #[error("the record does not decode: {0}")]
    Decode(#[source] BoxError),
    #[error("the record has no key, and the source needs one")]
    NoKey,
    #[error(
        "the key belongs to partition {expected} of {partitions}, not to {found}; set partitioner=murmur2_random on the producer"
    )]
    WrongPartition { expected: Partition, found: Partition, partitions: u32 },
    #[error("the record is {by_ms} ms ahead of the wall clock")]
    FarAhead { by_ms: i64 },
    #[error("{node}: {error}")]
    Processor {
        node: Arc<str>,
        #[source]
        error: BoxError,
    },
    #[error("its output can not be delivered: {reason}")]
    Undeliverable { reason: String },
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

pub(crate) struct DeadLetters {
    topic: Arc<str>,
    partition: Partition,
    value_bytes_max: usize,
}

impl DeadLetters {
    pub(crate) fn new(topic: Arc<str>, task_partition: Partition, settings: &TaskSettings) -> Self {
        let partitions = settings.partitions.get(&topic).copied().unwrap_or(1).max(1);
        Self { topic, partition: task_partition % partitions, value_bytes_max: settings.dead_letter_bytes_max }
    }

    /// Makes the dead letter of `record` and hands it to `send`.
    pub(crate) fn write<T>(
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
            partition: self.partition,
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
