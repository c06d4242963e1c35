//! One record of a topic as a line of an event log: text, whatever it was on the wire.
//!
//! What the stream would set aside is set aside by a backtest of the log, too: a value that does not decode is kept as it is, if it
//! is JSON, and as a JSON string of its bytes otherwise. The reason of such a dead letter may differ; that it is one does not.

use serde_json::value::RawValue;
use streams::broker::ConsumerRecord;
use streams::partition::partition_of;
use topology::codec::{self, Coded, Format};
use topology::wire::{
    Baselines, Chat, EngagementScore, InterventionCommand, InterventionFeedback, InterventionResult, Policy, Poll,
    Presence, Reaction, Session, topics,
};

/// A record, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// What decides its turn: its timestamp, or at once for what the stream sets aside, as the stream does.
    pub(super) turn_ms: i64,
    pub(super) timestamp_ms: i64,
    pub(super) key: Option<String>,
    /// JSON; `None` is a tombstone.
    pub(super) value: Option<Vec<u8>>,
    pub(super) fault: Option<Fault>,
}

/// Why the stream sets a record aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// There is no value, or none that belongs on the topic.
    Value,
    /// The key is missing, empty, or no text.
    Key,
    /// It lies in another partition than that of its key.
    Partition,
}

/// Makes lines of the records of one partition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    partition: u32,
    partitions: u32,
    is_input: bool,
    translate: Option<Translate>,
}

/// A value in JSON, if it decodes.
type Translate = fn(&[u8]) -> Option<Vec<u8>>;

impl Lines {
    /// Of `partition` of a topic that has so many.
    pub(super) fn of(topic: &str, partition: u32, partitions: u32) -> Self {
        let is_input = topics::INPUTS.contains(&topic);
        Self { partition, partitions, is_input, translate: translator(topic) }
    }

    pub(super) fn line(&self, record: &ConsumerRecord) -> Line {
        let key = record.key.as_deref().and_then(|key| std::str::from_utf8(key).ok()).map(str::to_owned);
        let bytes = record.value.as_deref();
        let decoded = bytes.and_then(|bytes| self.translate.map_or_else(|| json(bytes), |translate| translate(bytes)));
        let fault = self.fault(key.as_deref(), record.key.is_some(), bytes.is_some(), decoded.is_some());
        let value = match fault {
            // The backtest puts it where it belongs: there it must not count.
            Some(Fault::Partition) => bytes.map(string),
            _ => decoded.or_else(|| bytes.map(|bytes| json(bytes).unwrap_or_else(|| string(bytes)))),
        };
        let turn_ms = if fault.is_some() { i64::MIN } else { record.timestamp_ms };
        Line { turn_ms, timestamp_ms: record.timestamp_ms, key, value, fault }
    }

    /// Only the inputs have rules; what else is recorded may have any key, and tombstones.
    fn fault(&self, key: Option<&str>, has_key: bool, has_value: bool, is_decoded: bool) -> Option<Fault> {
        if key.is_none_or(str::is_empty) && (self.is_input || (has_key && key.is_none())) {
            return Some(Fault::Key);
        }
        let is_elsewhere = key.is_some_and(|key| partition_of(key.as_bytes(), self.partitions) != self.partition);
        if self.is_input && is_elsewhere {
            return Some(Fault::Partition);
        }
        (!is_decoded && (has_value || self.is_input)).then_some(Fault::Value)
    }
}

fn translator(topic: &str) -> Option<Translate> {
    Some(match topic {
        topics::CHAT => translate::<Chat>,
        topics::POLL => translate::<Poll>,
        topics::PRESENCE => translate::<Presence>,
        topics::REACTION => translate::<Reaction>,
        topics::SESSION => translate::<Session>,
        topics::INTERVENTION_FEEDBACK => translate::<InterventionFeedback>,
        topics::ENGAGEMENT_SCORES => translate::<EngagementScore>,
        topics::INTERVENTION_COMMANDS => translate::<InterventionCommand>,
        topics::INTERVENTION_RESULTS => translate::<InterventionResult>,
        topics::POLICY => translate::<Policy>,
        topics::BASELINES => translate::<Baselines>,
        _ => return None,
    })
}

