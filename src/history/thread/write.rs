//! Batches on their way into the database, and what is old on its way out.

use std::future::Future;
use std::time::Duration;

use domain::time::Millis;
use streams::broker::{Broker, BrokerError};

use super::super::batch::{Batch, prune_before_ms};
use super::super::store::WriteError;
use super::{BATCH_MAX, BATCH_MS, HistoryThread};
use crate::database::DatabaseError;

/// Longer than a batch takes on a slow machine, and shorter than anybody waits for an end of the process.
const PATIENCE: Duration = Duration::from_secs(6);
/// Rows of each table that are deleted at once; the time until the next ones, after a failure, and once all are.
const PRUNE_MAX: u32 = 2_000;
const PRUNE_AGAIN_MS: Millis = 1_000;
const PRUNE_LATER_MS: Millis = 60_000;
const PRUNE_EVERY_MS: Millis = 60 * 60 * 1000;

/// What has no answer in time.
#[derive(Debug, thiserror::Error)]
#[error("the database does not answer within {} s", PATIENCE.as_secs())]
struct Late;

/// An answer in time.
pub(super) async fn in_time<T, E: From<DatabaseError>>(asked: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(DatabaseError::Sql(sqlx::Error::Io(std::io::Error::other(Late))).into()),
    }
}

impl<B: Broker> HistoryThread<B> {
    pub(super) fn write_when_due(&mut self) -> Result<(), BrokerError> {
        let now_ms = self.clock.now_ms();
        let is_old = now_ms.saturating_sub(self.batch_since_ms) >= BATCH_MS;
        let is_due = self.batch.records() >= BATCH_MAX || is_old;
        if !is_due || now_ms < self.not_before_ms { Ok(()) } else { self.write() }
    }

    /// Writes what is read. A database that is away changes nothing: the batch stays as it is.
    pub(super) fn write(&mut self) -> Result<(), BrokerError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let written = self.runtime.block_on(in_time(self.store.write(&self.batch)));
        match written {
            Err(WriteError::Overtaken(partition)) => {
                self.answered::<()>(Ok(()));
                self.counts.overtaken += 1;
                tracing::info!(%partition, "another has written history: going on from where it stands");
                return self.begin_anew();
            }
            Err(WriteError::Database(error)) => {
                self.answered::<()>(Err(error));
            }
            Ok(written) => {
                self.answered::<()>(Ok(()));
                self.counts.scores += written.scores;
                self.counts.changes += written.changes;
                self.counts.results += written.results;
                self.counts.batches += 1;
                let batch = std::mem::take(&mut self.batch);
                self.remember(&batch);
            }
        }
        Ok(())
    }

    fn remember(&mut self, batch: &Batch) {
        for (partition, moving) in batch.moves() {
            if let Some(owned) = self.owned.get_mut(partition) {
                owned.written = moving.to.next_offset;
                owned.watermark = Some(moving.to.clone());
            }
        }
    }

    /// Takes note of whether the database answers.
    pub(super) fn answered<T>(&mut self, answer: Result<T, DatabaseError>) -> Option<T> {
        let was_away = self.is_database_away;
        self.is_database_away = answer.is_err();
        match answer {
            Ok(value) => {
                if was_away {
                    tracing::info!("history is written again");
                }
                Some(value)
            }
            Err(error) => {
                self.wait_before_retry();
                if !was_away {
                    tracing::warn!(%error, "history waits for the database; nothing of it is lost");
                }
                None
            }
        }
    }

    /// About once an hour, deletes what is too old, a portion a round.
    pub(super) fn prune_when_due(&mut self) {
        let now_ms = self.clock.now_ms();
        let Some(before_ms) = prune_before_ms(now_ms, self.settings.retention_days) else { return };
        if now_ms < self.prune_at_ms || self.is_database_away {
            return;
        }
        let pruned = self.runtime.block_on(in_time(self.store.prune(before_ms, PRUNE_MAX)));
        let after_ms = match pruned {
            Ok(pruned) => {
                self.counts.pruned += pruned.rows;
                if pruned.is_more { PRUNE_AGAIN_MS } else { PRUNE_EVERY_MS }
            }
            Err(error) => {
                tracing::warn!(%error, "old history could not be deleted; tried again later");
                PRUNE_LATER_MS
            }
        };
        self.prune_at_ms = now_ms.saturating_add(after_ms);
    }
}
