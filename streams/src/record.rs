//! Records as processors see them: decoded, typed, with their event time.

pub use crate::broker::{ConsumerRecord, Headers};

/// Any error of user code: decoders, encoders, processors.
pub type BoxError = Box<dyn core::error::Error + Send + Sync>;

/// A key, a value and an event time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<K, V> {
    /// The key.
    pub key: K,
    /// The value.
    pub value: V,
    /// Event time in milliseconds since the epoch.
    pub timestamp_ms: i64,
}

impl<K, V> Record<K, V> {
    /// A record of `key` and `value` at `timestamp_ms`.
    #[must_use]
    pub fn new(key: K, value: V, timestamp_ms: i64) -> Self {
        Self { key, value, timestamp_ms }
    }
}

/// The time of a record, and whose clock it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordTime {
    /// Event time: moves stream time on; may be late.
    Event(i64),
    /// The time of a control record. Other people's clocks set it, so it never moves stream time and is never late.
    Control(i64),
}

impl RecordTime {
    /// Milliseconds since the epoch.
    #[must_use]
    pub fn ms(self) -> i64 {
        match self {
            Self::Event(ms) | Self::Control(ms) => ms,
        }
    }

    /// Whether a control record has it.
    #[must_use]
    pub fn is_control(self) -> bool {
        matches!(self, Self::Control(_))
    }
}

/// What a source makes of a record as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoded<K, V> {
    /// The key.
    pub key: K,
    /// The value.
    pub value: V,
    /// When it happened.
    pub time: RecordTime,
}