fn translate<T: Coded>(bytes: &[u8]) -> Option<Vec<u8>> {
    let value: T = codec::decode(bytes).ok()?;
    // What was JSON keeps every byte, unknown fields included.
    json(bytes).or_else(|| {
        let mut text = Vec::new();
        codec::encode(&value, Format::Json, &mut text).ok()?;
        Some(text)
    })
}

/// The bytes, if they are JSON and no `null`: that would be a tombstone in a log.
fn json(bytes: &[u8]) -> Option<Vec<u8>> {
    let text: &RawValue = serde_json::from_slice(bytes).ok()?;
    (text.get() != "null").then(|| bytes.to_vec())
}

/// A JSON string with one character for each byte, so that none is lost.
fn string(bytes: &[u8]) -> Vec<u8> {
    let text: String = bytes.iter().copied().map(char::from).collect();
    // A string is JSON always.
    serde_json::to_vec(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HI: &[u8] = br#"{"kind":"message","user":"u-7","text":"hi","new":1}"#;

    fn line(topic: &str, key: Option<&[u8]>, value: Option<&[u8]>) -> Line {
        let partition = partition_of(key.unwrap_or_default(), 4);
        let copied = |bytes: Option<&[u8]>| bytes.map(|bytes| bytes.to_vec().into());
        let (key, value) = (copied(key), copied(value));
        let record = ConsumerRecord { offset: 0, timestamp_ms: 5, key, value, headers: Vec::new() };
        Lines::of(topic, partition, 4).line(&record)
    }

    #[test]
    fn a_value_becomes_json_whatever_it_was() {
        let plain = line(topics::CHAT, Some(b"s"), Some(HI));
        assert_eq!((plain.value.as_deref(), plain.fault, plain.turn_ms), (Some(HI), None, 5));
        let mut avro = Vec::new();
        codec::encode(&codec::decode::<Chat>(HI).unwrap(), Format::Avro, &mut avro).unwrap();
        let decoded = line(topics::CHAT, Some(b"s"), Some(&avro));
        assert_eq!(decoded.value.as_deref(), Some(&br#"{"kind":"message","user":"u-7","text":"hi"}"#[..]));
        assert_eq!(decoded.fault, None);
    }

    #[test]
    fn what_does_not_decode_stays_what_does_not_decode() {
        let dead: [&[u8]; 7] = [
            b"",
            b"null",
            b"[1]",
            b"\xC3\x01\xFF",
            b"\x00\x00\x00\x00\x07x",
            br#"{"kind":"cough"}"#,
            b"{\"kind\":\xFF}",
        ];
        for bytes in dead {
            let line = line(topics::CHAT, Some(b"s"), Some(bytes));
            assert_eq!((line.fault, line.turn_ms), (Some(Fault::Value), i64::MIN), "{bytes:?}");
            let kept = line.value.unwrap();
            let text = serde_json::from_slice::<&RawValue>(&kept).unwrap().get();
            assert_ne!(text, "null", "{bytes:?}: that would be a tombstone");
            assert!(codec::decode::<Chat>(&kept).is_err(), "{bytes:?}");
        }
        assert_eq!(line(topics::CHAT, Some(b"s"), None).fault, Some(Fault::Value));
        assert_eq!(line(topics::POLICY, Some(b"s"), None).fault, None);
    }

    #[test]
    fn a_key_that_is_no_text_is_dropped_and_told() {
        for key in [None, Some(&b""[..]), Some(&b"\xFF"[..])] {
            assert_eq!(line(topics::CHAT, key, Some(HI)).fault, Some(Fault::Key), "{key:?}");
        }
        assert_eq!(line("other", None, Some(b"{}")).fault, None);
    }

    #[test]
    fn a_record_of_another_partition_does_not_count_where_the_backtest_puts_it() {
        let record = ConsumerRecord {
            offset: 0,
            timestamp_ms: 5,
            key: Some(b"s".to_vec().into()),
            value: Some(HI.to_vec().into()),
            headers: Vec::new(),
        };
        let elsewhere = (partition_of(b"s", 4) + 1) % 4;
        let line = Lines::of(topics::CHAT, elsewhere, 4).line(&record);
        assert_eq!(line.fault, Some(Fault::Partition));
        assert!(codec::decode::<Chat>(&line.value.unwrap()).is_err());
    }
}
