//! Markers on their way: the work that follows a decision, one partition at a time and in any order.

use std::sync::Arc;

use super::Cluster;
use super::log::{Epoch, Outcome, ProducerId};
use super::topic::LogIndex;

/// The partition that a marker goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A partition with data.
    Log(LogIndex),
    /// A group's offsets.
    Group(String),
}

/// The end of a transaction, on its way to one partition.
#[derive(Debug, Clone)]
pub(super) struct Marker {
    pub(super) transactional_id: Arc<str>,
    pub(super) producer: ProducerId,
    pub(super) epoch: Epoch,
    pub(super) outcome: Outcome,
    pub(super) target: Target,
}

impl Cluster {
    /// Writes the queued marker of this number; says whether there was one.
    pub(super) fn run_marker(&mut self, index: usize) -> bool {
        let Some(marker) = self.markers.remove(index) else {
            return false;
        };
        match &marker.target {
            Target::Log(log) => {
                let (now_ms, tombstone_ms) = (self.now_ms, self.settings.delete_retention_ms);
                if let Some(log) = self.topics.log_mut(*log) {
                    log.append_marker(marker.producer, marker.epoch, marker.outcome, now_ms);
                    if log.compaction_is_due() {
                        log.compact(now_ms, tombstone_ms);
                    }
                }
            }
            Target::Group(name) => {
                if let Some(group) = self.groups.get_mut(name) {
                    group.settle_pending(marker.producer, marker.outcome);
                }
            }
        }
        self.marker_is_out(&marker.transactional_id);
        true
    }

    pub(super) fn run_all_markers(&mut self) {
        while self.run_marker(0) {}
    }
}
