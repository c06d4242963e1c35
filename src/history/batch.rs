//! What many records say, and how far their partitions are written with them.

use std::collections::BTreeMap;

use domain::time::Millis;
use streams::broker::{ConsumerRecord, Offset, TopicPartition};
use topology::codec::{Coded, DecodeError, decode_framed};
use topology::wire::{EngagementScore, InterventionCommand, InterventionFeedback, InterventionResult, topics};

use super::row::{self, Change, MetricsKey, UnfitId};
use super::table::METRICS;
use crate::database::cell::Cell;
use crate::registry::known::KnownSchemas;

/// The topics that are kept. The first one leads: who has one of its partitions reads those of the others.
pub const TOPICS: [&str; 4] = [
    topics::ENGAGEMENT_SCORES,
    topics::INTERVENTION_COMMANDS,
    topics::INTERVENTION_FEEDBACK,
    topics::INTERVENTION_RESULTS,
];

/// How far a partition is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watermark {
    /// Which topic of this name: one that is created anew begins again.
    pub topic_id: String,
    /// The offset of the first record that is not written.
    pub next_offset: Offset,
}

/// How a watermark moves: nobody else may have moved it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Where it was found; nothing: nothing of the partition was written.
    pub from: Option<Watermark>,
    /// Where it goes.
    pub to: Watermark,
}

/// Why a record is left out.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It has no value.
    #[error("it has no value")]
    Tombstone,
    /// It does not decode.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Its ids can not be kept.
    #[error(transparent)]
    Id(#[from] UnfitId),
}

/// Records as rows. What it holds is bounded by whoever fills it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    pub(super) metrics: BTreeMap<MetricsKey, [Cell; METRICS.len()]>,
    /// In the order of each topic, which is all that matters.
    pub(super) changes: Vec<Change>,
    /// Ordered, because everyone must take these rows in one order.
    pub(super) moves: BTreeMap<TopicPartition, Move>,
    records: usize,
}

impl Batch {
    /// Takes one record of one of [`TOPICS`].
    ///
    /// # Errors
    /// It can not be read; it counts as taken all the same.
    pub fn take(&mut self, topic: &str, record: &ConsumerRecord, schemas: &KnownSchemas) -> Result<(), Unreadable> {
        self.records += 1;
        let value = record.value.as_deref().ok_or(Unreadable::Tombstone)?;
        match topic {
            topics::ENGAGEMENT_SCORES => {
                let (key, row) = row::metrics(&decoded::<EngagementScore>(value, schemas)?)?;
                self.metrics.insert(key, row);
            }
            topics::INTERVENTION_COMMANDS => {
                let command = decoded::<InterventionCommand>(value, schemas)?;
                self.changes.push(row::command(&command, record.timestamp_ms)?);
            }
            topics::INTERVENTION_FEEDBACK => {
                let feedback = decoded::<InterventionFeedback>(value, schemas)?;
                self.changes.push(row::feedback(&feedback, record.key.as_deref())?);
            }
            _ => self.changes.push(row::result(&decoded::<InterventionResult>(value, schemas)?)?),
        }
        Ok(())
    }

    /// The partition is read up to here. `from` is where its watermark stands now.
    pub fn reach(&mut self, partition: &TopicPartition, from: Option<&Watermark>, to: Watermark) {
        match self.moves.get_mut(partition) {
            Some(moving) => moving.to = to,
            None => drop(self.moves.insert(partition.clone(), Move { from: from.cloned(), to })),
        }
    }

    /// How many records it has taken.
    #[must_use]
    pub fn records(&self) -> usize {
        self.records
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.moves.is_empty()
    }

    /// How the watermarks move.
    #[must_use]
    pub fn moves(&self) -> &BTreeMap<TopicPartition, Move> {
        &self.moves
    }
}

fn decoded<T: Coded>(value: &[u8], schemas: &KnownSchemas) -> Result<T, DecodeError> {
    decode_framed(value, |id| schemas.fingerprint(id))
}

/// What is older than this many days, in milliseconds since the epoch; nothing: all is kept.
#[must_use]
pub fn prune_before_ms(now_ms: Millis, retention_days: u32) -> Option<Millis> {
    const DAY_MS: Millis = 24 * 60 * 60 * 1000;
    (retention_days > 0).then(|| now_ms.saturating_sub(i64::from(retention_days).saturating_mul(DAY_MS)))
}
