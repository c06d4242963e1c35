//! Between bytes and types: what sources and sinks are given, and a few plain codecs.

use crate::broker::{ConsumerRecord, Header};
use crate::record::{BoxError, Decoded, RecordTime};

/// Where a sink writes a record's bytes. Cleared before each record and used again: no allocation in the steady state.
#[derive(Debug, Clone, Default)]
pub struct SinkBuffers {
    /// The key; also what the partition is computed from.
    pub key: Vec<u8>,
    /// The value.
    pub value: Vec<u8>,
    /// The headers.
    pub headers: Vec<Header>,
    /// Send no value at all: a tombstone.
    pub tombstone: bool,
}

impl SinkBuffers {
    /// Empties the buffers and keeps their memory.
    pub fn clear(&mut self) {
        self.key.clear();
        self.value.clear();
        self.headers.clear();
        self.tombstone = false;
    }
}

/// Decodes key and value as UTF-8 text; the time is the record's timestamp. For examples and tests.
///
/// # Errors
/// Bytes that are no text.
pub fn decode_text(record: &ConsumerRecord) -> Result<Decoded<String, String>, BoxError> {
    let text = |bytes: Option<&[u8]>| core::str::from_utf8(bytes.unwrap_or_default()).map(str::to_owned);
    Ok(Decoded {
        key: text(record.key.as_deref())?,
        value: text(record.value.as_deref())?,
        time: RecordTime::Event(record.timestamp_ms),
    })
}

/// Encodes key and value as UTF-8 text. For examples and tests.
///
/// # Errors
/// None.
pub fn encode_text(key: &String, value: &String, into: &mut SinkBuffers) -> Result<(), BoxError> {
    into.key.extend_from_slice(key.as_bytes());
    into.value.extend_from_slice(value.as_bytes());
    Ok(())
}
