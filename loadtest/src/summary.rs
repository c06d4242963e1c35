//! What was written, in numbers.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use domain::time::pane_start;

/// How many records a log has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// By topic.
    pub topics: BTreeMap<&'static str, u64>,
    /// The first timestamp and the last.
    pub span_ms: Option<(i64, i64)>,
    /// The most records within one tick.
    pub per_tick_max: u64,
    /// How many ticks have any record.
    pub ticks: u64,
    /// The records so far within the tick of the last one.
    in_tick: u64,
}

impl Counts {
    /// Counts one record; records come in order of time.
    pub fn add(&mut self, topic: &'static str, at_ms: i64) {
        *self.topics.entry(topic).or_default() += 1;
        let first = self.span_ms.map_or(at_ms, |(first, _)| first);
        if self.span_ms.is_none_or(|(_, last)| pane_start(last) != pane_start(at_ms)) {
            self.ticks += 1;
            self.in_tick = 0;
        }
        self.in_tick += 1;
        self.per_tick_max = self.per_tick_max.max(self.in_tick);
        self.span_ms = Some((first, at_ms));
    }

    /// All records.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.topics.values().sum()
    }

    /// Records per tick that has any, in the mean.
    #[must_use]
    pub fn per_tick_mean(&self) -> f64 {
        self.total() as f64 / self.ticks.max(1) as f64
    }
}

/// What a command did.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The log.
    pub log: PathBuf,
    /// How many sessions are in it.
    pub sessions: u64,
    /// How many records.
    pub counts: Counts,
    /// What else there is to say: how many of what.
    pub notes: Vec<(&'static str, u64)>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} records, {} sessions", self.log.display(), grouped(self.counts.total()), self.sessions)?;
        if let Some((Ok(from), Ok(to))) = self.counts.span_ms.map(|(first, last)| (time(first), time(last))) {
            writeln!(f, "  from {from:.0} to {to:.0}")?;
        }
        for (topic, count) in &self.counts.topics {
            writeln!(f, "  {topic:<10} {:>12}", grouped(*count))?;
        }
        let (mean, max) = (self.counts.per_tick_mean(), grouped(self.counts.per_tick_max));
        writeln!(f, "  per tick of 5 s that has any: {mean:.1} in the mean, {max} at most")?;
        for (what, count) in &self.notes {
            writeln!(f, "  {what}: {}", grouped(*count))?;
        }
        Ok(())
    }
}

/// In UTC.
pub(crate) fn time(at_ms: i64) -> Result<jiff::Timestamp, jiff::Error> {
    jiff::Timestamp::from_millisecond(at_ms)
}

/// With a comma every three digits.
pub(crate) fn grouped(number: u64) -> String {
    indicatif::HumanCount(number).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_counted_by_topic_and_by_tick() {
        let mut counts = Counts::default();
        for (topic, at_ms) in [("chat", 4_999), ("chat", 5_000), ("session", 9_999), ("chat", 20_000)] {
            counts.add(topic, at_ms);
        }
        assert_eq!(counts.topics, BTreeMap::from([("chat", 3), ("session", 1)]));
        assert_eq!((counts.per_tick_max, counts.per_tick_mean()), (2, 4.0 / 3.0));
        let summary = Summary { log: "a.jsonl".into(), sessions: 1, counts, notes: vec![("bots left out", 1_234_567)] };
        let expected = "a.jsonl: 4 records, 1 sessions\n  from 1970-01-01T00:00:04Z to 1970-01-01T00:00:20Z\n  \
            chat                  3\n  session               1\n  per tick of 5 s that has any: 1.3 in the mean, 2 at most\n  \
            bots left out: 1,234,567\n";
        assert_eq!(summary.to_string(), expected);
    }
}
