//! What a store that was found on disk is worth, and how its changelog is read until it is worth as much as the group's
//! offsets.
//!
//! The target is the HIGH WATERMARK, taken after the group's offsets: with the last stable offset a decided transaction whose
//! marker is on its way would be missed, and with an earlier look a stalled owner could still commit in between.

use crate::broker::{BrokerError, Consumer, ConsumerRecord, Ends, Offset, TopicPartition};
use crate::store::{Checkpoint, StoreIndex};

/// Why the content of a store can not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RebuildReason {
    /// It belongs to another cluster, or its topics were created again.
    OtherIdentity,
    /// Its offset lies below the changelog's start or past its end.
    OutsideTheChangelog,
    /// Its last commit is older than the life of a tombstone.
    TooOld,
    /// Its files do not fit together, or their checksums fail.
    Damaged,
}

/// Whether what was found can be used, by what the changelogs and the clock say. `None`: it can, and only the tail is read.
pub(crate) fn reason_to_rebuild(
    found: &Checkpoint,
    ends: &[Ends],
    identity: &[u8],
    oldest_ms: i64,
) -> Option<RebuildReason> {
    let is_empty = found.changelog.iter().chain(&found.inputs).all(Option::is_none);
    if is_empty {
        return None;
    }
    if found.identity != identity {
        return Some(RebuildReason::OtherIdentity);
    }
    // A store that was never written has no offset; its changelog is read from the start anyway.
    let is_outside = |(offset, ends): (&Option<Offset>, &Ends)| {
        offset.is_some_and(|o| o < ends.log_start || o > ends.high_watermark)
    };
    if found.changelog.iter().zip(ends).any(is_outside) {
        return Some(RebuildReason::OutsideTheChangelog);
    }
    (found.committed_at_ms < oldest_ms).then_some(RebuildReason::TooOld)
}

/// One changelog partition on its way.
#[derive(Debug, Clone)]
struct Tail {
    store: StoreIndex,
    partition: TopicPartition,
    position: Offset,
    target: Offset,
    is_assigned: bool,
}

/// The restore of one task.
#[derive(Debug, Clone)]
pub(crate) struct Restore {
    /// What is left, the one that is read first.
    tails: Vec<Tail>,
    total: i64,
    /// Records that were applied.
    pub(crate) restored: u64,
}

impl Restore {
    /// Reads each changelog from where the content of its store ends (or from its start) to its high watermark.
    pub(crate) fn new(changelogs: &[(StoreIndex, TopicPartition)], found: &Checkpoint, ends: &[Ends]) -> Self {
        let tails: Vec<Tail> = changelogs
            .iter()
            .zip(ends)
            .map(|((store, partition), ends)| Tail {
                store: *store,
                partition: partition.clone(),
                position: found.changelog.get(store.0).copied().flatten().unwrap_or(ends.log_start),
                target: ends.high_watermark,
                is_assigned: false,
            })
            .filter(|tail| tail.position < tail.target)
            .collect();
        let total = tails.iter().map(|tail| tail.target - tail.position).sum();
        Self { tails, total, restored: 0 }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.tails.is_empty()
    }

    /// Offsets that are left, and how many there were.
    pub(crate) fn progress(&self) -> (i64, i64) {
        (self.tails.iter().map(|tail| tail.target - tail.position).sum(), self.total)
    }

    /// Reads at most `max` records of each tail and applies them; returns how many came.
    pub(crate) fn step<E: From<BrokerError>>(
        &mut self,
        reader: &mut impl Consumer,
        max: usize,
        records: &mut Vec<ConsumerRecord>,
        mut apply: impl FnMut(StoreIndex, &[ConsumerRecord], Offset) -> Result<(), E>,
    ) -> Result<usize, E> {
        let mut count = 0;
        for tail in &mut self.tails {
            if !tail.is_assigned {
                reader.assign(&[(tail.partition.clone(), tail.position)])?;
                tail.is_assigned = true;
            }
            records.clear();
            match reader.fetch(&tail.partition, max, records) {
                Ok(read) => count += read,
                // Retention or compaction was faster than we are: what it took is not part of the state any more.
                Err(BrokerError::OffsetOutOfRange { log_start, .. }) => {
                    reader.seek(&tail.partition, log_start)?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            // Markers and aborted records count as read: the position is behind them.
            let position = reader.position(&tail.partition).unwrap_or(tail.position);
            if position > tail.position || !records.is_empty() {
                apply(tail.store, records, position)?;
                self.restored += records.len() as u64;
                tail.position = position;
            }
        }
        let done: Vec<TopicPartition> = self
            .tails
            .iter()
            .filter(|tail| tail.position >= tail.target && tail.is_assigned)
            .map(|tail| tail.partition.clone())
            .collect();
        if !done.is_empty() {
            reader.unassign(&done)?;
        }
        self.tails.retain(|tail| tail.position < tail.target);
        Ok(count)
    }

    /// Stops in the middle.
    pub(crate) fn cancel(&self, reader: &mut impl Consumer) -> Result<(), BrokerError> {
        let open: Vec<TopicPartition> =
            self.tails.iter().filter(|tail| tail.is_assigned).map(|tail| tail.partition.clone()).collect();
        if open.is_empty() { Ok(()) } else { reader.unassign(&open) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(changelog: Option<Offset>, committed_at_ms: i64) -> Checkpoint {
        Checkpoint { changelog: vec![changelog], inputs: vec![Some(3)], identity: b"here".to_vec(), committed_at_ms }
    }

    fn ends(log_start: Offset, high_watermark: Offset) -> [Ends; 1] {
        [Ends { log_start, last_stable: high_watermark, high_watermark }]
    }

    #[test]
    fn a_state_is_rebuilt_when_it_is_not_a_part_of_this_changelog() {
        use RebuildReason::{OtherIdentity, OutsideTheChangelog, TooOld};
        let cases = [
            (found(Some(10), 1_000), ends(0, 10), &b"here"[..], None),
            (found(Some(10), 1_000), ends(10, 20), b"here", None),
            (found(Some(10), 1_000), ends(0, 10), b"elsewhere", Some(OtherIdentity)),
            (found(Some(10), 1_000), ends(11, 20), b"here", Some(OutsideTheChangelog)),
            (found(Some(10), 1_000), ends(0, 9), b"here", Some(OutsideTheChangelog)),
            (found(Some(10), 999), ends(0, 10), b"here", Some(TooOld)),
            (found(None, 1_000), ends(5, 9), b"here", None),
            (Checkpoint::default(), ends(5, 9), b"here", None),
        ];
        for (checkpoint, ends, identity, expect) in cases {
            assert_eq!(reason_to_rebuild(&checkpoint, &ends, identity, 1_000), expect, "{checkpoint:?} {ends:?}");
        }
    }

    #[test]
    fn a_store_at_the_end_of_its_changelog_needs_nothing() {
        let changelogs = [(StoreIndex(0), TopicPartition::new("app-counts-changelog", 0))];
        assert!(Restore::new(&changelogs, &found(Some(10), 0), &ends(0, 10)).is_done());
        assert!(Restore::new(&changelogs, &found(None, 0), &ends(10, 10)).is_done(), "emptied by retention");
        assert_eq!(Restore::new(&changelogs, &found(Some(4), 0), &ends(0, 10)).progress(), (6, 6));
        assert_eq!(Restore::new(&changelogs, &found(None, 0), &ends(2, 10)).progress(), (8, 8));
    }
}
