//! The rows of the checkpoint's column family: their keys and their bytes, kept stable under
//! [`FORMAT`](super::directory::FORMAT). What a column family is called is kept stable, too.

use std::collections::BTreeMap;

use crate::broker::Offset;
use crate::store::{Checkpoint, StoreKind, StoreSpec};

/// `c`: one row, [`StoredCheckpoint`].
pub(super) const CHECKPOINT: &[u8] = b"c";
/// `d`, column family: its rows are to be thrown away. There while that is not complete.
const DOOMED: u8 = b'd';

/// A store of another kind is another store: its rows were written for other reads.
pub(super) fn family_of(store: &StoreSpec) -> String {
    let kind = match store.kind {
        StoreKind::KeyValue => "key-value",
        StoreKind::Ordered => "ordered",
    };
    format!("{kind}:{}", store.name)
}

/// The store that a column family of [`family_of`] belongs to.
pub(super) fn store_of(family: &str) -> Option<(&str, StoreKind)> {
    let (kind, name) = family.split_once(':')?;
    match kind {
        "key-value" => Some((name, StoreKind::KeyValue)),
        "ordered" => Some((name, StoreKind::Ordered)),
        _ => None,
    }
}

pub(super) fn doomed_key(family: &str) -> Vec<u8> {
    let mut key = vec![DOOMED];
    key.extend_from_slice(family.as_bytes());
    key
}

/// The column family that a key of [`doomed_key`] names.
pub(super) fn doomed_family(key: &[u8]) -> Option<&str> {
    core::str::from_utf8(key.strip_prefix(&[DOOMED])?).ok()
}

/// All keys of [`doomed_key`]: from the first to behind the last.
pub(super) const DOOMED_RANGE: (&[u8], &[u8]) = (&[DOOMED], &[DOOMED + 1]);

/// A checkpoint whose changelog offsets are found by name, so that they survive a change of the topology.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct StoredCheckpoint {
    /// By column family; what was never written is missing.
    pub(super) changelog: BTreeMap<String, Offset>,
    /// As in [`Checkpoint`].
    pub(super) inputs: Vec<Option<Offset>>,
    /// As in [`Checkpoint`].
    pub(super) identity: Vec<u8>,
    /// As in [`Checkpoint`].
    pub(super) committed_at_ms: i64,
}

impl StoredCheckpoint {
    /// For stores in this order.
    pub(super) fn into_checkpoint(self, families: &[String]) -> Checkpoint {
        let Self { changelog, inputs, identity, committed_at_ms } = self;
        let changelog = families.iter().map(|family| changelog.get(family).copied()).collect();
        Checkpoint { changelog, inputs, identity, committed_at_ms }
    }

    /// What [`encode`] wrote; `None`: something else.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let committed_at_ms = bytes.number()?;
        let identity = bytes.run()?.to_vec();
        let inputs = (0..bytes.count()?).map(|_| bytes.option()).collect::<Option<_>>()?;
        let mut changelog = BTreeMap::new();
        for _ in 0..bytes.count()? {
            let family = core::str::from_utf8(bytes.run()?).ok()?.to_owned();
            changelog.insert(family, bytes.number()?);
        }
        bytes.0.is_empty().then_some(Self { changelog, inputs, identity, committed_at_ms })
    }
}

/// Big-endian: the wall time; the identity; the inputs, each with a byte that says whether it has an offset; the column
/// families that have an offset, each with it. A count or a length of four bytes stands before what varies.
pub(super) fn encode(checkpoint: &Checkpoint, families: &[String]) -> Vec<u8> {
    let Checkpoint { changelog, inputs, identity, committed_at_ms } = checkpoint;
    let mut bytes = committed_at_ms.to_be_bytes().to_vec();
    put_run(&mut bytes, identity);
    put_count(&mut bytes, inputs.len());
    for input in inputs {
        bytes.push(u8::from(input.is_some()));
        bytes.extend(input.unwrap_or_default().to_be_bytes());
    }
    let written = || families.iter().zip(changelog).filter_map(|(family, offset)| Some((family, (*offset)?)));
    put_count(&mut bytes, written().count());
    for (family, offset) in written() {
        put_run(&mut bytes, family.as_bytes());
        bytes.extend(offset.to_be_bytes());
    }
    bytes
}

