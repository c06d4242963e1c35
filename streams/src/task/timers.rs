//! Per-key timers: an ordered set of (time, node, key). Kept in memory as a whole (only live keys have one), with the
//! difference to the last commit beside it: that difference is what a commit writes and what a rollback undoes.

use std::collections::{BTreeMap, BTreeSet};

use super::meta::{TIMER, TIMER_END};
use crate::store::ordered_key::OrderedKey;
use crate::store::{Backend, StoreError, StoreIndex, Write};

/// Tag, time, node; the key follows.
const PREFIX: usize = 1 + 8 + 2;

/// A timer as its row of the meta store: the rows sort by (time, node, key).
type Row = OrderedKey;

#[derive(Default)]
pub(crate) struct Timers {
    set: BTreeSet<Row>,
    /// What differs from the last commit: added, or removed.
    changed: BTreeMap<Row, Change>,
    /// The first timer's time: looked at for every record.
    next: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Added,
    Removed,
}

/// A timer taken out of the set.
pub(crate) struct Timer {
    row: Row,
    pub(crate) at_ms: i64,
    pub(crate) node: usize,
}

impl Timer {
    fn parse(row: Row) -> Option<Self> {
        let (time, rest) = row.bytes().get(1..)?.split_first_chunk::<8>()?;
        let (node, _) = rest.split_first_chunk::<2>()?;
        let at_ms = (u64::from_be_bytes(*time) ^ SIGN) as i64;
        let node = usize::from(u16::from_be_bytes(*node));
        Some(Self { row, at_ms, node })
    }

    pub(crate) fn key(&self) -> &[u8] {
        self.row.bytes().get(PREFIX..).unwrap_or_default()
    }
}

/// Flipped, so that negative times sort first as unsigned bytes.
const SIGN: u64 = 1 << 63;

fn row(at_ms: i64, node: usize, key: &[u8]) -> Row {
    let mut row = Vec::with_capacity(PREFIX + key.len());
    row.push(TIMER);
    row.extend_from_slice(&(at_ms as u64 ^ SIGN).to_be_bytes());
    row.extend_from_slice(&(node as u16).to_be_bytes());
    row.extend_from_slice(key);
    row.into_boxed_slice().into()
}

impl Timers {
    /// Reads the set from committed rows.
    pub(crate) fn load(backend: &dyn Backend, meta: StoreIndex) -> Result<Self, StoreError> {
        let mut timers = Self::default();
        backend.scan(meta, &[TIMER], &[TIMER_END], &mut |row, _| {
            timers.set.insert(row.into());
            core::ops::ControlFlow::Continue(())
        })?;
        timers.look();
        Ok(timers)
    }

    pub(crate) fn schedule(&mut self, at_ms: i64, node: usize, key: &[u8]) {
        let row = row(at_ms, node, key);
        if self.set.contains(&row) {
            return;
        }
        if self.changed.remove(&row) != Some(Change::Removed) {
            self.changed.insert(row.clone(), Change::Added);
        }
        self.set.insert(row);
        self.next = Some(self.next.map_or(at_ms, |next| next.min(at_ms)));
    }

    /// Takes the first timer whose time has come by `to_ms`.
    pub(crate) fn take_due(&mut self, to_ms: i64) -> Option<Timer> {
        if self.next? > to_ms {
            return None;
        }
        let row = self.set.pop_first()?;
        if self.changed.remove(&row) != Some(Change::Added) {
            self.changed.insert(row.clone(), Change::Removed);
        }
        self.look();
        Timer::parse(row)
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

    /// The rows that differ from the last commit, in order.
    pub(crate) fn try_for_each<E>(
        &self,
        mut write: impl FnMut(&[u8], Option<&[u8]>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.changed.iter().try_for_each(|(row, change)| write(row.bytes(), value(*change)))
    }

    pub(crate) fn drain_into(&mut self, store: StoreIndex, writes: &mut Vec<Write>) {
        let changed = core::mem::take(&mut self.changed);
        writes.extend(changed.into_iter().map(|(key, change)| Write {
            store,
            key: key.into_bytes(),
            value: value(change).map(Into::into),
        }));
    }

    /// Goes back to the last commit.
    pub(crate) fn roll_back(&mut self) {
        for (row, change) in core::mem::take(&mut self.changed) {
            match change {
                Change::Added => self.set.remove(&row),
                Change::Removed => self.set.insert(row),
            };
        }
        self.look();
    }

    fn look(&mut self) {
        let first = self.set.first().and_then(|row| row.bytes().get(1..)).and_then(<[u8]>::first_chunk::<8>);
        self.next = first.map(|time| (u64::from_be_bytes(*time) ^ SIGN) as i64);
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
            .map(|timer| (timer.at_ms, timer.node, timer.key().to_vec()))
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
        assert_eq!(changes(&timers), [(row(5, 0, b"a").bytes().to_vec(), false)]);
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
}
