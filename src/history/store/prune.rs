//! What is old, in bounded portions.

use domain::time::Millis;

use super::HistoryStore;
use crate::database::{DatabaseError, on};

/// What one portion has deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Rows of all tables.
    pub rows: u64,
    /// Whether there may be more.
    pub is_more: bool,
}

impl HistoryStore {
    /// Deletes at most so many rows of each table that are older than this: scores by their tick, interventions by the last record of them,
    /// totals by their hour.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn prune(&self, before_ms: Millis, at_most: u32) -> Result<Pruned, DatabaseError> {
        const PRUNE: [&str; 3] = [
            "DELETE FROM engagement_metrics WHERE (session, at_ms) IN
                (SELECT session, at_ms FROM engagement_metrics WHERE at_ms < $1 ORDER BY at_ms LIMIT $2)",
            "DELETE FROM interventions WHERE command IN
                (SELECT command FROM interventions WHERE touched_ms < $1 ORDER BY touched_ms LIMIT $2)",
            "DELETE FROM agent_performance WHERE (hour_ms, context_key, kind, variant, treated, held_out) IN
                (SELECT hour_ms, context_key, kind, variant, treated, held_out FROM agent_performance
                 WHERE hour_ms < $1 - 3600000 ORDER BY hour_ms LIMIT $2)",
        ];
        let mut pruned = Pruned::default();
        for sql in PRUNE {
            let rows = on!(self.database, |pool| {
                sqlx::query(sql).bind(before_ms).bind(i64::from(at_most)).execute(pool).await?.rows_affected()
            });
            pruned.rows += rows;
            pruned.is_more |= rows >= u64::from(at_most);
        }
        Ok(pruned)
    }
}
