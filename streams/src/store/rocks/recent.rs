//! The rows that were written last, beside the database: what counts is read again soon, and finding it in a memtable, between all
//! its older versions, takes ten times as long as here.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::store::{StoreIndex, Write};

/// Rows of one task, keys and values, at most; old ones make room in halves.
const BYTES_MAX: usize = 1 << 20;
/// Roughly what a row costs besides its bytes.
const ROW_BYTES: usize = 64;

/// `None`: it was deleted.
type Value = Option<Box<[u8]>>;

/// Committed rows. It says nothing of rows that it does not know.
#[derive(Debug, Default)]
pub(super) struct Recent {
    young: Half,
    /// What was young before that became full.
    old: Half,
}

/// The rows of each store.
#[derive(Debug, Default)]
struct Half {
    stores: Vec<HashMap<Box<[u8]>, Value, FixedState>>,
    bytes: usize,
}

impl Recent {
    /// What was written to `key` last, if that is known: a value, or its deletion.
    pub(super) fn get(&self, store: StoreIndex, key: &[u8]) -> Option<Option<&[u8]>> {
        let halves = [&self.young, &self.old];
        let row = halves.into_iter().find_map(|half| half.stores.get(store.0)?.get(key));
        row.map(Option::as_deref)
    }

    /// A row is in the database now.
    pub(super) fn put(&mut self, write: Write) {
        let bytes = bytes_of(&write.key, &write.value);
        if bytes > BYTES_MAX / 2 {
            // Nobody may find what it was before.
            self.young.remove(&write);
            self.old.remove(&write);
            return;
        }
        if self.young.bytes + bytes > BYTES_MAX / 2 {
            self.old = core::mem::take(&mut self.young);
        }
        self.young.put(write);
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Half {
    fn put(&mut self, Write { store, key, value }: Write) {
        if self.stores.len() <= store.0 {
            self.stores.resize_with(store.0 + 1, HashMap::default);
        }
        let Some(rows) = self.stores.get_mut(store.0) else { return };
        self.bytes += bytes_of(&key, &value);
        let key_bytes = key.len();
        if let Some(former) = rows.insert(key, value) {
            self.bytes -= ROW_BYTES + key_bytes + former.map_or(0, |former| former.len());
        }
    }

    fn remove(&mut self, write: &Write) {
        let former = self.stores.get_mut(write.store.0).and_then(|rows| rows.remove(&write.key));
        self.bytes -= former.map_or(0, |former| bytes_of(&write.key, &former));
    }
}

fn bytes_of(key: &[u8], value: &Value) -> usize {
    ROW_BYTES + key.len() + value.as_ref().map_or(0, |value| value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: StoreIndex = StoreIndex(1);

    fn write(key: u64, value: Option<&[u8]>) -> Write {
        Write { store: STORE, key: key.to_be_bytes().into(), value: value.map(Into::into) }
    }

    fn get(recent: &Recent, key: u64) -> Option<Option<&[u8]>> {
        recent.get(STORE, &key.to_be_bytes())
    }

    #[test]
    fn what_was_written_last_is_known_and_its_deletion_too() {
        let mut recent = Recent::default();
        assert_eq!(get(&recent, 1), None);
        recent.put(write(1, Some(b"first")));
        recent.put(write(1, Some(b"second")));
        recent.put(write(2, Some(b"gone")));
        recent.put(write(2, None));
        assert_eq!((get(&recent, 1), get(&recent, 2)), (Some(Some(b"second".as_slice())), Some(None)));
        assert_eq!(recent.get(StoreIndex(0), &1_u64.to_be_bytes()), None);
        recent.clear();
        assert_eq!(get(&recent, 1), None);
    }

    #[test]
    fn rows_make_room_for_younger_ones_and_an_older_version_never_comes_back() {
        let mut recent = Recent::default();
        for version in 0..3_u8 {
            for key in 0..20_000 {
                recent.put(write(key, Some(&[version; 40])));
                assert!(recent.young.bytes + recent.old.bytes <= BYTES_MAX);
                assert_eq!(get(&recent, key), Some(Some([version; 40].as_slice())));
                let other = get(&recent, (key * 7) % 20_000).flatten().map(|value| value[0]);
                assert!(other.is_none_or(|other| other == version || (key * 7) % 20_000 > key));
            }
        }
        assert_eq!(get(&recent, 0), None, "nothing has made room");
        let oldest = (0..20_000).find(|key| get(&recent, *key).is_some()).unwrap();
        for key in [oldest, 19_999] {
            recent.put(write(key, Some(&[0; BYTES_MAX])));
            assert_eq!(get(&recent, key), None, "neither the large one, nor what was there before");
        }
    }
}
