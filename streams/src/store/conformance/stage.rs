//! What the cases share: two stores of one task, and short words for what is done to them.

use core::ops::ControlFlow;

use crate::store::{Backend, BackendProvider, Batch, Checkpoint, StoreIndex, StoreKind, StoreSpec, Write};
use crate::task::TaskId;

pub(super) const TASK: TaskId = TaskId { sub_topology: 0, partition: 3 };
pub(super) const POINTS: StoreIndex = StoreIndex(0);
pub(super) const RANGES: StoreIndex = StoreIndex(1);

pub(super) fn spec(name: &str, kind: StoreKind) -> StoreSpec {
    StoreSpec { name: name.into(), kind, changelog_retention_ms: None }
}

pub(super) fn specs() -> Vec<StoreSpec> {
    vec![spec("points", StoreKind::KeyValue), spec("ranges", StoreKind::Ordered)]
}

pub(super) fn put(store: StoreIndex, key: &[u8], value: &[u8]) -> Write {
    Write { store, key: key.into(), value: Some(value.into()) }
}

pub(super) fn delete(store: StoreIndex, key: &[u8]) -> Write {
    Write { store, key: key.into(), value: None }
}

pub(super) fn open(provider: &dyn BackendProvider) -> Box<dyn Backend> {
    provider.open(TASK, &specs()).unwrap()
}

/// Applies without a word on what the content is worth.
pub(super) fn apply(backend: &mut dyn Backend, writes: Vec<Write>) {
    let checkpoint = backend.checkpoint().clone();
    backend.apply(&mut Batch { writes, checkpoint }).unwrap();
}

pub(super) fn checkpoint() -> Checkpoint {
    Checkpoint {
        changelog: vec![Some(7), Some(9)],
        inputs: vec![Some(3), None],
        identity: b"here".to_vec(),
        committed_at_ms: 1_700_000_000_000,
    }
}

/// The task with a row in each store, and [`checkpoint`].
pub(super) fn filled(provider: &dyn BackendProvider) -> Box<dyn Backend> {
    let mut backend = open(provider);
    let writes = vec![put(POINTS, b"a", b"1"), put(RANGES, b"b", b"2")];
    backend.apply(&mut Batch { writes, checkpoint: checkpoint() }).unwrap();
    backend
}

pub(super) fn get(backend: &dyn Backend, store: StoreIndex, key: &[u8]) -> Option<Vec<u8>> {
    let mut value = b"left over".to_vec();
    let is_found = backend.get(store, key, &mut value).unwrap();
    assert!(is_found || value.is_empty(), "the buffer is cleared");
    is_found.then_some(value)
}

/// At most `max` keys of the range.
pub(super) fn keys(backend: &dyn Backend, from: &[u8], to: &[u8], max: usize) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    backend
        .scan(RANGES, from, to, &mut |key, _| {
            keys.push(key.to_vec());
            if keys.len() == max { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    keys
}
