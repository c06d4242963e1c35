//! What a task remembers: committed rows in the backend, uncommitted ones over them, timers, progress, counters.

use std::sync::Arc;

use super::meta::{PROGRESS, Progress};
use super::timers::Timers;
use crate::store::overlay::Overlay;
use crate::store::{Backend, Batch, StoreError, StoreIndex, StoreSpec, Visit};

pub(crate) struct State {
    pub(crate) backend: Box<dyn Backend>,
    overlays: Vec<Overlay>,
    pub(crate) meta: StoreIndex,
    meta_name: Arc<str>,
    pub(crate) timers: Timers,
    pub(crate) progress: Progress,
    /// As of the last commit.
    committed_progress: Progress,
    /// The application's own counters. A handful: looked up from the front.
    pub(crate) counters: Vec<(&'static str, u64)>,
    /// As of the last commit.
    committed_counters: Vec<(&'static str, u64)>,
    /// Holds the last value that came from the backend.
    read: Vec<u8>,
    /// Used again for each commit.
    pub(crate) batch: Batch,
}

impl State {
    pub(crate) fn new(stores: &[StoreSpec], meta: StoreIndex, backend: Box<dyn Backend>) -> Result<Self, StoreError> {
        let mut state = Self {
            backend,
            overlays: stores.iter().map(Overlay::new).collect(),
            meta,
            meta_name: stores.get(meta.0).map_or_else(|| "meta".into(), |spec| Arc::clone(&spec.name)),
            timers: Timers::default(),
            progress: Progress::default(),
            committed_progress: Progress::default(),
            counters: Vec::new(),
            committed_counters: Vec::new(),
            read: Vec::new(),
            batch: Batch::default(),
        };
        state.load()?;
        Ok(state)
    }

    /// Takes everything from the committed rows; what is uncommitted is dropped.
    pub(crate) fn load(&mut self) -> Result<(), StoreError> {
        self.roll_back();
        self.timers = Timers::load(&*self.backend, self.meta, &self.meta_name)?;
        let corrupted = StoreError::Corrupted {
            store: Arc::clone(&self.meta_name),
            reason: "the progress row is of an unknown format",
        };
        self.progress = match self.backend.get(self.meta, &[PROGRESS], &mut self.read)? {
            true => Progress::decode(&self.read).ok_or(corrupted)?,
            false => Progress::default(),
        };
        self.committed_progress = self.progress;
        Ok(())
    }

    pub(crate) fn get(&mut self, store: StoreIndex, key: &[u8]) -> Result<Option<&[u8]>, StoreError> {
        let overlay = self.overlays.get(store.0).ok_or(StoreError::UnknownStore { index: store.0 })?;
        if let Some(written) = overlay.get(key) {
            return Ok(written);
        }
        let found = self.backend.get(store, key, &mut self.read)?;
        Ok(found.then_some(&self.read))
    }

    pub(crate) fn put(&mut self, store: StoreIndex, key: &[u8], value: Option<&[u8]>) -> Result<(), StoreError> {
        let overlay = self.overlays.get_mut(store.0).ok_or(StoreError::UnknownStore { index: store.0 })?;
        overlay.put(key, value);
        Ok(())
    }

    pub(crate) fn scan(
        &self,
        store: StoreIndex,
        from: &[u8],
        to: &[u8],
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        let overlay = self.overlays.get(store.0).ok_or(StoreError::UnknownStore { index: store.0 })?;
        overlay.scan(&*self.backend, store, from, to, visit)
    }

    pub(crate) fn count(&mut self, name: &'static str, n: u64) {
        match self.counters.iter_mut().find(|(counter, _)| *counter == name) {
            Some((_, count)) => *count += n,
            None => self.counters.push((name, n)),
        }
    }

    pub(crate) fn dirty_bytes(&self) -> usize {
        self.overlays.iter().map(Overlay::bytes).sum::<usize>() + self.timers.dirty_bytes()
    }

    pub(crate) fn is_dirty(&self) -> bool {
        self.progress != self.committed_progress
            || self.timers.is_dirty()
            || self.overlays.iter().any(|overlay| !overlay.is_empty())
    }

    /// Every row that differs from the last commit, in an order that is the same in every run.
    pub(crate) fn try_for_each<E>(
        &self,
        mut row: impl FnMut(StoreIndex, &[u8], Option<&[u8]>) -> Result<(), E>,
    ) -> Result<(), E> {
        for (index, overlay) in self.overlays.iter().enumerate() {
            overlay.try_for_each(|key, value| row(StoreIndex(index), key, value))?;
        }
        self.timers.try_for_each(|key, value| row(self.meta, key, value))?;
        if self.progress == self.committed_progress {
            return Ok(());
        }
        row(self.meta, &[PROGRESS], Some(&self.progress.encode()))
    }

    /// Moves the same rows into the batch.
    pub(crate) fn fill_batch(&mut self) {
        let writes = &mut self.batch.writes;
        for (index, overlay) in self.overlays.iter_mut().enumerate() {
            overlay.drain_into(StoreIndex(index), writes);
        }
        self.timers.drain_into(self.meta, writes);
        if self.progress != self.committed_progress {
            let value = Some(self.progress.encode().into());
            writes.push(crate::store::Write { store: self.meta, key: [PROGRESS].into(), value });
        }
        self.committed_progress = self.progress;
        self.committed_counters.clone_from(&self.counters);
    }

    /// Goes back to the last commit.
    pub(crate) fn roll_back(&mut self) {
        self.overlays.iter_mut().for_each(Overlay::clear);
        self.timers.roll_back();
        self.progress = self.committed_progress;
        self.counters.clone_from(&self.committed_counters);
    }
}
