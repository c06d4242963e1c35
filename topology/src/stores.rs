//! Rows in and out of the stores, and the stores by name.

use core::cell::RefCell;
use core::ops::ControlFlow;
use std::sync::Arc;

use domain::pane::{Pane, Panes, ScanPanes};
use domain::time::{DAY, Millis};
use streams::processor::Context;
use streams::store::{StoreError, StoreKind, StoreSpec};
use streams::topology::{StoreHandle, TopologyBuilder, TopologyError};

use crate::rows::key;
use crate::rows::row::{self, Row};

/// How long the changelogs of rows that only the last minutes need keep their records: the inputs' retention and a day.
const SHORT_LIVED: u64 = (8 * DAY) as u64;

/// The stores of the watching half.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stores {
    /// Counts per session and five seconds.
    pub(crate) panes: StoreHandle,
    /// Users in sessions.
    pub(crate) attendees: StoreHandle,
    /// Sessions.
    pub(crate) sessions: StoreHandle,
    /// The newest tick of each session.
    pub(crate) ticks: StoreHandle,
    /// Decisions.
    pub(crate) interventions: StoreHandle,
}

impl Stores {
    pub(crate) fn declare(builder: &mut TopologyBuilder) -> Result<Self, TopologyError> {
        let mut store = |name: &str, kind, changelog_retention_ms| {
            builder.store(StoreSpec { name: name.into(), kind, changelog_retention_ms })
        };
        Ok(Self {
            panes: store("panes", StoreKind::Ordered, Some(SHORT_LIVED))?,
            attendees: store("attendees", StoreKind::KeyValue, None)?,
            sessions: store("sessions", StoreKind::KeyValue, None)?,
            ticks: store("ticks", StoreKind::KeyValue, Some(SHORT_LIVED))?,
            interventions: store("interventions", StoreKind::Ordered, None)?,
        })
    }
}

/// Buffers for a key and a value, used again and again.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// The row under `key`.
pub(crate) fn load<T: Row>(context: &mut Context<'_>, store: StoreHandle, key: &[u8]) -> Result<Option<T>, StoreError> {
    let Some(value) = context.get(store, key)? else { return Ok(None) };
    row::decode(value).map(Some).ok_or_else(corrupted)
}

/// Puts the row under `key`.
pub(crate) fn save<T: Row>(
    context: &mut Context<'_>,
    store: StoreHandle,
    key: &[u8],
    row: &T,
    value: &mut Vec<u8>,
) -> Result<(), StoreError> {
    row::encode(row, value);
    context.put(store, key, value)
}

fn corrupted() -> StoreError {
    StoreError::Corrupted { store: Arc::from("conductor"), reason: "the row is of another format or damaged" }
}

/// The panes of one session, in the store. The domain can not fail: what goes wrong is kept and asked for afterwards.
pub(crate) struct StoredPanes<'c, 'a> {
    context: RefCell<&'c mut Context<'a>>,
    store: StoreHandle,
    session: &'c str,
    scratch: RefCell<&'c mut Scratch>,
    failed: RefCell<Option<StoreError>>,
}

impl<'c, 'a> StoredPanes<'c, 'a> {
    pub(crate) fn of(
        session: &'c str,
        context: &'c mut Context<'a>,
        store: StoreHandle,
        scratch: &'c mut Scratch,
    ) -> Self {
        Self {
            context: RefCell::new(context),
            store,
            session,
            scratch: RefCell::new(scratch),
            failed: RefCell::new(None),
        }
    }

    /// Deletes the panes with `from <= start < to`.
    pub(crate) fn delete(&mut self, from: Millis, to: Millis) {
        let mut starts = Vec::new();
        self.scan(from, to, |start, _| starts.push(start));
        let (context, scratch) = (self.context.get_mut(), self.scratch.get_mut());
        for start in starts {
            key::session_at(self.session, start, &mut scratch.key);
            if let Err(error) = context.delete(self.store, &scratch.key) {
                self.failed.get_mut().get_or_insert(error);
            }
        }
    }

    /// What went wrong, if anything did.
    pub(crate) fn finish(self) -> Result<(), StoreError> {
        self.failed.into_inner().map_or(Ok(()), Err)
    }
}

impl Panes for StoredPanes<'_, '_> {
    fn update(&mut self, start: Millis, change: impl FnOnce(&mut Pane)) {
        let (context, scratch) = (self.context.get_mut(), self.scratch.get_mut());
        key::session_at(self.session, start, &mut scratch.key);
        let done = load::<Pane>(context, self.store, &scratch.key).and_then(|pane| {
            let mut pane = pane.unwrap_or_default();
            change(&mut pane);
            save(context, self.store, &scratch.key, &pane, &mut scratch.value)
        });
        if let Err(error) = done {
            self.failed.get_mut().get_or_insert(error);
        }
    }
}

impl ScanPanes for StoredPanes<'_, '_> {
    fn scan(&self, from: Millis, to: Millis, mut visit: impl FnMut(Millis, &Pane)) {
        if from >= to {
            return;
        }
        let mut scratch = self.scratch.borrow_mut();
        let Scratch { key, value } = &mut **scratch;
        key::session_at(self.session, from, key);
        key::session_at(self.session, to, value);
        let mut damaged = false;
        let scanned = self.context.borrow().scan(self.store, key, value, &mut |key, value| {
            match (key::at(key), row::decode::<Pane>(value)) {
                (Some(start), Some(pane)) => visit(start, &pane),
                _ => damaged = true,
            }
            ControlFlow::Continue(())
        });
        let failed = scanned.err().or_else(|| damaged.then(corrupted));
        if let Some(error) = failed {
            self.failed.borrow_mut().get_or_insert(error);
        }
    }
}
