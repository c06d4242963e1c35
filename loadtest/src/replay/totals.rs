//! What a replay did, in numbers.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::json;

use super::survey::Broken;
use crate::summary::grouped;

/// What a replay did.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// Committed records, by topic.
    pub topics: BTreeMap<String, u64>,
    /// When the first record was due.
    pub started_ms: i64,
    /// How long it took, from the first record to the last commit.
    pub ms: u64,
    /// In how many transactions.
    pub transactions: u64,
    /// What was added to each timestamp.
    pub shift_ms: i64,
    /// Records of topics that the stream does not read.
    pub others: u64,
    /// Records that the cluster did not take.
    pub refused: u64,
    /// Lines that are no records.
    pub broken: Broken,
    /// Whether somebody asked for an end before the end.
    pub interrupted: bool,
    /// Whether they are told to a machine.
    pub json: bool,
}

impl Totals {
    /// Records that were sent and committed.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.topics.values().sum()
    }

    fn per_second(&self) -> u64 {
        self.records() * 1_000 / self.ms.max(1)
    }

    fn to_json(&self) -> serde_json::Value {
        json!({
            "records": self.records(),
            "started_ms": self.started_ms,
            "seconds": self.ms as f64 / 1_000.0,
            "records_per_second": self.per_second(),
            "transactions": self.transactions,
            "shift_ms": self.shift_ms,
            "topics": self.topics,
            "other_topics": self.others,
            "refused": self.refused,
            "broken_lines": self.broken.count,
            "broken": self.broken.told,
            "interrupted": self.interrupted,
        })
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.json {
            return writeln!(f, "{}", self.to_json());
        }
        if self.interrupted {
            writeln!(f, "interrupted; what was sent is committed")?;
        }
        let (records, seconds) = (grouped(self.records()), self.ms as f64 / 1_000.0);
        let (speed, transactions) = (grouped(self.per_second()), grouped(self.transactions));
        writeln!(f, "{records} records in {seconds:.1} s, {speed} a second, {transactions} transactions")?;
        for (topic, count) in &self.topics {
            writeln!(f, "  {topic:<21} {:>12}", grouped(*count))?;
        }
        if self.shift_ms != 0 {
            writeln!(f, "  all times moved by {:.0} s", self.shift_ms as f64 / 1_000.0)?;
        }
        if self.others > 0 {
            writeln!(f, "  of other topics, left out: {}", grouped(self.others))?;
        }
        if self.refused > 0 {
            let refused = grouped(self.refused);
            writeln!(f, "  refused by the cluster: {refused} (too large, or more than an hour ahead of its clock)")?;
        }
        if self.broken.count > 0 {
            writeln!(f, "  broken lines, left out: {}", grouped(self.broken.count))?;
        }
        self.broken.told.iter().try_for_each(|line| writeln!(f, "    {line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_told_to_people_and_to_machines() {
        let broken = Broken { told: vec!["a.jsonl:3: not a record".into()], count: 1 };
        let topics = BTreeMap::from([("chat".into(), 1_500), ("intervention-feedback".into(), 2)]);
        let (ms, transactions, shift_ms) = (3_004, 31, 50_000);
        let mut totals = Totals { topics, ms, transactions, shift_ms, broken, refused: 4, ..Totals::default() };
        let expect = "\
1,502 records in 3.0 s, 500 a second, 31 transactions
  chat                         1,500
  intervention-feedback            2
  all times moved by 50 s
  refused by the cluster: 4 (too large, or more than an hour ahead of its clock)
  broken lines, left out: 1
    a.jsonl:3: not a record
";
        assert_eq!(totals.to_string(), expect);
        totals.json = true;
        let told: serde_json::Value = serde_json::from_str(&totals.to_string()).unwrap();
        assert_eq!((&told["records"], &told["topics"]["chat"]), (&json!(1_502), &json!(1_500)));
    }
}
