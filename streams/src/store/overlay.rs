//! Uncommitted writes of one store. They lie over the backend until the commit is known to have happened, and are its
//! changelog: one row per key, however often it was written.

use core::ops::{Bound, ControlFlow};
use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use super::{Backend, StoreError, StoreIndex, StoreKind, StoreSpec, Visit, Write};

/// `None` deletes.
type Value = Option<Box<[u8]>>;

/// Roughly what a row costs besides its bytes.
const ROW_BYTES: usize = 64;

enum Rows {
    /// Drained in the order of the first write: the same in every run, and without sorting.
    Points(IndexMap<Box<[u8]>, Value, FixedState>),
    Ordered(BTreeMap<Box<[u8]>, Value>),
}

pub(crate) struct Overlay {
    name: Arc<str>,
    rows: Rows,
    bytes: usize,
}

impl Overlay {
    pub(crate) fn new(spec: &StoreSpec) -> Self {
        let rows = match spec.kind {
            StoreKind::KeyValue => Rows::Points(IndexMap::default()),
            StoreKind::Ordered => Rows::Ordered(BTreeMap::new()),
        };
        Self { name: Arc::clone(&spec.name), rows, bytes: 0 }
    }

    /// What was written to `key`, if anything was: a value, or its deletion.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        let value = match &self.rows {
            Rows::Points(rows) => rows.get(key),
            Rows::Ordered(rows) => rows.get(key),
        };
        value.map(Option::as_deref)
    }

    pub(crate) fn put(&mut self, key: &[u8], value: Option<&[u8]>) {
        let row = match &mut self.rows {
            Rows::Points(rows) => rows.get_mut(key),
            Rows::Ordered(rows) => rows.get_mut(key),
        };
        if let Some(row) = row {
            self.bytes -= row.as_deref().map_or(0, <[u8]>::len);
            self.bytes += value.map_or(0, <[u8]>::len);
            return replace(row, value);
        }
        self.bytes += ROW_BYTES + key.len() + value.map_or(0, <[u8]>::len);
        match &mut self.rows {
            Rows::Points(rows) => drop(rows.insert(key.into(), value.map(Into::into))),
            Rows::Ordered(rows) => drop(rows.insert(key.into(), value.map(Into::into))),
        }
    }

    /// Visits the rows of overlay and backend as one, in key order.
    pub(crate) fn scan(
        &self,
        backend: &dyn Backend,
        store: StoreIndex,
        from: &[u8],
        to: &[u8],
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        let Rows::Ordered(rows) = &self.rows else {
            return Err(StoreError::NotOrdered { store: Arc::clone(&self.name) });
        };
        if from >= to {
            return Ok(());
        }
        let mut written = rows.range::<[u8], _>((Bound::Included(from), Bound::Excluded(to))).peekable();
        let mut stopped = ControlFlow::Continue(());
        backend.scan(store, from, to, &mut |key, value| {
            while let Some((before, own)) = written.next_if(|(own, _)| ***own < *key) {
                stopped = visit_own(before, own, visit);
                if stopped.is_break() {
                    return stopped;
                }
            }
            stopped = match written.next_if(|(own, _)| ***own == *key) {
                Some((key, own)) => visit_own(key, own, visit),
                None => visit(key, value),
            };
            stopped
        })?;
        for (key, own) in written {
            if stopped.is_break() {
                break;
            }
            stopped = visit_own(key, own, visit);
        }
        Ok(())
    }

    /// Every row, in an order that is the same in every run.
    pub(crate) fn try_for_each<E>(&self, mut row: impl FnMut(&[u8], Option<&[u8]>) -> Result<(), E>) -> Result<(), E> {
        match &self.rows {
            Rows::Points(rows) => rows.iter().try_for_each(|(key, value)| row(key, value.as_deref())),
            Rows::Ordered(rows) => rows.iter().try_for_each(|(key, value)| row(key, value.as_deref())),
        }
    }

    /// Moves every row into `writes`.
    pub(crate) fn drain_into(&mut self, store: StoreIndex, writes: &mut Vec<Write>) {
        self.bytes = 0;
        let write = |(key, value)| Write { store, key, value };
        match &mut self.rows {
            Rows::Points(rows) => writes.extend(rows.drain(..).map(write)),
            Rows::Ordered(rows) => writes.extend(core::mem::take(rows).into_iter().map(write)),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.bytes = 0;
        match &mut self.rows {
            Rows::Points(rows) => rows.clear(),
            Rows::Ordered(rows) => rows.clear(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match &self.rows {
            Rows::Points(rows) => rows.is_empty(),
            Rows::Ordered(rows) => rows.is_empty(),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Overwrites in place where the length allows it: most rows are of a fixed size.
fn replace(row: &mut Value, value: Option<&[u8]>) {
    match (row.as_deref_mut(), value) {
        (Some(old), Some(new)) if old.len() == new.len() => old.copy_from_slice(new),
        _ => *row = value.map(Into::into),
    }
}

fn visit_own(key: &[u8], value: &Value, visit: &mut Visit<'_>) -> ControlFlow<()> {
    match value {
        Some(value) => visit(key, value),
        None => ControlFlow::Continue(()),
    }
}

/// That overlay and backend read as one map is a promise of every backend: see `conformance`.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::BackendProvider;
    use crate::store::memory::MemoryBackends;
    use crate::task::TaskId;

    const STORE: StoreIndex = StoreIndex(0);

    fn spec(kind: StoreKind) -> StoreSpec {
        StoreSpec { name: "rows".into(), kind, changelog_retention_ms: None }
    }

    #[test]
    fn a_store_of_points_refuses_a_scan() {
        let spec = spec(StoreKind::KeyValue);
        let task = TaskId { sub_topology: 0, partition: 0 };
        let backend = MemoryBackends::default().open(task, core::slice::from_ref(&spec)).unwrap();
        let refused = Overlay::new(&spec).scan(&*backend, STORE, b"a", b"b", &mut |_, _| ControlFlow::Continue(()));
        assert_eq!(refused, Err(StoreError::NotOrdered { store: "rows".into() }));
    }

    #[test]
    fn rows_are_drained_in_the_order_of_their_first_write() {
        let mut overlay = Overlay::new(&spec(StoreKind::KeyValue));
        for key in ["c", "a", "b", "a"] {
            overlay.put(key.as_bytes(), Some(b"1"));
        }
        let mut writes = Vec::new();
        overlay.drain_into(STORE, &mut writes);
        let keys: Vec<_> = writes.iter().map(|write| &*write.key).collect();
        assert_eq!(keys, [b"c", b"a", b"b"]);
        assert!(overlay.is_empty() && overlay.bytes() == 0);
    }

    #[test]
    fn bytes_follow_what_is_held() {
        let mut overlay = Overlay::new(&spec(StoreKind::KeyValue));
        overlay.put(b"key", Some(b"1234"));
        overlay.put(b"key", Some(b"12"));
        assert_eq!(overlay.bytes(), ROW_BYTES + 3 + 2);
        overlay.put(b"key", None);
        assert_eq!(overlay.bytes(), ROW_BYTES + 3);
    }
}
