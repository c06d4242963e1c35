//! User code inside the graph: what it is given and what it may say.

mod context;
pub(crate) mod node;

pub use context::{Context, RecordMetadata};

use crate::record::{BoxError, Record};
use crate::store::StoreError;

/// Handles the records and timers of one node. One instance per task: never shared, never called twice at once.
///
/// Whatever a processor must remember lives in its stores. Fields are for derived memory only, which
/// [`rolled_back`](Processor::rolled_back) drops. Rows that change with every record may be kept decoded in between, as long as
/// [`before_commit`](Processor::before_commit) puts them back.
pub trait Processor: Send {
    /// The keys it takes.
    type Key;
    /// The values it takes.
    type Value;

    /// Handles one record.
    ///
    /// # Errors
    /// See [`ProcessError`].
    fn process(
        &mut self,
        record: Record<Self::Key, Self::Value>,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError>;

    /// Handles a timer that [`Context::schedule`] has set. Stream time is the timer's time. There is no cancelling: look at
    /// your own row and do nothing where the timer no longer counts.
    ///
    /// # Errors
    /// See [`ProcessError`]. There is no record that could become a dead letter, so any error stops the task.
    fn on_timer(&mut self, at_ms: i64, key: &[u8], context: &mut Context<'_>) -> Result<(), ProcessError> {
        let _ = (at_ms, key, context);
        Ok(())
    }

    /// A commit is about to begin: rows that are kept decoded must be put into their stores now. Beside stores, only edges to sinks may be
    /// used here (so that of many changes of a row one update leaves): a processor behind an edge may have been called already.
    ///
    /// # Errors
    /// Any error stops the task.
    fn before_commit(&mut self, context: &mut Context<'_>) -> Result<(), ProcessError> {
        let _ = context;
        Ok(())
    }

    /// Stores have gone back to the last commit, or were just restored: drop whatever was derived from them.
    fn rolled_back(&mut self) {}
}

/// Why a processor could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// This record can not be processed, the next one can. The processor should have written nothing; where it has, the
    /// task asks for a rollback and sets the record aside in the replay.
    #[error("the record can not be processed: {0}")]
    DeadLetter(#[source] BoxError),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The task can not go on.
    #[error("the processor can not go on: {0}")]
    Fatal(#[source] BoxError),
}
