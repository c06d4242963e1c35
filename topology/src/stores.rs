//! Rows in and out of the stores, and the stores by name.

use std::sync::Arc;

use domain::time::DAY;
use streams::processor::Context;
use streams::store::{StoreError, StoreKind, StoreSpec};
use streams::topology::{StoreHandle, TopologyBuilder, TopologyError};

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

/// A row that is of another format or damaged.
pub(crate) fn corrupted() -> StoreError {
    StoreError::Corrupted { store: Arc::from("conductor"), reason: "the row is of another format or damaged" }
}
