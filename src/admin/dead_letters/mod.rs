//! The dead letters on their topic: the newest of them, or one in full.
//!
//! A letter carries the record as it came: key, value, own headers and timestamp. Where it came from and why it was set aside
//! stands in headers that begin with `__streams.errors.`.

mod text;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::str::FromStr;

use serde::Serialize;
use streams::broker::{Broker, ConsumerRecord, Offset};

use super::reading::TopicReader;
use super::text::hex;
use crate::failure::Failure;

pub use text::{list, whole};

/// What the headers of the engine begin with.
const ENGINES: &str = "__streams.errors.";
/// A list repeats at most so much of a message.
const MESSAGE_BYTES_MAX: usize = 2_000;
/// Offsets that are looked at first for each letter that is asked for: a commit leaves a marker behind its letters.
const OFFSETS_PER_LETTER: i64 = 2;
/// How much further it is looked back each time that this was too little.
const FURTHER: i64 = 8;

/// Where a dead letter lies: `PARTITION:OFFSET`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The partition of the topic of dead letters.
    pub partition: u32,
    /// The offset there.
    pub offset: Offset,
}

/// A dead letter, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Letter {
    /// Where it lies.
    #[serde(flatten)]
    pub place: Place,
    /// The record's own time, in milliseconds since the epoch.
    pub timestamp_ms: i64,
    /// The topic that the record came on.
    pub topic: String,
    /// The partition there.
    pub from_partition: String,
    /// The offset there.
    pub from_offset: String,
    /// What kind of fault it was.
    pub exception: String,
    /// What was wrong, cut.
    pub message: String,
}

/// A dead letter in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeLetter {
    /// What a list would say of it, the message uncut.
    pub letter: Letter,
    /// The causes, one a line.
    pub causes: String,
    /// The key as it came.
    pub key: Option<Vec<u8>>,
    /// The value as it came; cut where it was too large for a letter.
    pub value: Option<Vec<u8>>,
    /// How large the value was, where it was cut.
    pub original_bytes: Option<String>,
    /// The record's own headers.
    pub headers: Vec<(String, Vec<u8>)>,
}

/// Which letters are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The newest so many.
    pub limit: usize,
    /// Of those whose time is not before this.
    pub since_ms: Option<i64>,
}

/// The newest dead letters, by time. Partitions are read from their ends back until there are enough.
///
/// # Errors
/// There is no such topic, or the cluster does not answer.
pub fn newest(broker: &impl Broker, topic: &str, wanted: Wanted) -> Result<Vec<Letter>, Failure> {
    let mut reader = TopicReader::open(broker, topic)?;
    let mut letters = BTreeMap::new();
    for span in reader.partitions().to_vec() {
        let mut reach = OFFSETS_PER_LETTER.saturating_mul(i64::try_from(wanted.limit).unwrap_or(i64::MAX)).max(1);
        loop {
            let from = span.end.saturating_sub(reach).max(span.start);
            let mut found: Vec<Letter> = Vec::new();
            reader.read(&span, from, |record| {
                if wanted.since_ms.is_none_or(|since_ms| record.timestamp_ms >= since_ms) {
                    if found.len() >= wanted.limit.saturating_mul(2) {
                        found.drain(..found.len() - wanted.limit);
                    }
                    found.push(letter(span.partition.partition, record, MESSAGE_BYTES_MAX));
                }
                ControlFlow::Continue(())
            })?;
            if found.len() >= wanted.limit || from <= span.start {
                let surplus = found.len().saturating_sub(wanted.limit);
                letters.extend(found.into_iter().skip(surplus).map(|found| ((found.timestamp_ms, found.place), found)));
                break;
            }
            reach = reach.saturating_mul(FURTHER);
        }
        while letters.len() > wanted.limit {
            letters.pop_first();
        }
    }
    Ok(letters.into_values().collect())
}

