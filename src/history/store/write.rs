//! Batches, exactly once.
//!
//! A batch is one transaction. It moves its watermarks first, each from where it was found; where one stands elsewhere, another has
//! written, and nothing of the batch is. So whoever writes may be killed, suspended or one too many: what counts is decided by the database.
//! Rows are taken in one order (watermarks, scores, interventions, totals, each by its key), so writers wait for each other and not in a
//! circle.

use std::collections::BTreeMap;

use streams::broker::TopicPartition;

use super::super::batch::{Batch, Move, Watermark};
use super::super::row::{Change, Group, Totals};
use super::HistoryStore;
use super::statement::{ADD, BEGIN, MOVE, SET_COMMAND, SET_FEEDBACK, SET_RESULT, put_metrics};
use crate::database::cell::{Cell, Writing};
use crate::database::{DatabaseError, on};

/// Scores of one statement.
const ROWS_MAX: usize = 100;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows of `engagement_metrics`.
    pub scores: u64,
    /// Records that changed a row of `interventions`.
    pub changes: u64,
    /// Results that were counted in `agent_performance`.
    pub results: u64,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The watermark does not stand where it was found: read it again and go on from there.
    #[error("another has written {0}")]
    Overtaken(TopicPartition),
    /// The database does not answer, or nobody knows whether it was written: the same batch may be written again.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for WriteError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl HistoryStore {
    /// Writes a batch, or nothing of it.
    ///
    /// # Errors
    /// Another has written, or the database does not answer.
    pub async fn write(&self, batch: &Batch) -> Result<Written, WriteError> {
        let mut writing = Writing::begin(&self.database).await?;
        for (partition, moving) in &batch.moves {
            if move_watermark(&mut writing, partition, moving).await? == 0 {
                return Err(WriteError::Overtaken(partition.clone()));
            }
        }
        self.put_scores(&mut writing, batch).await?;
        let mut written = Written { scores: batch.metrics.len() as u64, ..Written::default() };
        let mut totals: BTreeMap<&Group, Totals> = BTreeMap::new();
        for change in &batch.changes {
            let (sql, cells) = match change {
                Change::Command(cells) => (&*SET_COMMAND, cells),
                Change::Feedback(cells) => (&*SET_FEEDBACK, cells),
                Change::Result(cells, ..) => (&*SET_RESULT, cells),
            };
            let changed = writing.execute(sql, cells).await?;
            written.changes += changed;
            // Only the first result of a command counts.
            if let (Change::Result(_, group, one), 1..) = (change, changed) {
                written.results += 1;
                let sum = totals.entry(group).or_default();
                *sum = sum.plus(*one);
            }
        }
        for (group, totals) in totals {
            writing.execute(ADD, &group_cells(group, totals)).await?;
        }
        writing.commit().await?;
        Ok(written)
    }

    async fn put_scores(&self, writing: &mut Writing, batch: &Batch) -> Result<(), sqlx::Error> {
        let rows: Vec<_> = batch.metrics.values().collect();
        for chunk in rows.chunks(ROWS_MAX) {
            let cells: Vec<Cell> = chunk.iter().flat_map(|row| row.iter().cloned()).collect();
            writing.execute(&put_metrics(&self.database, chunk.len()), &cells).await?;
        }
        Ok(())
    }

    /// How far partitions are written, in the order in which they are asked for; nothing where nothing was.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn watermarks(&self, partitions: &[TopicPartition]) -> Result<Vec<Option<Watermark>>, DatabaseError> {
        const FIND: &str =
            r#"SELECT topic_id, next_offset FROM history_watermarks WHERE topic = $1 AND "partition" = $2"#;
        let mut found = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let (topic, number) = (&*partition.topic, i64::from(partition.partition));
            let row: Option<(String, i64)> = on!(self.database, |pool| {
                sqlx::query_as(FIND).bind(topic).bind(number).fetch_optional(pool).await?
            });
            found.push(row.map(|(topic_id, next_offset)| Watermark { topic_id, next_offset }));
        }
        Ok(found)
    }
}

/// Answers how many watermarks were moved: one, or none.
async fn move_watermark(
    writing: &mut Writing,
    partition: &TopicPartition,
    Move { from, to }: &Move,
) -> Result<u64, sqlx::Error> {
    let text = |text: &str| Cell::Text(Some(text.to_owned()));
    let mut cells = vec![
        text(&partition.topic),
        Cell::Integer(Some(i64::from(partition.partition))),
        text(&to.topic_id),
        Cell::Integer(Some(to.next_offset)),
    ];
    let Some(from) = from else { return writing.execute(BEGIN, &cells).await };
    cells.extend([text(&from.topic_id), Cell::Integer(Some(from.next_offset))]);
    writing.execute(MOVE, &cells).await
}

fn group_cells(group: &Group, totals: Totals) -> [Cell; 11] {
    let Group { hour_ms, context_key, kind, variant, treated, held_out } = group;
    let Totals { results, measured, successes, change_millionths, reward_millionths } = totals;
    [
        Cell::Integer(Some(*hour_ms)),
        Cell::Text(Some(context_key.clone())),
        Cell::Text(Some((*kind).to_owned())),
        Cell::Text(Some(variant.clone())),
        Cell::Boolean(Some(*treated)),
        Cell::Boolean(Some(*held_out)),
        Cell::Integer(Some(results)),
        Cell::Integer(Some(measured)),
        Cell::Integer(Some(successes)),
        Cell::Integer(Some(change_millionths)),
        Cell::Integer(Some(reward_millionths)),
    ]
}
