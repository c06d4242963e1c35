//! What was learned: the newest record of each key of topic `policy`, and what a decider makes of all of them together.

mod explain;
mod find;
mod table;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use domain::bandit::{ControlRow, Offsets, PolicyRow, PolicyTable};
use domain::context::InterventionKind;
use serde::Serialize;
use streams::broker::{Broker, ConsumerRecord};
use topology::wire::topics;
use topology::{PolicyRecord, read_policy};

pub use explain::{Explained, explain};
pub use find::{in_file, in_topic};
pub use table::table;

use super::reading::TopicReader;
use crate::failure::Failure;

/// Standard deviations on either side of a mean that hold 95 % of a Normal belief.
const INTERVAL_SD: f64 = 1.959_963_984_540_054;

/// All that was learned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolicyView {
    /// The newest version; 0: nothing was learned yet.
    pub version: u64,
    /// By name.
    pub contexts: Vec<ContextView>,
    /// By name of the class.
    pub controls: Vec<ControlView>,
    /// Records that deciders pass over, for they can not read them.
    pub unreadable: u64,
}

/// What was learned under one context key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContextView {
    /// The key: `phase_type_size_anomaly`.
    pub context: String,
    /// The policy's version at the last change of the key.
    pub version: u64,
    /// The time of the result that changed it, in milliseconds since the epoch.
    pub changed_ms: i64,
    /// In the order in which shares are laid side by side.
    pub arms: Vec<ArmView>,
}

/// The belief about one arm under one key, after back-off to what the whole fleet knows. A session's own offset comes on top.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmView {
    /// The arm.
    pub arm: &'static str,
    /// The expected reward.
    pub mean: f64,
    /// The standard deviation of that expectation.
    pub sd: f64,
    /// Below it lie 2.5 % of the belief.
    pub low: f64,
    /// Above it lie 2.5 % of the belief.
    pub high: f64,
    /// How many results there were.
    pub trials: u64,
    /// How many of them were a success.
    pub successes: u64,
    /// What of them still counts.
    pub n: f64,
}

/// What an anomaly of one class does by itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ControlView {
    /// The class.
    pub anomaly: &'static str,
    /// The policy's version at the last change.
    pub version: u64,
    /// The time of the result that changed it, in milliseconds since the epoch.
    pub changed_ms: i64,
    /// The mean change without an intervention.
    pub mean: f64,
    /// How many held-out episodes still count.
    pub n: f64,
}

/// The newest record of each key.
#[derive(Debug, Default)]
struct Newest {
    table: PolicyTable,
    contexts: BTreeMap<String, (PolicyRow, i64)>,
    controls: BTreeMap<&'static str, (ControlRow, i64)>,
    unreadable: u64,
}

/// Reads topic `policy` to its end.
///
/// # Errors
/// There is no such topic, or the cluster does not answer.
pub fn read(broker: &impl Broker) -> Result<PolicyView, Failure> {
    let mut reader = TopicReader::open(broker, topics::POLICY)?;
    let mut newest = Newest::default();
    for span in reader.partitions().to_vec() {
        reader.read(&span, span.start, |record| {
            newest.take(record);
            ControlFlow::Continue(())
        })?;
    }
    Ok(newest.view())
}

impl Newest {
    fn take(&mut self, record: &ConsumerRecord) {
        let read = read_policy(record.key.as_deref().unwrap_or_default(), record.value.as_deref());
        match read {
            Ok(Some(PolicyRecord::Arms(row))) => {
                self.table.update(row);
                let held = self.contexts.entry(row.key.to_string()).or_insert((row, record.timestamp_ms));
                if row.version >= held.0.version {
                    *held = (row, record.timestamp_ms);
                }
            }
            Ok(Some(PolicyRecord::Control(row))) => {
                self.table.update_control(row);
                let held = self.controls.entry(row.anomaly.name()).or_insert((row, record.timestamp_ms));
                if row.version >= held.0.version {
                    *held = (row, record.timestamp_ms);
                }
            }
            Ok(None) => {}
            Err(_) => self.unreadable += 1,
        }
    }

