//! Backends in memory: for tests, simulations, and state that is always rebuilt from its changelog.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::fast::FixedState;

use super::ordered_key::OrderedKey;
use super::{Backend, BackendProvider, Batch, Checkpoint, StoreError, StoreIndex, StoreKind, StoreSpec, Visit};
use crate::task::TaskId;

/// Roughly what a row costs besides its bytes.
const ROW_BYTES: usize = 64;

/// Keeps the state of every task of one process. Content outlives the handles as files on a disk would: a task that is opened
/// again, even after its owner was killed, finds what was applied. Clones share it.
#[derive(Clone, Default)]
pub struct MemoryBackends {
    slots: Arc<Mutex<BTreeMap<TaskId, Slot>>>,
    volatile: bool,
}

/// A task's content, or nothing while it is open.
type Slot = Option<Content>;

impl MemoryBackends {
    /// Content ends with its handle, as on a machine whose disk is lost with it.
    #[must_use]
    pub fn volatile() -> Self {
        Self { volatile: true, ..Self::default() }
    }
}

impl core::fmt::Debug for MemoryBackends {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("MemoryBackends").field("volatile", &self.volatile).finish_non_exhaustive()
    }
}

impl BackendProvider for MemoryBackends {
    fn open(&self, task: TaskId, stores: &[StoreSpec]) -> Result<Box<dyn Backend>, StoreError> {
        let mut slots = lock(&self.slots);
        let slot = slots.entry(task).or_insert_with(|| Some(Content::default()));
        let Some(mut content) = slot.take() else { return Err(StoreError::InUse { task }) };
        drop(slots);
        content.match_stores(stores);
        Ok(Box::new(MemoryBackend { task, content, home: self.clone() }))
    }

    fn discard(&self, task: TaskId) -> Result<(), StoreError> {
        let mut slots = lock(&self.slots);
        if slots.get(&task).is_some_and(Option::is_none) {
            return Err(StoreError::InUse { task });
        }
        slots.remove(&task);
        Ok(())
    }
}

/// An open task. Dropping it is closing it.
struct MemoryBackend {
    task: TaskId,
    content: Content,
    home: MemoryBackends,
}

impl Drop for MemoryBackend {
    fn drop(&mut self) {
        let content = core::mem::take(&mut self.content);
        let kept = if self.home.volatile { Content::default() } else { content };
        lock(&self.home.slots).insert(self.task, Some(kept));
    }
}

/// A panic elsewhere does not make the map unusable: it is only ever changed in one step.
fn lock(slots: &Mutex<BTreeMap<TaskId, Slot>>) -> MutexGuard<'_, BTreeMap<TaskId, Slot>> {
    slots.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Default)]
struct Content {
    stores: Vec<Store>,
    checkpoint: Checkpoint,
    bytes: usize,
}

struct Store {
    name: Arc<str>,
    rows: Rows,
}

enum Rows {
    Points(HashMap<Box<[u8]>, Box<[u8]>, FixedState>),
    Ordered(BTreeMap<OrderedKey, Box<[u8]>>),
}

impl Content {
    /// Stores are found again by their names; what is no longer declared is forgotten, and what is new starts empty.
    fn match_stores(&mut self, specs: &[StoreSpec]) {
        let same =
            self.stores.len() == specs.len() && self.stores.iter().zip(specs).all(|(store, spec)| store.is(spec));
        if same {
            return;
        }
        let mut old: Vec<_> = core::mem::take(&mut self.stores)
            .into_iter()
            .enumerate()
            .map(|(place, store)| Some((place, store)))
            .collect();
        let mut changelog = Vec::with_capacity(specs.len());
        for spec in specs {
            let found = old.iter_mut().find(|slot| slot.as_ref().is_some_and(|(_, store)| store.is(spec)));
            let (offset, store) = match found.and_then(Option::take) {
                Some((place, store)) => (self.checkpoint.changelog.get(place).copied().flatten(), store),
                None => (None, Store::new(spec)),
            };
            changelog.push(offset);
            self.stores.push(store);
        }
        self.checkpoint.changelog = changelog;
    }

    fn store(&self, index: StoreIndex) -> Result<&Store, StoreError> {
        self.stores.get(index.0).ok_or(StoreError::UnknownStore { index: index.0 })
    }
}

impl Store {
    fn new(spec: &StoreSpec) -> Self {
        let rows = match spec.kind {
            StoreKind::KeyValue => Rows::Points(HashMap::default()),
            StoreKind::Ordered => Rows::Ordered(BTreeMap::new()),
        };
        Self { name: Arc::clone(&spec.name), rows }
    }

