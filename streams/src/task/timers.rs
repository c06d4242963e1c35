//! Per-key timers: an ordered set of (time, node, key). Kept in memory as a whole (only live keys have one), with the
//! difference to the last commit beside it: that difference is what a commit writes and what a rollback undoes.

use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::fast::FixedState;
use indexmap::IndexMap;
use indexmap::map::Entry;
use smallvec::SmallVec;

use super::meta::{TIMER, TIMER_END};
use crate::store::{Backend, StoreError, StoreIndex, Write};

/// Tag, time, node; the key follows.
const PREFIX: usize = 1 + 8 + 2;
/// Keys up to this length lie inside their timer: most do, and cost no memory of their own.
const INLINE: usize = 24;

/// A timer; sorts as its row does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Timer {
    pub(crate) at_ms: i64,
    node: u16,
    key: SmallVec<[u8; INLINE]>,
}

#[derive(Default)]
pub(crate) struct Timers {
    set: BTreeSet<Timer>,
    /// What differs from the last commit: added, or removed. Its order is the same in every run.
    changed: IndexMap<Timer, Change, FixedState>,
    /// The first timer's time: looked at for every record.
    next: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Added,
    Removed,
}

/// Flipped, so that negative times sort first as unsigned bytes.
const SIGN: u64 = 1 << 63;

impl Timer {
    fn new(at_ms: i64, node: usize, key: &[u8]) -> Self {
        Self { at_ms, node: node as u16, key: SmallVec::from_slice(key) }
    }

    pub(crate) fn node(&self) -> usize {
        usize::from(self.node)
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    /// The key of its row in the meta store, in place of what `row` held: rows sort by (time, node, key).
    fn write_row(&self, row: &mut Vec<u8>) {
        row.clear();
        row.reserve(PREFIX + self.key.len());
        row.push(TIMER);
        row.extend_from_slice(&(self.at_ms as u64 ^ SIGN).to_be_bytes());
        row.extend_from_slice(&self.node.to_be_bytes());
        row.extend_from_slice(&self.key);
    }

    pub(super) fn read_row(row: &[u8]) -> Option<Self> {
        let (time, rest) = row.strip_prefix(&[TIMER])?.split_first_chunk::<8>()?;
        let (node, key) = rest.split_first_chunk::<2>()?;
        let at_ms = (u64::from_be_bytes(*time) ^ SIGN) as i64;
        Some(Self { at_ms, node: u16::from_be_bytes(*node), key: SmallVec::from_slice(key) })
    }
}

impl Timers {
    /// Reads the set from committed rows.
    pub(crate) fn load(backend: &dyn Backend, meta: StoreIndex, meta_name: &Arc<str>) -> Result<Self, StoreError> {
        let mut timers = Self::default();
        let mut damaged = false;
        backend.scan(meta, &[TIMER], &[TIMER_END], &mut |row, _| {
            match Timer::read_row(row) {
                Some(timer) => drop(timers.set.insert(timer)),
                None => damaged = true,
            }
            core::ops::ControlFlow::Continue(())
        })?;
        if damaged {
            return Err(StoreError::Corrupted {
                store: Arc::clone(meta_name),
                reason: "the row of a timer is cut short",
            });
        }
        timers.look();
        Ok(timers)
    }

    pub(crate) fn schedule(&mut self, at_ms: i64, node: usize, key: &[u8]) {
        let timer = Timer::new(at_ms, node, key);
        if self.set.insert(timer.clone()) {
            self.note(timer, Change::Added);
            self.next = Some(self.next.map_or(at_ms, |next| next.min(at_ms)));
        }
    }

    /// Takes the first timer whose time has come by `to_ms`.
    pub(crate) fn take_due(&mut self, to_ms: i64) -> Option<Timer> {
        if self.next? > to_ms {
            return None;
        }
        let timer = self.set.pop_first()?;
        self.note(timer.clone(), Change::Removed);
        self.look();
        Some(timer)
    }

    /// A change and its opposite leave nothing to write.
    fn note(&mut self, timer: Timer, change: Change) {
        match self.changed.entry(timer) {
            Entry::Occupied(former) if *former.get() != change => drop(former.swap_remove()),
            Entry::Occupied(_) => {}
            Entry::Vacant(place) => drop(place.insert(change)),
        }
    }

    pub(crate) fn next(&self) -> Option<i64> {
        self.next
    }

    pub(crate) fn len(&self) -> usize {
        self.set.len()
    }

    pub(crate) fn is_dirty(&self) -> bool {
        !self.changed.is_empty()
    }

    pub(crate) fn dirty_bytes(&self) -> usize {
        self.changed.len() * (PREFIX + 96)
    }

