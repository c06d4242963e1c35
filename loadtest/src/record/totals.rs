//! What was recorded, in numbers.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde_json::json;

use super::line::{Fault, Line};
use crate::summary::{grouped, time};

/// What was recorded.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// The log.
    pub log: PathBuf,
    /// Records written, by topic.
    pub topics: BTreeMap<String, u64>,
    /// The lowest timestamp and the highest.
    pub span_ms: Option<(i64, i64)>,
    /// How long it took.
    pub ms: u64,
    /// Records with a lower timestamp than the line before: they came late.
    pub out_of_order: u64,
    /// Values that are missing, or do not decode; kept.
    pub faulty_values: u64,
    /// Keys that are missing, empty, or no text; the record is kept without one.
    pub faulty_keys: u64,
    /// Records that lie in another partition than that of their key; kept with a value that does not count.
    pub misplaced: u64,
    /// Records too long for a line; left out.
    pub too_long: u64,
    /// The timestamp of the last line.
    pub(super) last_ms: Option<i64>,
    /// Whether they are told to a machine.
    pub json: bool,
}

impl Totals {
    /// Counts a line that was written.
    pub(super) fn count(&mut self, topic: &str, line: &Line) {
        match self.topics.get_mut(topic) {
            Some(count) => *count += 1,
            None => drop(self.topics.insert(topic.to_owned(), 1)),
        }
        match line.fault {
            None => {}
            Some(Fault::Value) => self.faulty_values += 1,
            Some(Fault::Key) => self.faulty_keys += 1,
            Some(Fault::Partition) => self.misplaced += 1,
        }
        let at_ms = line.timestamp_ms;
        self.out_of_order += u64::from(self.last_ms.is_some_and(|last_ms| at_ms < last_ms));
        self.last_ms = Some(at_ms);
        let (first, last) = self.span_ms.unwrap_or((at_ms, at_ms));
        self.span_ms = Some((first.min(at_ms), last.max(at_ms)));
    }

    /// Records that were written.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.topics.values().sum()
    }

    /// What is not as it should be: how many of what.
    fn notes(&self) -> [(&'static str, u64); 5] {
        [
            ("older than the record before; a backtest takes them like the stream", self.out_of_order),
            ("values that do not decode; kept, and dead letters in a backtest", self.faulty_values),
            ("keys that are missing or no text; kept without", self.faulty_keys),
            ("in another partition than that of their key; dead letters in a backtest", self.misplaced),
            ("too long for a line of a log; left out", self.too_long),
        ]
    }

    fn to_json(&self) -> serde_json::Value {
        json!({
            "log": self.log,
            "records": self.records(),
            "seconds": self.ms as f64 / 1_000.0,
            "topics": self.topics,
            "first_ms": self.span_ms.map(|(first, _)| first),
            "last_ms": self.span_ms.map(|(_, last)| last),
            "out_of_order": self.out_of_order,
            "faulty_values": self.faulty_values,
            "faulty_keys": self.faulty_keys,
            "misplaced": self.misplaced,
            "too_long": self.too_long,
        })
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.json {
            return writeln!(f, "{}", self.to_json());
        }
        let (records, seconds) = (grouped(self.records()), self.ms as f64 / 1_000.0);
        writeln!(f, "{}: {records} records in {seconds:.1} s", self.log.display())?;
        if let Some((Ok(from), Ok(to))) = self.span_ms.map(|(first, last)| (time(first), time(last))) {
            writeln!(f, "  from {from:.0} to {to:.0}")?;
        }
        for (topic, count) in &self.topics {
            writeln!(f, "  {topic:<21} {:>12}", grouped(*count))?;
        }
        for (what, count) in self.notes().into_iter().filter(|(_, count)| *count > 0) {
            writeln!(f, "  {what}: {}", grouped(count))?;
        }
        Ok(())
    }
}
