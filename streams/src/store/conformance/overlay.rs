//! Uncommitted writes over committed ones, on many random histories.

use core::ops::ControlFlow;
use std::collections::BTreeMap;

use super::stage::{TASK, spec};
use crate::store::overlay::Overlay;
use crate::store::{Backend, BackendProvider, Batch, StoreIndex, StoreKind};
use crate::testing::simulation::chance::Chance;

const STORE: StoreIndex = StoreIndex(0);
const HISTORIES: u64 = 256;

type Row = (Vec<u8>, Vec<u8>);

/// Commits and roll-backs at any place: an ordered map tells what must be read.
pub(super) fn overlay_and_backend_read_as_one_map(provider: &dyn BackendProvider) {
    let spec = spec("rows", StoreKind::Ordered);
    let mut backend = provider.open(TASK, core::slice::from_ref(&spec)).unwrap();
    for seed in 0..HISTORIES {
        let mut chance = Chance::new(seed);
        let mut overlay = Overlay::new(&spec);
        let mut model = BTreeMap::new();
        // Few histories begin with an empty store: what the former one left is a part of the model.
        backend.scan(STORE, b"", &[u8::MAX], &mut insert_into(&mut model)).unwrap();
        let mut committed = model.clone();
        for _ in 0..chance.below(40) {
            match chance.below(11) {
                0..6 => {
                    let (key, value) = (bytes(&mut chance, 3), bytes(&mut chance, 4));
                    overlay.put(&key, Some(&value));
                    model.insert(key, value);
                }
                6..9 => {
                    let key = bytes(&mut chance, 3);
                    overlay.put(&key, None);
                    model.remove(&key);
                }
                9 => {
                    let mut batch = Batch::default();
                    overlay.drain_into(STORE, &mut batch.writes);
                    backend.apply(&mut batch).unwrap();
                    committed = model.clone();
                }
                _ => {
                    overlay.clear();
                    model = committed.clone();
                }
            }
        }
        let (from, to, max) = (bytes(&mut chance, 3), bytes(&mut chance, 3), chance.between(1, 4));
        let within = model.iter().filter(|(key, _)| **key >= from && **key < to).take(max);
        let expect: Vec<Row> = within.map(|(key, value)| (key.clone(), value.clone())).collect();
        assert_eq!(rows_of(&overlay, &*backend, &from, &to, max), expect, "history {seed}, {from:?} to {to:?}");
        if chance.percent(30) {
            backend.clear().unwrap();
        }
    }
}

/// Few different ones, so that they meet.
fn bytes(chance: &mut Chance, below: usize) -> Vec<u8> {
    (0..chance.below(below)).map(|_| u8::try_from(chance.below(4)).unwrap()).collect()
}

fn insert_into(model: &mut BTreeMap<Vec<u8>, Vec<u8>>) -> impl FnMut(&[u8], &[u8]) -> ControlFlow<()> {
    |key, value| {
        model.insert(key.to_vec(), value.to_vec());
        ControlFlow::Continue(())
    }
}

fn rows_of(overlay: &Overlay, backend: &dyn Backend, from: &[u8], to: &[u8], max: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut visit = |key: &[u8], value: &[u8]| {
        rows.push((key.to_vec(), value.to_vec()));
        if rows.len() == max { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    overlay.scan(backend, STORE, from, to, &mut visit).unwrap();
    rows
}