    /// The rows that differ from the last commit, in an order that is the same in every run.
    pub(crate) fn try_for_each<E>(
        &self,
        mut write: impl FnMut(&[u8], Option<&[u8]>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut row = Vec::new();
        self.changed.iter().try_for_each(|(timer, change)| {
            timer.write_row(&mut row);
            write(&row, value(*change))
        })
    }

    pub(crate) fn drain_into(&mut self, store: StoreIndex, writes: &mut Vec<Write>) {
        writes.extend(self.changed.drain(..).map(|(timer, change)| {
            let mut row = Vec::new();
            timer.write_row(&mut row);
            Write { store, key: row.into(), value: value(change).map(Into::into) }
        }));
    }

    /// Goes back to the last commit.
    pub(crate) fn roll_back(&mut self) {
        for (timer, change) in self.changed.drain(..) {
            match change {
                Change::Added => self.set.remove(&timer),
                Change::Removed => self.set.insert(timer),
            };
        }
        self.look();
    }

    fn look(&mut self) {
        self.next = self.set.first().map(|timer| timer.at_ms);
    }
}

/// A timer's row has no content: its key says all.
fn value(change: Change) -> Option<&'static [u8]> {
    match change {
        Change::Added => Some(&[]),
        Change::Removed => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take_all(timers: &mut Timers, to_ms: i64) -> Vec<(i64, usize, Vec<u8>)> {
        core::iter::from_fn(|| timers.take_due(to_ms))
            .map(|timer| (timer.at_ms, timer.node(), timer.key().to_vec()))
            .collect()
    }

    fn changes(timers: &Timers) -> Vec<(Vec<u8>, bool)> {
        let mut rows = Vec::new();
        timers
            .try_for_each(|row, value| {
                rows.push((row.to_vec(), value.is_some()));
                Ok::<_, ()>(())
            })
            .unwrap();
        rows
    }

    #[test]
    fn timers_fire_by_time_then_node_then_key_and_only_when_due() {
        let mut timers = Timers::default();
        for (at_ms, node, key) in [(5, 1, "a"), (5, 0, "b"), (5, 0, "a"), (-3, 9, "z"), (6, 0, "a"), (5, 0, "a")] {
            timers.schedule(at_ms, node, key.as_bytes());
        }
        assert_eq!(timers.next(), Some(-3));
        let due = take_all(&mut timers, 5);
        let expect = [(-3, 9, "z"), (5, 0, "a"), (5, 0, "b"), (5, 1, "a")];
        assert_eq!(due, expect.map(|(at, node, key)| (at, node, key.as_bytes().to_vec())));
        assert_eq!(timers.next(), Some(6));
    }

    #[test]
    fn a_timer_that_came_and_went_between_two_commits_writes_nothing() {
        let mut timers = Timers::default();
        timers.schedule(5, 0, b"a");
        take_all(&mut timers, 5);
        assert_eq!(changes(&timers), []);
    }

    #[test]
    fn a_timer_that_is_set_again_after_it_fired_is_as_committed() {
        let mut timers = Timers::default();
        timers.schedule(5, 0, b"a");
        timers.drain_into(StoreIndex(0), &mut Vec::new());
        take_all(&mut timers, 5);
        let mut row = Vec::new();
        Timer::new(5, 0, b"a").write_row(&mut row);
        assert_eq!(changes(&timers), [(row, false)]);
        timers.schedule(5, 0, b"a");
        assert_eq!(changes(&timers), []);
    }

    #[test]
    fn a_rollback_restores_what_fired_and_forgets_what_was_set() {
        let mut timers = Timers::default();
        timers.schedule(5, 0, b"a");
        timers.drain_into(StoreIndex(0), &mut Vec::new());
        take_all(&mut timers, 5);
        timers.schedule(3, 0, b"b");
        timers.roll_back();
        assert_eq!((timers.next(), timers.is_dirty()), (Some(5), false));
        assert_eq!(take_all(&mut timers, i64::MAX), [(5, 0, b"a".to_vec())]);
    }

    #[test]
    fn timers_and_their_rows_sort_alike_and_rows_are_read_back() {
        let long = [b'k'; 2 * INLINE];
        let keys: [&[u8]; 4] = [b"", b"a", b"b", &long];
        let all: BTreeSet<Timer> = [i64::MIN, -3, 0, 5, i64::MAX]
            .into_iter()
            .flat_map(|at_ms| {
                [0, 1, 300].into_iter().flat_map(move |node| keys.map(|key| Timer::new(at_ms, node, key)))
            })
            .collect();
        let rows: Vec<Vec<u8>> = all
            .iter()
            .map(|timer| {
                let mut row = Vec::new();
                timer.write_row(&mut row);
                row
            })
            .collect();
        assert_eq!(all.len(), 60);
        assert!(rows.is_sorted());
        assert!(all.iter().zip(&rows).all(|(timer, row)| Timer::read_row(row).as_ref() == Some(timer)));
    }
}
