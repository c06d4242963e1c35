//! What becomes of old records: the last value of each key stays, and age deletes.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
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
        let newest = self.newest_by_key(horizon);
        self.renew_arena();
        cleaning.live = 0;
        for entry in std::mem::take(&mut self.chunks).into_iter().flatten() {
            if entry.offset >= horizon {
                self.keep(entry);
                continue;
            }
            let is_newest = entry.is_visible() && entry.key().and_then(|key| newest.get(&key)) == Some(&entry.offset);
            let is_spent = entry.is_tombstone() && entry.offset < due;
            if is_newest && !is_spent {
                self.keep(entry);
                cleaning.live += 1;
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

    fn newest_by_key(&self, horizon: Offset) -> HashMap<Bytes, Offset, FixedState> {
        // The map is never iterated, and its seed is fixed.
        let mut newest = HashMap::with_hasher(FixedState::default());
        for entry in self.entries_from(self.start).take_while(|entry| entry.offset < horizon) {
            if let (true, Some(key)) = (entry.is_visible(), entry.key()) {
                newest.insert(key, entry.offset);
            }
        }
        newest
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