/// The dead letter at this place.
///
/// # Errors
/// Refused where there is none; failed when the cluster does not answer.
pub fn at(broker: &impl Broker, topic: &str, place: Place) -> Result<WholeLetter, Failure> {
    let mut reader = TopicReader::open(broker, topic)?;
    let nothing = || {
        Failure::refused(
            format_args!("there is no dead letter at {place} of {topic}"),
            "`conductor dlq ls` lists those that there are, each with its place",
        )
    };
    let spans = reader.partitions().to_vec();
    let span = spans.iter().find(|span| span.partition.partition == place.partition).ok_or_else(nothing)?;
    if !(span.start..span.end).contains(&place.offset) {
        return Err(nothing());
    }
    let mut found = None;
    reader.read(span, place.offset, |record| {
        if record.offset == place.offset {
            found = Some(whole_letter(place.partition, record));
        }
        ControlFlow::Break(())
    })?;
    found.ok_or_else(nothing)
}

fn letter(partition: u32, record: &ConsumerRecord, message_bytes_max: usize) -> Letter {
    let header = |name: &str| header(record, name);
    let message = header("message");
    let end = message.floor_char_boundary(message_bytes_max);
    Letter {
        place: Place { partition, offset: record.offset },
        timestamp_ms: record.timestamp_ms,
        topic: header("topic"),
        from_partition: header("partition"),
        from_offset: header("offset"),
        exception: header("exception"),
        message: message.get(..end).unwrap_or_default().to_owned(),
    }
}

impl Letter {
    /// The letter that lies in this partition of the topic of dead letters, its message cut.
    #[must_use]
    pub fn of(partition: u32, record: &ConsumerRecord) -> Self {
        letter(partition, record, MESSAGE_BYTES_MAX)
    }
}

fn whole_letter(partition: u32, record: &ConsumerRecord) -> WholeLetter {
    let original = header(record, "original.size");
    let own = record.headers.iter().filter(|(name, _)| !name.starts_with(ENGINES));
    WholeLetter {
        letter: letter(partition, record, usize::MAX),
        causes: header(record, "stacktrace"),
        key: record.key.as_ref().map(|key| key.to_vec()),
        value: record.value.as_ref().map(|value| value.to_vec()),
        original_bytes: Some(original).filter(|original| !original.is_empty()),
        headers: own.map(|(name, value)| (name.to_string(), value.to_vec())).collect(),
    }
}

/// The text of one of the engine's headers; of several of a name, the last: those before it came with the record.
fn header(record: &ConsumerRecord, name: &str) -> String {
    let mut all = record.headers.iter().rev();
    let found = all.find(|(known, _)| known.strip_prefix(ENGINES) == Some(name));
    found.map_or_else(String::new, |(_, value)| String::from_utf8_lossy(value).into_owned())
}

