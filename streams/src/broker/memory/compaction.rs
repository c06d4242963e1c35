//! What becomes of old records: the last value of each key stays, and age deletes.

use std::collections::{HashSet, VecDeque};

use foldhash::fast::FixedState;

use super::log::Log;
use crate::broker::Offset;

/// A pass costs the whole partition, so small partitions wait until it pays.
const DIRTY_ENTRIES_MIN: i64 = 4096;
/// Passes that tombstones are timed by. When the clock hardly moves, tombstones live longer rather than the list.
const PASSES_MAX: usize = 64;

/// How far compaction has come.
#[derive(Debug, Default)]
pub(super) struct Cleaning {
    /// Everything below was compacted once.
    cleaned_to: Offset,
    /// Entries that the last pass left.
    live: i64,
    /// Past passes: what they reached, and when. Tombstones that a pass kept may go once they are old enough.
    passes: VecDeque<(Offset, i64)>,
}

impl Log {
    /// Whether what was written since the last pass outweighs what that pass left: so a record pays for at most two visits.
    pub(super) fn compaction_is_due(&self) -> bool {
        self.cleaning
            .as_ref()
            .is_some_and(|cleaning| self.last_stable - cleaning.cleaned_to > cleaning.live.max(DIRTY_ENTRIES_MIN))
    }

    /// Keeps the last decided value of each key; offsets keep their gaps. A tombstone stays for the readers that still need it and
    /// goes in a later pass, at least `tombstone_ms` after the first that saw it.
    pub(super) fn compact(&mut self, now_ms: i64, tombstone_ms: u64) {
        let Some(mut cleaning) = self.cleaning.take() else {
            return;
        };
        let horizon = self.last_stable;
        let due = cleaning.tombstones_due(now_ms, tombstone_ms);
        let keeps = self.newest_of_each_key(horizon, due, cleaning.live);
        self.renew_arena();
        cleaning.live = 0;
        for (entry, stays) in std::mem::take(&mut self.chunks).into_iter().flatten().zip(keeps) {
            if stays {
                cleaning.live += i64::from(entry.offset < horizon);
                self.keep(entry);
            }
        }
        cleaning.cleaned_to = horizon;
        if cleaning.passes.len() < PASSES_MAX {
            cleaning.passes.push_back((horizon, now_ms));
        }
        self.cleaning = Some(cleaning);
    }

    /// Deletes from the front what is decided and older than `before_ms` by its timestamp.
    pub(super) fn delete_older(&mut self, before_ms: i64) {
        let stays = self
            .entries_from(self.start)
            .find(|entry| entry.offset >= self.last_stable || (entry.is_visible() && entry.timestamp_ms >= before_ms));
        let offset = stays.map_or(self.last_stable, |entry| entry.offset);
        self.delete_before(offset);
    }

    /// For each entry, in order, whether it stays: what is undecided, and the newest of each key but for tombstones before `due`.
    fn newest_of_each_key(&self, horizon: Offset, due: Offset, live: i64) -> Vec<bool> {
        // The set is never iterated, and its seed is fixed.
        let expected = usize::try_from(live).unwrap_or(0);
        let mut seen: HashSet<&[u8], FixedState> = HashSet::with_capacity_and_hasher(expected, FixedState::default());
        let newest_first = self.chunks.iter().rev().flat_map(|chunk| chunk.iter().rev());
        let mut keeps: Vec<bool> = newest_first
            .map(|entry| {
                let is_gone = entry.offset < self.start || !entry.is_visible();
                entry.offset >= horizon
                    || (!is_gone && seen.insert(entry.key_bytes()) && !(entry.is_tombstone() && entry.offset < due))
            })
            .collect();
        keeps.reverse();
        keeps
    }
}

impl Cleaning {
    /// Tombstones below this offset were kept for long enough.
    fn tombstones_due(&mut self, now_ms: i64, tombstone_ms: u64) -> Offset {
        let mut due = 0;
        while let Some((reached, _)) =
            self.passes.front().filter(|(_, at_ms)| now_ms.saturating_sub(*at_ms) >= tombstone_ms as i64)
        {
            due = *reached;
            self.passes.pop_front();
        }
        due
    }
}
