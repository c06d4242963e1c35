//! Whose the content is, what it is worth, and what becomes of it when the owner or the topology changes.

use super::stage::{POINTS, RANGES, TASK, apply, checkpoint, filled, get, keys, open, put, spec, specs};
use crate::store::{Backend, BackendProvider, Checkpoint, StoreError, StoreIndex, StoreKind};
use crate::task::TaskId;

pub(super) fn what_was_applied_is_there_after_the_owner_was_killed(provider: &dyn BackendProvider) {
    drop(filled(provider));
    let backend = open(provider);
    assert_eq!(get(&*backend, POINTS, b"a"), Some(b"1".to_vec()));
    assert_eq!(get(&*backend, RANGES, b"b"), Some(b"2".to_vec()));
    assert_eq!(backend.checkpoint(), &checkpoint());
}

pub(super) fn an_open_task_is_refused_to_a_second_owner(provider: &dyn BackendProvider) {
    let first = filled(provider);
    assert!(matches!(provider.open(TASK, &specs()), Err(StoreError::InUse { task: TASK })));
    assert_eq!(provider.discard(TASK), Err(StoreError::InUse { task: TASK }));
    assert_eq!(get(&*first, POINTS, b"a"), Some(b"1".to_vec()));
    drop(first);
    assert!(provider.open(TASK, &specs()).is_ok());
}

pub(super) fn tasks_do_not_see_each_other(provider: &dyn BackendProvider) {
    let first = filled(provider);
    for other in [TaskId { partition: 4, ..TASK }, TaskId { sub_topology: 1, ..TASK }] {
        let mut other = provider.open(other, &specs()).unwrap();
        assert_eq!(get(&*other, POINTS, b"a"), None);
        apply(&mut *other, vec![put(POINTS, b"a", b"another")]);
    }
    assert_eq!(get(&*first, POINTS, b"a"), Some(b"1".to_vec()));
}

pub(super) fn a_store_keeps_its_rows_when_another_is_declared_before_it(provider: &dyn BackendProvider) {
    drop(filled(provider));
    let mut changed = specs();
    changed.reverse();
    changed.insert(0, spec("new", StoreKind::KeyValue));
    for _ in 0..2 {
        let backend = provider.open(TASK, &changed).unwrap();
        assert_eq!(get(&*backend, StoreIndex(2), b"a"), Some(b"1".to_vec()));
        assert_eq!(get(&*backend, StoreIndex(1), b"b"), Some(b"2".to_vec()));
        assert_eq!(get(&*backend, StoreIndex(0), b"a"), None);
        let expect = Checkpoint { changelog: vec![None, Some(9), Some(7)], ..checkpoint() };
        assert_eq!(backend.checkpoint(), &expect);
    }
}

pub(super) fn a_store_that_is_no_longer_declared_is_forgotten(provider: &dyn BackendProvider) {
    drop(filled(provider));
    let kept = provider.open(TASK, &specs()[..1]).unwrap();
    assert_eq!(kept.checkpoint(), &Checkpoint { changelog: vec![Some(7)], ..checkpoint() });
    drop(kept);
    let backend = open(provider);
    assert_eq!(get(&*backend, POINTS, b"a"), Some(b"1".to_vec()));
    assert!(keys(&*backend, b"", b"\xff", 10).is_empty());
    assert_eq!(backend.checkpoint(), &Checkpoint { changelog: vec![Some(7), None], ..checkpoint() });
}

pub(super) fn a_store_of_another_kind_starts_empty(provider: &dyn BackendProvider) {
    drop(filled(provider));
    let mut changed = specs();
    changed[0].kind = StoreKind::Ordered;
    let backend = provider.open(TASK, &changed).unwrap();
    assert_eq!((get(&*backend, POINTS, b"a"), get(&*backend, RANGES, b"b")), (None, Some(b"2".to_vec())));
    assert_eq!(backend.checkpoint(), &Checkpoint { changelog: vec![None, Some(9)], ..checkpoint() });
}

pub(super) fn a_cleared_state_is_empty_and_worth_nothing_for_good(provider: &dyn BackendProvider) {
    let mut backend = filled(provider);
    backend.clear().unwrap();
    assert_is_empty(&*backend);
    drop(backend);
    let mut backend = open(provider);
    assert_is_empty(&*backend);
    apply(&mut *backend, vec![put(POINTS, b"new", b"1")]);
    drop(backend);
    let backend = open(provider);
    assert_eq!((get(&*backend, POINTS, b"new"), get(&*backend, POINTS, b"a")), (Some(b"1".to_vec()), None));
}

pub(super) fn a_discarded_state_is_empty(provider: &dyn BackendProvider) {
    provider.discard(TASK).unwrap();
    drop(filled(provider));
    provider.discard(TASK).unwrap();
    assert_is_empty(&*open(provider));
}

fn assert_is_empty(backend: &dyn Backend) {
    assert_eq!(get(backend, POINTS, b"a"), None);
    assert!(keys(backend, b"", b"\xff", 10).is_empty());
    let Checkpoint { changelog, inputs, identity, committed_at_ms } = backend.checkpoint();
    assert!(changelog.iter().chain(inputs).all(Option::is_none), "{changelog:?} {inputs:?}");
    assert!(identity.is_empty() && *committed_at_ms == 0);
}