impl Letter {
    /// One line of JSON.
    #[must_use]
    pub fn json(&self) -> String {
        // Texts and numbers are JSON always.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}

impl WholeLetter {
    /// For machines: bytes are given as text where they are text, and as hexadecimal digits where not.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let bytes = |bytes: &Vec<u8>| match std::str::from_utf8(bytes) {
            Ok(text) => serde_json::json!({ "text": text }),
            Err(_) => serde_json::json!({ "hex": hex(bytes) }),
        };
        let headers =
            self.headers.iter().map(|(name, value)| serde_json::json!({ "name": name, "value": bytes(value) }));
        serde_json::json!({
            "letter": self.letter,
            "causes": self.causes.lines().collect::<Vec<_>>(),
            "key": self.key.as_ref().map(bytes),
            "value": self.value.as_ref().map(bytes),
            "value_bytes": self.value.as_ref().map(Vec::len),
            "original_bytes": self.original_bytes,
            "headers": headers.collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.partition, self.offset)
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let place = text.split_once(':').and_then(|(partition, offset)| {
            Some(Self {
                partition: partition.parse().ok()?,
                offset: offset.parse().ok().filter(|offset| *offset >= 0)?,
            })
        });
        place.ok_or("write it as PARTITION:OFFSET, such as 3:17, as `conductor dlq ls` does")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use streams::broker::memory::{MemoryBroker, Settings};
    use streams::broker::{Admin, Cleanup, ProducerRecord, TopicSpec};

    use super::*;
    use crate::clock::SystemClock;

    /// A letter in partition 1 for each of these times, and one without headers in partition 0.
    fn broker(times: impl Iterator<Item = i64>) -> MemoryBroker {
        let broker = MemoryBroker::new(Arc::new(SystemClock), Settings::default());
        let name = "app-dead-letters";
        let spec = TopicSpec { name: name.into(), partitions: 2, cleanup: Cleanup::Delete, retention_ms: None };
        broker.admin().unwrap().create_topics(&[spec]).unwrap();
        let topic: Arc<str> = name.into();
        let header = |name: &str, value: &str| (Arc::from(name), value.as_bytes().to_vec().into());
        let mut loader = broker.loader();
        let mut send = |partition, timestamp_ms, headers: &[streams::broker::Header]| {
            let (key, value) = (Some(b"s-1".as_slice()), Some(b"{\"kind\":\"cough\"}".as_slice()));
            loader.send(&ProducerRecord { topic: &topic, partition, timestamp_ms, key, value, headers }).unwrap();
        };
        for at in times {
            let offset = at.to_string();
            let headers = [
                header("__streams.errors.message", "forged by the sender"),
                header("mine", "yes"),
                header("__streams.errors.exception", "DecodeError"),
                header("__streams.errors.message", "unknown kind `cough`"),
                header("__streams.errors.topic", "chat"),
                header("__streams.errors.partition", "1"),
                header("__streams.errors.offset", &offset),
            ];
            send(1, at, &headers);
        }
        send(0, 5, &[]);
        loader.flush();
        broker
    }

    fn places(broker: &MemoryBroker, limit: usize, since_ms: Option<i64>) -> Vec<String> {
        let letters = newest(broker, "app-dead-letters", Wanted { limit, since_ms }).unwrap();
        letters.iter().map(|letter| letter.place.to_string()).collect()
    }

    #[test]
    fn the_newest_letters_are_listed_by_time_however_far_back_they_lie() {
        let broker = broker(0..100);
        assert_eq!(places(&broker, 3, None), ["1:97", "1:98", "1:99"]);
        let all = places(&broker, 1_000, None);
        assert_eq!((all.len(), all[5].as_str()), (101, "0:0"), "the letter of the other partition by its time");
        assert_eq!(places(&broker, 1_000, Some(98)), ["1:98", "1:99"]);
        // The last one of these is the first that was written: it is looked for back to the beginning.
        let backwards = self::broker((0..100).rev());
        assert_eq!(places(&backwards, 2, Some(98)), ["1:1", "1:0"]);
    }

    #[test]
    fn a_letter_says_where_it_came_from_and_the_senders_headers_do_not_speak_for_the_engine() {
        let broker = broker(0..3);
        let whole = at(&broker, "app-dead-letters", Place { partition: 1, offset: 2 }).unwrap();
        let Letter { topic, from_partition, from_offset, exception, message, .. } = &whole.letter;
        assert_eq!([topic, from_partition, from_offset, exception], ["chat", "1", "2", "DecodeError"]);
        assert_eq!(message, "unknown kind `cough`");
        assert_eq!(whole.headers, [("mine".to_owned(), b"yes".to_vec())]);
        assert_eq!((whole.key, whole.value), (Some(b"s-1".to_vec()), Some(b"{\"kind\":\"cough\"}".to_vec())));
        for place in ["1:3", "2:0", "0:1"] {
            let refused = at(&broker, "app-dead-letters", place.parse().unwrap()).unwrap_err();
            assert!(refused.exit_code() == 2 && refused.to_string().contains("conductor dlq ls"), "{refused}");
        }
        let nowhere = at(&broker, "other-dead-letters", Place { partition: 0, offset: 0 }).unwrap_err();
        assert!(nowhere.exit_code() == 2 && nowhere.to_string().contains("application.id"), "{nowhere}");
    }

    #[test]
    fn a_place_is_a_partition_and_an_offset() {
        assert_eq!("3:17".parse(), Ok(Place { partition: 3, offset: 17 }));
        for text in ["", "3", "3:", ":1", "-1:2", "3:-2", "3:1:2"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
