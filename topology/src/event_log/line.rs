//! One line of an event log.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::error::LineError;
use crate::wire::cut;

/// One record of an event log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogRecord<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The key; on most topics the session.
    pub key: Option<&'a str>,
    /// In milliseconds since the epoch.
    pub timestamp_ms: i64,
    /// The value as JSON text; absent: a tombstone.
    pub value: Option<&'a [u8]>,
}

/// Where in a line the parts of its record are. A merge parses a line long before it lends the record.
pub(super) struct Parsed {
    pub(super) timestamp_ms: i64,
    topic: Part,
    key: Option<Part>,
    value: Option<Range<usize>>,
}

/// A string of a line: as it stands there, or without its escapes.
enum Part {
    Within(Range<usize>),
    Unescaped(String),
}

impl Parsed {
    pub(super) fn of(line: &[u8]) -> Result<Self, LineError> {
        let parsed: Line<'_> =
            serde_json::from_slice(line).map_err(|error| LineError::Record(cut(&error.to_string()).to_owned()))?;
        Ok(Self {
            timestamp_ms: parsed.timestamp_ms,
            topic: Part::of(parsed.topic.0, line),
            key: parsed.key.map(|key| Part::of(key.0, line)),
            value: match parsed.value.get() {
                "null" => None,
                json => Some(place(json, line)),
            },
        })
    }

    /// The record, borrowed from the line that was parsed.
    pub(super) fn record<'a>(&'a self, line: &'a [u8]) -> LogRecord<'a> {
        LogRecord {
            topic: self.topic.text(line),
            key: self.key.as_ref().map(|key| key.text(line)),
            timestamp_ms: self.timestamp_ms,
            value: self.value.clone().and_then(|value| line.get(value)),
        }
    }
}

impl Part {
    fn of(text: Cow<'_, str>, line: &[u8]) -> Self {
        match text {
            Cow::Borrowed(text) => Self::Within(place(text, line)),
            Cow::Owned(text) => Self::Unescaped(text),
        }
    }

    fn text<'a>(&'a self, line: &'a [u8]) -> &'a str {
        match self {
            Self::Unescaped(text) => text,
            // It was UTF-8 when it was parsed, and the line has not changed since.
            Self::Within(range) => {
                line.get(range.clone()).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
            }
        }
    }
}

/// Where a text that was borrowed from a line stands in it.
fn place(text: &str, line: &[u8]) -> Range<usize> {
    let start = text.as_ptr().addr().wrapping_sub(line.as_ptr().addr());
    start..start.wrapping_add(text.len())
}

/// A line as it is written. `value` must be there, even if it is `null`: a line without one was cut short.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    topic: Text<'a>,
    #[serde(borrow, default)]
    key: Option<Text<'a>>,
    timestamp_ms: i64,
    #[serde(borrow)]
    value: &'a RawValue,
}

/// A string that borrows from the line wherever it holds no escapes; serde's own `Option<Cow>` never borrows.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}
