//! What surrounds a commit: the changelog before it, the batch after it, the way back, and the restore.

use super::{Collector, Task, TaskError};
use crate::broker::{ConsumerRecord, Offset};
use crate::store::{Checkpoint, StoreIndex, Write};

/// The parts of a task's changes, in the order in which they must be written where nothing holds them together: what a record
/// did comes before what lets go of it. A crash in between then repeats, and loses nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Outputs.
    Outputs,
    /// Rows of the processors' stores.
    Stores,
    /// Timers and stream time: behind them a record is late, and a timer has fired.
    Time,
}

impl Part {
    pub(crate) fn next(self) -> Option<Self> {
        match self {
            Self::Outputs => Some(Self::Stores),
            Self::Stores => Some(Self::Time),
            Self::Time => None,
        }
    }
}

impl Task {
    /// Hands over one part of what [`drain_changes`](Task::drain_changes) does.
    ///
    /// # Errors
    /// The collector's.
    pub(crate) fn drain_part(&mut self, part: Part, out: &mut dyn Collector) -> Result<(), TaskError> {
        let meta = self.state.meta;
        let state = &self.state;
        match part {
            Part::Outputs => self.before_commit(out),
            Part::Stores => state.try_for_each(|store, key, value| match store == meta {
                true => Ok(()),
                false => out.changelog(store, key, value),
            }),
            Part::Time => {
                // The next timer of a chain before the deletion of the last one; they lie in one partition.
                for is_deletion in [false, true] {
                    state.try_for_each(|store, key, value| match store == meta && value.is_none() == is_deletion {
                        true => out.changelog(store, key, value),
                        false => Ok(()),
                    })?;
                }
                Ok(())
            }
        }
    }

    /// Hands over what differs from the last commit, one record per row, the engine's own rows included. Nothing is
    /// forgotten: the writes stay until the outcome of the commit is known.
    ///
    /// # Errors
    /// The collector's.
    pub fn drain_changes(&mut self, out: &mut dyn Collector) -> Result<(), TaskError> {
        self.before_commit(out)?;
        self.state.try_for_each(|store, key, value| out.changelog(store, key, value))
    }

    /// The commit has happened: applies the writes to the backend in one batch. `changelog` says for each store how far its
    /// changelog goes now (exclusive), `None` where nothing was written. Process nothing between
    /// [`drain_changes`](Task::drain_changes) and this.
    ///
    /// # Errors
    /// The backend's; the task can not be used any more, close it and restore its tail.
    pub fn committed(&mut self, changelog: &[Option<Offset>], identity: &[u8], wall_ms: i64) -> Result<(), TaskError> {
        let former = self.state.backend.checkpoint();
        let offsets = (0..self.stores.len()).map(|store| {
            let now = changelog.get(store).copied().flatten();
            now.or_else(|| former.changelog.get(store).copied().flatten())
        });
        let checkpoint = Checkpoint {
            changelog: offsets.collect(),
            inputs: self.inputs.iter().map(|input| input.position).collect(),
            identity: identity.to_vec(),
            committed_at_ms: wall_ms,
        };
        self.state.fill_batch();
        self.state.batch.checkpoint = checkpoint;
        self.state.backend.apply(&mut self.state.batch)?;
        for input in &mut self.inputs {
            input.committed = input.position;
        }
        let inputs = &self.inputs;
        self.poisoned.retain(|origin, _| {
            let committed = inputs.get(origin.input as usize).and_then(|input| input.committed);
            committed.is_none_or(|committed| origin.offset >= committed)
        });
        Ok(())
    }

    /// The commit has not happened: forgets everything since the last one, buffers included. The caller seeks its consumer
    /// to the offsets committed, tells them to [`seek`](Task::seek) and fills the buffers again.
    pub fn rolled_back(&mut self) {
        self.state.roll_back();
        self.drop_derived();
        for input in &mut self.inputs {
            input.roll_back();
        }
    }

    /// Applies records of a store's changelog to the backend; `next_offset` is where the changelog goes on.
    ///
    /// # Errors
    /// The backend's.
    pub fn restore(
        &mut self,
        store: StoreIndex,
        records: &[ConsumerRecord],
        next_offset: Offset,
    ) -> Result<(), TaskError> {
        self.stale = true;
        let mut checkpoint = self.state.backend.checkpoint().clone();
        checkpoint.changelog.resize(self.stores.len(), None);
        if let Some(offset) = checkpoint.changelog.get_mut(store.0) {
            *offset = Some(next_offset);
        }
        let rows = records.iter().filter_map(|record| {
            let key = Box::from(record.key.as_deref()?);
            Some(Write { store, key, value: record.value.as_deref().map(Box::from) })
        });
        self.state.batch.writes.extend(rows);
        self.state.batch.checkpoint = checkpoint;
        Ok(self.state.backend.apply(&mut self.state.batch)?)
    }

    /// Tells the backend that the restore is complete: reads count again, not only writes.
    ///
    /// # Errors
    /// The backend's.
    pub fn end_restore(&mut self) -> Result<(), TaskError> {
        Ok(self.state.backend.end_restore()?)
    }

    /// Empties the backend: its content is to be rebuilt from the changelogs.
    ///
    /// # Errors
    /// The backend's.
    pub fn clear(&mut self) -> Result<(), TaskError> {
        self.stale = true;
        Ok(self.state.backend.clear()?)
    }

    /// The restore is complete: reads stream time, counts and timers anew. Processing does it by itself.
    ///
    /// # Errors
    /// The backend's; rows that do not decode.
    pub fn refresh(&mut self) -> Result<(), TaskError> {
        if !self.stale {
            return Ok(());
        }
        self.state.load()?;
        self.drop_derived();
        self.stale = false;
        Ok(())
    }

    fn drop_derived(&mut self) {
        for node in self.nodes.iter_mut().flatten() {
            node.rolled_back();
        }
    }
}