fn put_count(bytes: &mut Vec<u8>, count: usize) {
    // No identity and no list comes near that.
    bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
}

fn put_run(bytes: &mut Vec<u8>, run: &[u8]) {
    put_count(bytes, run.len());
    bytes.extend_from_slice(run);
}

/// What is left to decode.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<i64> {
        Some(i64::from_be_bytes(self.take(size_of::<i64>())?.try_into().ok()?))
    }

    fn count(&mut self) -> Option<usize> {
        usize::try_from(u32::from_be_bytes(self.take(size_of::<u32>())?.try_into().ok()?)).ok()
    }

    fn run(&mut self) -> Option<&'a [u8]> {
        let count = self.count()?;
        self.take(count)
    }

    /// An offset that may be missing.
    fn option(&mut self) -> Option<Option<Offset>> {
        let is_there = self.take(1)? == [1];
        let offset = self.number()?;
        Some(is_there.then_some(offset))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn offsets() -> impl Strategy<Value = Vec<Option<Offset>>> {
        proptest::collection::vec(proptest::option::of(any::<Offset>()), 0..5)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn a_checkpoint_is_read_as_it_was_written(
            changelog in offsets(), inputs in offsets(),
            identity in proptest::collection::vec(any::<u8>(), 0..40), committed_at_ms in any::<i64>(),
        ) {
            let families: Vec<String> = (0..changelog.len()).map(|number| format!("ordered:{number}")).collect();
            let checkpoint = Checkpoint { changelog, inputs, identity, committed_at_ms };
            let bytes = encode(&checkpoint, &families);
            let stored = StoredCheckpoint::decode(&bytes).unwrap();
            prop_assert_eq!(&stored.into_checkpoint(&families), &checkpoint);
            prop_assert!((0..bytes.len()).all(|end| StoredCheckpoint::decode(&bytes[..end]).is_none()));
        }

        #[test]
        fn garbage_is_no_checkpoint_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = StoredCheckpoint::decode(&bytes);
        }
    }

    /// The bytes of format 1: a change of them is a new format.
    #[test]
    fn the_rows_are_those_of_the_format() {
        let spec = |name: &str, kind| StoreSpec { name: name.into(), kind, changelog_retention_ms: None };
        let families = [spec("a", StoreKind::KeyValue), spec("b", StoreKind::Ordered)].map(|spec| family_of(&spec));
        assert_eq!(families, ["key-value:a", "ordered:b"]);
        assert_eq!(
            families.each_ref().map(|family| store_of(family)),
            [Some(("a", StoreKind::KeyValue)), Some(("b", StoreKind::Ordered)),]
        );
        assert_eq!(store_of("default"), None);
        let checkpoint = Checkpoint {
            changelog: vec![None, Some(2)],
            inputs: vec![Some(1), None],
            identity: b"id".to_vec(),
            committed_at_ms: 3,
        };
        let mut expect = vec![0, 0, 0, 0, 0, 0, 0, 3];
        expect.extend([0, 0, 0, 2, b'i', b'd']);
        expect.extend([0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        expect.extend([0, 0, 0, 1, 0, 0, 0, 9]);
        expect.extend(b"ordered:b");
        expect.extend([0, 0, 0, 0, 0, 0, 0, 2]);
        assert_eq!(encode(&checkpoint, &families), expect);
        assert_eq!(doomed_key("ordered:b"), b"dordered:b");
        assert_eq!(doomed_family(b"dordered:b"), Some("ordered:b"));
    }
}
