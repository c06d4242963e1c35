//! The tables, for those who write them and those who ask.
//!
//! - `write`: batches, exactly once; `statement`: their SQL, put together from the columns
//! - `read`: what a page wants to know; `export`: whole tables, row by row
//! - `prune`: what is old

mod export;
mod prune;
mod read;
mod statement;
mod write;

#[cfg(test)]
mod tests;

pub use export::Wanted;
pub use prune::Pruned;
pub use read::{Intervention, Overview, Performance, Point, Points};
pub use write::{WriteError, Written};

use crate::database::Database;

/// History, in SQL.
#[derive(Clone, Debug)]
pub struct HistoryStore {
    database: Database,
}

impl HistoryStore {
    /// The history in this database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database }
    }
}