    fn view(&self) -> PolicyView {
        let contexts = self.contexts.iter().map(|(name, (row, changed_ms))| ContextView {
            context: name.clone(),
            version: row.version,
            changed_ms: *changed_ms,
            arms: self.arms(row),
        });
        let controls = self.controls.iter().map(|(name, (row, changed_ms))| ControlView {
            anomaly: name,
            version: row.version,
            changed_ms: *changed_ms,
            mean: row.mean,
            n: row.n,
        });
        PolicyView {
            version: self.table.version(),
            contexts: contexts.collect(),
            controls: controls.collect(),
            unreadable: self.unreadable,
        }
    }

    fn arms(&self, row: &PolicyRow) -> Vec<ArmView> {
        let block = self.table.block(&row.key, InterventionKind::ALL, &Offsets::default(), 0, 0);
        let arm = |(kind, belief): (InterventionKind, domain::bandit::Belief)| {
            let sums = row.arm(kind);
            ArmView {
                arm: kind.name(),
                mean: belief.mean,
                sd: belief.sd,
                low: belief.mean - INTERVAL_SD * belief.sd,
                high: belief.mean + INTERVAL_SD * belief.sd,
                trials: sums.successes.saturating_add(sums.failures),
                successes: sums.successes,
                n: sums.n,
            }
        };
        block.beliefs().map(arm).collect()
    }
}

impl PolicyView {
    /// Only the contexts and controls in whose name this stands.
    #[must_use]
    pub fn only(mut self, part: &str) -> Self {
        self.contexts.retain(|context| context.context.contains(part));
        self.controls.retain(|control| control.anomaly.contains(part));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(offset: i64, key: &str, value: &str) -> ConsumerRecord {
        ConsumerRecord {
            offset,
            timestamp_ms: 1_700_000_000_000 + offset * 60_000,
            key: Some(key.as_bytes().to_vec().into()),
            value: Some(value.as_bytes().to_vec().into()),
            headers: Vec::new(),
        }
    }

    fn arms(version: u32, successes: u32) -> String {
        format!(
            r#"{{"version":{version},"arms":[{{"arm":"POLL","n":10.0,"sum":1.0,"sum_squares":0.3,"successes":{successes},"failures":3}}]}}"#
        )
    }

    /// What the golden text and the golden JSON show.
    pub(super) fn view() -> PolicyView {
        let mut newest = Newest::default();
        let context = "middle_workshop_medium_SUDDEN_DROP";
        newest.take(&record(0, context, &arms(1, 2)));
        newest.take(&record(1, "closing_panel_large_MASS_EXIT", &arms(2, 1)));
        newest.take(&record(2, "control_SUDDEN_DROP", r#"{"version":3,"arms":[],"mean":0.0712,"n":4.0}"#));
        newest.take(&record(3, context, &arms(4, 7)));
        newest.take(&record(4, "nonsense", "{}"));
        newest.view()
    }

    #[test]
    fn the_newest_record_of_each_key_counts_and_what_can_not_be_read_is_told() {
        let view = view();
        assert_eq!((view.version, view.unreadable), (4, 1));
        let names: Vec<&str> = view.contexts.iter().map(|context| context.context.as_str()).collect();
        assert_eq!(names, ["closing_panel_large_MASS_EXIT", "middle_workshop_medium_SUDDEN_DROP"]);
        let poll = &view.contexts[1].arms[0];
        assert_eq!((poll.arm, poll.trials, poll.successes, view.contexts[1].version), ("POLL", 10, 7, 4));
        assert!(poll.low < poll.mean && poll.mean < poll.high && poll.mean > 0.05, "{poll:?}");
        assert_eq!(view.contexts[1].arms.len(), 4, "an arm that nobody tried is believed in, too");
        let only = view.only("MASS_EXIT");
        assert_eq!((only.contexts.len(), only.controls.len()), (1, 0));
    }
}
