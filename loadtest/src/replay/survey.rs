//! A first look at the logs, before anything is sent: which topics, from when to when, and what is no record.

use std::collections::BTreeMap;
use std::path::PathBuf;

use topology::event_log::{EventLogReader, LogError};
use topology::wire::topics;

use crate::error::Error;
use crate::interrupt::Interrupt;

/// So many broken lines are told one by one; the rest is counted.
const TOLD_MAX: usize = 20;

/// What the logs hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// The inputs of the stream that have records.
    pub(super) topics: BTreeMap<&'static str, Found>,
    /// The lowest timestamp and the highest, of those.
    pub(super) span_ms: Option<(i64, i64)>,
    /// Records of other topics: the stream does not read them.
    pub(super) others: u64,
    /// Lines that are no records.
    pub(super) broken: Broken,
}

/// What the logs hold of one topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// How many records.
    pub(super) records: u64,
    /// The lowest timestamp.
    pub(super) oldest_ms: i64,
    /// The highest.
    pub(super) newest_ms: i64,
}

/// Lines that are no records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Broken {
    /// The first ones: file, line, what is wrong.
    pub told: Vec<String>,
    /// How many in all.
    pub count: u64,
}

impl Survey {
    /// Reads the logs from end to end, or until somebody asks for an end.
    pub(super) fn of(logs: &[PathBuf], interrupt: &Interrupt) -> Result<Self, Error> {
        let mut reader = EventLogReader::open(logs)?;
        let mut survey = Self::default();
        while let Some(next) = reader.next_record() {
            match next {
                Ok(record) => survey.count(record.topic, record.timestamp_ms),
                Err(error @ LogError::Line { .. }) => survey.broken.count(&error),
                Err(error) => return Err(error.into()),
            }
            if interrupt.is_asked() {
                return Err(Error::Interrupted);
            }
        }
        Ok(survey)
    }

    /// How many records there are to send.
    pub(super) fn records(&self) -> u64 {
        self.topics.values().map(|found| found.records).sum()
    }

    fn count(&mut self, topic: &str, at_ms: i64) {
        let Some(topic) = topics::INPUTS.into_iter().find(|input| *input == topic) else {
            self.others += 1;
            return;
        };
        let found = self.topics.entry(topic).or_insert(Found { records: 0, oldest_ms: at_ms, newest_ms: at_ms });
        found.records += 1;
        found.oldest_ms = found.oldest_ms.min(at_ms);
        found.newest_ms = found.newest_ms.max(at_ms);
        let (first, last) = self.span_ms.unwrap_or((at_ms, at_ms));
        self.span_ms = Some((first.min(at_ms), last.max(at_ms)));
    }
}

impl Broken {
    fn count(&mut self, error: &LogError) {
        self.count += 1;
        if self.told.len() < TOLD_MAX {
            self.told.push(error.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(topic: &str, at_ms: i64) -> String {
        format!("{{\"topic\":\"{topic}\",\"key\":\"s\",\"timestamp_ms\":{at_ms},\"value\":{{}}}}\n")
    }

    #[test]
    fn broken_lines_are_told_by_file_and_line_and_other_topics_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("a.jsonl");
        let text = [line("chat", 7), "broken\n".into(), line("policy", 1), line("chat", 5), line("poll", 9)].concat();
        std::fs::write(&log, text + &"[]\n".repeat(30)).unwrap();
        let survey = Survey::of(std::slice::from_ref(&log), &Interrupt::default()).unwrap();
        let found = |records, oldest_ms, newest_ms| Found { records, oldest_ms, newest_ms };
        assert_eq!(survey.topics, BTreeMap::from([("chat", found(2, 5, 7)), ("poll", found(1, 9, 9))]));
        assert_eq!((survey.records(), survey.span_ms, survey.others), (3, Some((5, 9)), 1));
        assert_eq!((survey.broken.count, survey.broken.told.len()), (31, TOLD_MAX));
        assert!(survey.broken.told[0].starts_with(&format!("{}:2: not a record", log.display())), "{survey:?}");
    }

    #[test]
    fn a_log_that_is_not_there_is_wrong_usage() {
        let error = Survey::of(&["no-such.jsonl".into()], &Interrupt::default()).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{error}");
    }
}
