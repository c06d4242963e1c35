//! The thread that writes history: it reads four topics and writes what they say in batches.
//!
//! ```text
//! assigned   the watermarks from SQL, the topics' ids, and from there on all four topics: of a partition of the first, the same of the others
//! read       into one batch, until it is full or half a second old
//! write      rows and watermarks in one transaction
//! revoked    what is read is written, if it can be, and the partition is handed on
//! ```
//! Whatever goes wrong has one answer: the batch is dropped, and read again from the watermarks. Only a database that is away is waited
//! for with the batch in hand; nothing more is read then.

mod open;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::time::Millis;
use streams::broker::{
    Broker, BrokerError, Consumer, ConsumerConfig, ConsumerRecord, ErrorKind, GroupEvent, Offset, TopicPartition,
};
use streams::clock::Clock;
use tokio::runtime::Handle;

use super::batch::{Batch, TOPICS, Unreadable, Watermark};
use super::status::{Counts, Status};
use super::store::HistoryStore;
use crate::registry::RegistryError;
use crate::registry::known::{KnownSchemas, Schemas};

/// A batch is full with so many records.
pub const BATCH_MAX: usize = 2_000;
/// And old after so long.
pub const BATCH_MS: Millis = 500;
/// Records of one partition that are taken in one round.
const FETCH_MAX: usize = 250;
/// Events of the group that one round serves.
const EVENTS_MAX: usize = 16;
/// While something is under way, and while nothing is.
const WAIT_MS: [u64; 2] = [5, 100];
/// What did not work is tried again after this.
const RETRY_MS: Millis = 1_000;
/// How often is looked how far the topics have come, and whether they are still the same.
const LOOK_MS: Millis = 10_000;
/// How often at most the log says that records can not be read.
const TELL_MS: Millis = 60_000;
/// A database may hold a round up; the group waits for that at least so long.
const POLL_INTERVAL_MS: u64 = 20_000;

/// What the thread is started with.
#[derive(Clone, Debug)]
pub struct ThreadSettings {
    /// The group is named after it.
    pub application_id: String,
    /// Names this process among those of the group, for logs.
    pub instance: String,
    /// A silent process is out of the group after this.
    pub session_timeout_ms: u64,
    /// Rows of so many days are kept; 0: for ever.
    pub retention_days: u32,
}

impl ThreadSettings {
    /// The consumer group.
    #[must_use]
    pub fn group(&self) -> String {
        format!("{}-history", self.application_id)
    }
}

/// Why the thread can not go on; another one can be made, and goes on from what is written.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The client is beyond repair, or the set-up is wrong.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// A record is framed for a registry that does not answer.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// One partition that is read.
struct Owned {
    /// Which topic of this name it is.
    topic_id: String,
    /// Where its watermark stands in the database.
    watermark: Option<Watermark>,
    /// Everything before this is written, or was not there any more.
    written: Offset,
}

/// The thread's body.
pub struct HistoryThread<B: Broker> {
    broker: B,
    settings: ThreadSettings,
    clock: Arc<dyn Clock>,
    store: HistoryStore,
    runtime: Handle,
    consumer: B::Consumer,
    schemas: KnownSchemas,
    topics: [Arc<str>; TOPICS.len()],
    /// The partitions of the first topic that are ours.
    leads: BTreeSet<u32>,
    /// Those of them that are not opened yet.
    waiting: BTreeSet<u32>,
    owned: BTreeMap<TopicPartition, Owned>,
    /// To be handed on in this round.
    revoked: Vec<TopicPartition>,
    /// Which partition is read first: each in turn, so that a long one does not keep the others waiting.
    turn: usize,
    batch: Batch,
    /// When its first record was taken.
    batch_since_ms: Millis,
    /// Whether the last round has read anything.
    has_read: bool,
    /// Nothing is tried before this that has just failed.
    not_before_ms: Millis,
    looked_ms: Millis,
    prune_at_ms: Millis,
    told_ms: Option<Millis>,
    is_database_away: bool,
    lag: u64,
    counts: Counts,
}

impl<B: Broker> HistoryThread<B> {
    /// One that has joined the group, and reads nothing yet.
    ///
    /// # Errors
    /// What the client says.
    pub fn new(
        broker: B,
        settings: ThreadSettings,
        clock: Arc<dyn Clock>,
        store: HistoryStore,
        schemas: Schemas,
        runtime: Handle,
    ) -> Result<Self, BrokerError> {
        let mut consumer = broker.consumer(&ConsumerConfig {
            group: settings.group(),
            client: format!("{}-history-{}", settings.application_id, settings.instance),
            group_instance: None,
            session_timeout_ms: settings.session_timeout_ms,
            max_poll_interval_ms: settings.session_timeout_ms.saturating_mul(6).max(POLL_INTERVAL_MS),
        })?;
        let [lead, ..] = TOPICS;
        consumer.subscribe(&[lead])?;
        let now_ms = clock.now_ms();
        Ok(Self {
            broker,
            settings,
            clock,
            store,
            runtime,
            consumer,
            schemas: KnownSchemas::new(schemas),
            topics: TOPICS.map(Arc::from),
            leads: BTreeSet::new(),
            waiting: BTreeSet::new(),
            owned: BTreeMap::new(),
            revoked: Vec::new(),
            turn: 0,
            batch: Batch::default(),
            batch_since_ms: now_ms,
            has_read: false,
            not_before_ms: now_ms,
            looked_ms: now_ms,
            prune_at_ms: now_ms,
            told_ms: None,
            is_database_away: false,
            lag: 0,
            counts: Counts::default(),
        })
    }

    /// Goes on from the counts of a predecessor in the same process.
    #[must_use]
    pub fn counting_from(mut self, counts: Counts) -> Self {
        self.counts = counts;
        self
    }