    fn is(&self, spec: &StoreSpec) -> bool {
        let kind = match self.rows {
            Rows::Points(_) => StoreKind::KeyValue,
            Rows::Ordered(_) => StoreKind::Ordered,
        };
        self.name == spec.name && kind == spec.kind
    }

    fn get(&self, key: &[u8]) -> Option<&[u8]> {
        match &self.rows {
            Rows::Points(rows) => rows.get(key).map(|value| &**value),
            Rows::Ordered(rows) => rows.get(&OrderedKey::from(key)).map(|value| &**value),
        }
    }

    /// Writes a row and returns the former value's length.
    fn write(&mut self, key: Box<[u8]>, value: Option<Box<[u8]>>) -> Option<usize> {
        let former = match (&mut self.rows, value) {
            (Rows::Points(rows), Some(value)) => rows.insert(key, value),
            (Rows::Points(rows), None) => rows.remove(&key),
            (Rows::Ordered(rows), Some(value)) => rows.insert(key.into(), value),
            (Rows::Ordered(rows), None) => rows.remove(&OrderedKey::from(key)),
        };
        former.map(|value| value.len())
    }
}

impl Backend for MemoryBackend {
    fn get(&self, store: StoreIndex, key: &[u8], value: &mut Vec<u8>) -> Result<bool, StoreError> {
        value.clear();
        let found = self.content.store(store)?.get(key);
        value.extend_from_slice(found.unwrap_or_default());
        Ok(found.is_some())
    }

    fn scan(&self, store: StoreIndex, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let store = self.content.store(store)?;
        let Rows::Ordered(rows) = &store.rows else {
            return Err(StoreError::NotOrdered { store: Arc::clone(&store.name) });
        };
        if from >= to {
            return Ok(());
        }
        for (key, value) in rows.range(OrderedKey::from(from)..OrderedKey::from(to)) {
            if visit(key.bytes(), value).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn apply(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        let stores = self.content.stores.len();
        if let Some(write) = batch.writes.iter().find(|write| write.store.0 >= stores) {
            return Err(StoreError::UnknownStore { index: write.store.0 });
        }
        for write in batch.writes.drain(..) {
            let Some(store) = self.content.stores.get_mut(write.store.0) else { continue };
            let key_bytes = ROW_BYTES + write.key.len();
            let added = write.value.as_ref().map_or(0, |value| key_bytes + value.len());
            let former = store.write(write.key, write.value).map_or(0, |value| key_bytes + value);
            self.content.bytes = (self.content.bytes + added).saturating_sub(former);
        }
        self.content.checkpoint = core::mem::take(&mut batch.checkpoint);
        Ok(())
    }

    fn checkpoint(&self) -> &Checkpoint {
        &self.content.checkpoint
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        for store in &mut self.content.stores {
            match &mut store.rows {
                Rows::Points(rows) => rows.clear(),
                Rows::Ordered(rows) => rows.clear(),
            }
        }
        self.content.checkpoint = Checkpoint::default();
        self.content.bytes = 0;
        Ok(())
    }

    fn approximate_bytes(&self) -> usize {
        self.content.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::{cases, with_each_case};

    macro_rules! test_each_case {
        ($($room:ident::$case:ident,)*) => {
            $(#[test]
            fn $case() {
                let (_, case) = cases().into_iter().find(|(known, _)| *known == stringify!($case)).unwrap();
                case(&MemoryBackends::default());
            })*
        };
    }
    with_each_case!(test_each_case);

    #[test]
    fn a_volatile_backend_forgets() {
        let backends = MemoryBackends::volatile();
        let task = TaskId { sub_topology: 0, partition: 3 };
        let spec = StoreSpec { name: "points".into(), kind: StoreKind::KeyValue, changelog_retention_ms: None };
        let open = || backends.open(task, core::slice::from_ref(&spec)).unwrap();
        let mut backend = open();
        let write = crate::store::Write { store: StoreIndex(0), key: (*b"a").into(), value: Some((*b"1").into()) };
        let checkpoint = Checkpoint { changelog: vec![Some(7)], ..Checkpoint::default() };
        backend.apply(&mut Batch { writes: vec![write], checkpoint }).unwrap();
        assert_eq!(backend.approximate_bytes(), ROW_BYTES + 2);
        drop(backend);
        let backend = open();
        assert!(!backend.get(StoreIndex(0), b"a", &mut Vec::new()).unwrap());
        assert_eq!(backend.checkpoint(), &Checkpoint { changelog: vec![None], ..Checkpoint::default() });
    }
}
