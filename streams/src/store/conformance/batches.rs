//! What is written is read, and what is refused leaves nothing behind.

use core::ops::ControlFlow;

use super::stage::{POINTS, RANGES, apply, checkpoint, delete, filled, get, keys, open, put};
use crate::store::{BackendProvider, Batch, StoreError, StoreIndex};

pub(super) fn a_value_is_read_back_and_a_deleted_one_is_gone(provider: &dyn BackendProvider) {
    let mut backend = open(provider);
    for store in [POINTS, RANGES] {
        apply(&mut *backend, vec![put(store, b"a", b"1"), put(store, b"", b"no key"), put(store, b"c", b"")]);
        apply(&mut *backend, vec![put(store, b"a", b"2"), delete(store, b"b"), put(store, b"b", b"3")]);
        let values = [b"a", &b""[..], b"c", b"b"].map(|key| get(&*backend, store, key));
        assert_eq!(values, [b"2", &b"no key"[..], b"", b"3"].map(|value| Some(value.to_vec())));
        apply(&mut *backend, vec![put(store, b"a", b"4"), delete(store, b"a"), delete(store, b"")]);
        assert_eq!((get(&*backend, store, b"a"), get(&*backend, store, b"")), (None, None));
    }
}

pub(super) fn a_scan_visits_its_range_in_order_until_it_is_told_to_stop(provider: &dyn BackendProvider) {
    let mut backend = open(provider);
    let rows = [&b"b"[..], b"", b"a\xff", b"\xff\xff", b"a", b"a\0"].map(|key| put(RANGES, key, b"1"));
    apply(&mut *backend, rows.into());
    assert_eq!(keys(&*backend, b"", b"\xff\xff\xff", 10), [&b""[..], b"a", b"a\0", b"a\xff", b"b", b"\xff\xff"]);
    assert_eq!(keys(&*backend, b"a\0", b"b", 10), [&b"a\0"[..], b"a\xff"], "the end is not a part of it");
    assert_eq!(keys(&*backend, b"a", b"b", 2), [&b"a"[..], b"a\0"]);
    for (from, to) in [(&b"b"[..], &b"a"[..]), (b"a", b"a"), (b"a", b""), (b"c", b"d")] {
        assert!(keys(&*backend, from, to, 10).is_empty(), "{from:?} to {to:?}");
    }
}

pub(super) fn a_store_of_points_refuses_a_scan(provider: &dyn BackendProvider) {
    let backend = open(provider);
    let refused = backend.scan(POINTS, b"a", b"b", &mut |_, _| ControlFlow::Continue(()));
    assert_eq!(refused, Err(StoreError::NotOrdered { store: "points".into() }));
}

pub(super) fn what_no_store_holds_is_refused(provider: &dyn BackendProvider) {
    let (backend, nowhere) = (open(provider), StoreIndex(2));
    let unknown = Err(StoreError::UnknownStore { index: 2 });
    assert_eq!(backend.get(nowhere, b"a", &mut Vec::new()), unknown.clone().map(|()| true));
    assert_eq!(backend.scan(nowhere, b"a", b"b", &mut |_, _| ControlFlow::Continue(())), unknown);
}

pub(super) fn a_batch_for_an_unknown_store_changes_nothing(provider: &dyn BackendProvider) {
    let mut backend = filled(provider);
    let mut batch = Batch { writes: vec![put(POINTS, b"a", b"9"), put(StoreIndex(5), b"b", b"2")], ..Batch::default() };
    assert_eq!(backend.apply(&mut batch), Err(StoreError::UnknownStore { index: 5 }));
    assert_eq!(get(&*backend, POINTS, b"a"), Some(b"1".to_vec()));
    assert_eq!(backend.checkpoint(), &checkpoint());
}

pub(super) fn a_batch_is_drained(provider: &dyn BackendProvider) {
    let mut backend = open(provider);
    let mut batch = Batch { writes: vec![put(POINTS, b"a", b"1")], checkpoint: checkpoint() };
    backend.apply(&mut batch).unwrap();
    assert_eq!(batch, Batch::default());
    assert_eq!(backend.checkpoint(), &checkpoint());
}

pub(super) fn rows_of_a_restore_are_read_after_it(provider: &dyn BackendProvider) {
    let mut backend = filled(provider);
    backend.begin_restore().unwrap();
    for batch in 0..20_u8 {
        let rows = (0..200_u8).map(|row| put(RANGES, &[batch, row], &[row; 50]));
        apply(&mut *backend, rows.collect());
    }
    apply(&mut *backend, vec![delete(RANGES, &[3, 7])]);
    backend.end_restore().unwrap();
    assert_eq!(keys(&*backend, &[0], &[20], 10_000).len(), 20 * 200 - 1);
    assert_eq!(get(&*backend, RANGES, &[19, 199]), Some(vec![199; 50]));
    assert_eq!(get(&*backend, POINTS, b"a"), Some(b"1".to_vec()));
}

pub(super) fn bytes_grow_with_what_is_held(provider: &dyn BackendProvider) {
    let mut backend = open(provider);
    let before = backend.approximate_bytes();
    apply(&mut *backend, (0..100_u8).map(|row| put(POINTS, &[row], &[row; 1_000])).collect());
    let grown = backend.approximate_bytes();
    assert!(grown >= before + 100_000, "{before} to {grown}");
    backend.clear().unwrap();
    assert!(backend.approximate_bytes() < grown / 2, "{} of {grown}", backend.approximate_bytes());
}