    /// What there is to show.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            partitions: self.leads.len(),
            is_database_away: self.is_database_away,
            lag: self.lag,
            counts: self.counts,
        }
    }

    /// One round.
    ///
    /// # Errors
    /// The consumer is beyond repair, the set-up is wrong, or a registry does not answer. What is read and not written is read again by
    /// whoever comes next.
    pub fn step(&mut self) -> Result<(), HistoryError> {
        self.serve_group()?;
        self.hand_on()?;
        self.open_waiting()?;
        self.look()?;
        self.read()?;
        self.write_when_due()?;
        self.prune_when_due();
        self.consumer.wait(if self.has_read { WAIT_MS[0] } else { WAIT_MS[1] });
        Ok(())
    }

    /// Writes what is read, if the database takes it at once, and leaves the group.
    ///
    /// # Errors
    /// The consumer is beyond repair.
    pub fn close(mut self) -> Result<Counts, BrokerError> {
        self.write()?;
        self.consumer.leave()?;
        Ok(self.counts)
    }

    fn serve_group(&mut self) -> Result<(), BrokerError> {
        for _ in 0..EVENTS_MAX {
            match passing(self.consumer.poll_group())?.flatten() {
                None => return Ok(()),
                Some(GroupEvent::Assigned(partitions)) => {
                    let numbers = partitions.iter().map(|partition| partition.partition);
                    self.leads.extend(numbers.clone());
                    self.waiting.extend(numbers);
                }
                Some(GroupEvent::Revoked(partitions)) => self.revoked.extend(partitions),
                Some(GroupEvent::Lost(partitions)) => {
                    self.forget(&partitions);
                    // Another may be writing them already: what is read of them is worth nothing.
                    self.begin_anew()?;
                }
            }
        }
        Ok(())
    }

    /// Writes what is read, if it can be, and hands on what was revoked.
    fn hand_on(&mut self) -> Result<(), BrokerError> {
        if self.revoked.is_empty() {
            return Ok(());
        }
        if self.clock.now_ms() >= self.not_before_ms {
            self.write()?;
        }
        let revoked = std::mem::take(&mut self.revoked);
        self.forget(&revoked);
        self.begin_anew()?;
        self.consumer.release(&revoked)
    }

    fn forget(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.leads.remove(&partition.partition);
        }
    }

    /// Drops what is read and not written. Everything that is still ours is opened again, from the watermarks.
    fn begin_anew(&mut self) -> Result<(), BrokerError> {
        self.batch = Batch::default();
        let partitions: Vec<TopicPartition> = std::mem::take(&mut self.owned).into_keys().collect();
        self.waiting = self.leads.clone();
        self.consumer.unassign(&partitions)
    }

    fn read(&mut self) -> Result<(), HistoryError> {
        self.has_read = false;
        if self.is_database_away {
            return Ok(());
        }
        let partitions: Vec<TopicPartition> = self.owned.keys().cloned().collect();
        self.turn = self.turn.wrapping_add(1);
        let first = self.turn.checked_rem(partitions.len()).unwrap_or_default();
        let (later, sooner) = partitions.split_at(first);
        let mut records = Vec::new();
        for partition in sooner.iter().chain(later) {
            let room = BATCH_MAX.saturating_sub(self.batch.records());
            if room == 0 {
                return Ok(());
            }
            records.clear();
            match self.consumer.fetch(partition, room.min(FETCH_MAX), &mut records) {
                // Retention has taken what comes next, or the topic is another one of the same name.
                Err(BrokerError::OffsetOutOfRange { .. }) => {
                    self.wait_before_retry();
                    return Ok(self.begin_anew()?);
                }
                fetched => drop(passing(fetched)?),
            }
            self.schemas.learn(&records)?;
            self.take(partition, &records);
        }
        Ok(())
    }

    fn take(&mut self, partition: &TopicPartition, records: &[ConsumerRecord]) {
        let Some(last) = records.last() else { return };
        self.has_read = true;
        if self.batch.is_empty() {
            self.batch_since_ms = self.clock.now_ms();
        }
        for record in records {
            if let Err(error) = self.batch.take(&partition.topic, record, &self.schemas) {
                self.tell_unreadable(partition, record.offset, &error);
            }
        }
        // Behind the last record there may be markers.
        let next = self.consumer.position(partition).unwrap_or_default().max(last.offset + 1);
        if let Some(owned) = self.owned.get(partition) {
            let to = Watermark { topic_id: owned.topic_id.clone(), next_offset: next };
            self.batch.reach(partition, owned.watermark.as_ref(), to);
        }
    }

    fn tell_unreadable(&mut self, partition: &TopicPartition, offset: Offset, error: &Unreadable) {
        self.counts.unreadable += 1;
        let now_ms = self.clock.now_ms();
        if self.told_ms.is_none_or(|told_ms| now_ms.saturating_sub(told_ms) >= TELL_MS) {
            self.told_ms = Some(now_ms);
            let unreadable = self.counts.unreadable;
            tracing::warn!(%partition, offset, %error, unreadable, "a record is left out of the history");
        }
    }

    fn wait_before_retry(&mut self) {
        self.not_before_ms = self.clock.now_ms().saturating_add(RETRY_MS);
    }
}

/// What passes by itself is nothing, and is asked for again in the next round. So is a partition that is not there: its topic may just be
/// created anew, and nothing but history waits for it.
fn passing<T>(result: Result<T, BrokerError>) -> Result<Option<T>, BrokerError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(BrokerError::UnknownPartition { .. }) => Ok(None),
        Err(error) if matches!(error.kind(), ErrorKind::Retriable | ErrorKind::OutcomeUnknown) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
