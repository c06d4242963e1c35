//! The executor's own thread: it reads, lets commands be carried out, and reports. One thread has both the consumer and the producer, for
//! offsets are sent under the identity that the member has at that moment.
//!
//! ```text
//! assigned     the committed offsets, the high watermarks, and everything between: `PartitionState`
//! read back    what is open is carried out, per session one after the other, on the runtime
//! every 100 ms one transaction: feedback, and the offsets that a successor needs
//! revoked      nothing new is begun, calls are waited for, all is committed, and only then the partition is handed on
//! ```
//! Whatever is uncertain has one answer: a new producer, whose `init_transactions` settles what the old one left, and reading back.

mod commit;
mod owned;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, mpsc};

use compact_str::CompactString;
use domain::time::Millis;
use streams::broker::{
    Broker, BrokerError, Consumer, ConsumerConfig, ConsumerRecord, ErrorKind, GroupEvent, Offset, ProducerConfig,
    TopicPartition, TransactionalProducer,
};
use streams::clock::Clock;
use streams::task::DeadLetters;
use topology::codec::Format;
use topology::wire::topics;

use super::execution::{Execution, Outcome};
use super::partition::{PartitionState, Positions};
use super::status::Status;
use crate::registry::RegistryError;
use crate::registry::known::{KnownSchemas, Schemas};
use owned::Owned;

/// The three topics, in the order of [`Positions`].
const TOPICS: [&str; 3] = [topics::INTERVENTION_COMMANDS, topics::SESSION, topics::INTERVENTION_FEEDBACK];
/// Records of one topic that are taken in one round.
const FETCH_MAX: usize = 500;
/// Open commands of a partition; with more, the reading of commands waits. Cancellations wait with it, so it is generous.
const WINDOW: usize = 4_096;
/// Events of the group that one round serves.
const EVENTS_MAX: usize = 16;
/// The cluster aborts a transaction that is open for longer: that of an executor that was killed or suspended.
const TRANSACTION_TIMEOUT_MS: u64 = 10_000;
/// While something is under way, and while nothing is.
const WAIT_MS: [u64; 2] = [5, 100];

/// What the thread is started with.
#[derive(Clone, Debug)]
pub struct ThreadSettings {
    /// The group is named after it.
    pub application_id: String,
    /// Names this executor among those of the group, across restarts.
    pub instance: String,
    /// How often feedback is committed.
    pub commit_interval_ms: u64,
    /// A silent executor is out of the group after this.
    pub session_timeout_ms: u64,
    /// How feedback is written.
    pub format: Format,
    /// Where commands are set aside that can not be read.
    pub dead_letters: DeadLetters,
}

impl ThreadSettings {
    /// The consumer group.
    #[must_use]
    pub fn group(&self) -> String {
        format!("{}-executor", self.application_id)
    }
}

/// Why an executor can not go on.
#[derive(Debug, thiserror::Error)]
pub enum ExecutorError {
    /// The client is beyond repair, or the set-up is wrong.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// A command is framed for a registry that does not answer.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Approved commands that were opened.
    pub opened: u64,
    /// Feedback that was committed.
    pub reported: u64,
    /// Second records of a command.
    pub duplicates: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Commands among them that were set aside.
    pub dead_lettered: u64,
    /// Records that retention took before they were read.
    pub lost: u64,
    /// Times that everything was read back.
    pub begun_anew: u64,
}

struct Report {
    partition: u32,
    epoch: u64,
    command: CompactString,
    outcome: Outcome,
}

/// The thread's body.
pub struct ExecutorThread<B: Broker> {
    broker: B,
    settings: ThreadSettings,
    clock: Arc<dyn Clock>,
    execution: Arc<Execution>,
    runtime: tokio::runtime::Handle,
    consumer: B::Consumer,
    /// None while its predecessor is to be settled.
    producer: Option<B::Producer>,
    owned: BTreeMap<u32, Owned>,
    /// Assigned, and not opened yet.
    waiting: Vec<u32>,
    /// To be handed on, all together, once nothing is under way in them.
    revoked: Vec<TopicPartition>,
    epoch: u64,
    reports: (mpsc::Sender<Report>, mpsc::Receiver<Report>),
    committed_at_ms: Millis,
    counts: Counts,
    topics: [Arc<str>; 3],
    schemas: KnownSchemas,
}

impl<B: Broker> ExecutorThread<B> {
    /// One that has joined the group, and reads nothing yet.
    ///
    /// # Errors
    /// What the client says.
    pub fn new(
        broker: B,
        settings: ThreadSettings,
        clock: Arc<dyn Clock>,
        execution: Arc<Execution>,
        schemas: Schemas,
        runtime: tokio::runtime::Handle,
    ) -> Result<Self, BrokerError> {
        let mut consumer = broker.consumer(&ConsumerConfig {
            group: settings.group(),
            client: format!("{}-executor-{}", settings.application_id, settings.instance),
            group_instance: None,
            session_timeout_ms: settings.session_timeout_ms,
            max_poll_interval_ms: settings.session_timeout_ms.saturating_mul(6),
        })?;
        consumer.subscribe(&[topics::INTERVENTION_COMMANDS])?;
        Ok(Self {
            broker,
            settings,
            clock,
            execution,
            runtime,
            consumer,
            producer: None,
            owned: BTreeMap::new(),
            waiting: Vec::new(),
            revoked: Vec::new(),
            epoch: 0,
            reports: mpsc::channel(),
            committed_at_ms: 0,
            counts: Counts::default(),
            topics: TOPICS.map(Arc::from),
            schemas: KnownSchemas::new(schemas),
        })
    }

    /// What was counted so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What there is to show.
    #[must_use]
    pub fn status(&self) -> Status {
        let now_ms = self.clock.now_ms();
        let reading_back = self.owned.values().filter(|owned| !owned.state.is_active()).count();
        Status {
            stepped_at_ms: now_ms,
            partitions: self.owned.len() + self.waiting.len(),
            reading_back: reading_back + self.waiting.len(),
            open: self.owned.values().map(|owned| owned.state.open()).sum(),
            is_platform_down: self.execution.is_platform_down(now_ms),
            is_store_away: self.execution.is_store_away(),
            counts: self.counts,
        }
    }

    /// One round.
    ///
    /// # Errors
    /// The consumer is beyond repair, the set-up is wrong, or a registry does not answer.
    pub fn step(&mut self) -> Result<(), ExecutorError> {
        self.serve_group()?;
        self.open_waiting()?;
        self.read()?;
        self.carry_out();
        self.take_reports();
        self.commit_when_due()?;
        self.release()?;
        let is_busy = !self.waiting.is_empty() || self.owned.values().any(Owned::is_busy);
        self.consumer.wait(if is_busy { WAIT_MS[0] } else { WAIT_MS[1] });
        Ok(())
    }

    /// Begins nothing new, waits for what is under way, commits, and leaves the group.
    ///
    /// # Errors
    /// The consumer is beyond repair.
    pub fn close(mut self) -> Result<Counts, BrokerError> {
        let give_up_ms = self.clock.now_ms().saturating_add(self.execution.call_timeout_ms);
        self.owned.values_mut().for_each(|owned| owned.is_leaving = true);
        while self.owned.values().any(Owned::is_running) && self.clock.now_ms() < give_up_ms {
            self.take_reports();
            self.consumer.wait(WAIT_MS[0]);
        }
        self.take_reports();
        self.commit()?;
        self.consumer.leave()?;
        Ok(self.counts)
    }

    fn serve_group(&mut self) -> Result<(), BrokerError> {
        for _ in 0..EVENTS_MAX {
            match passing(self.consumer.poll_group())?.flatten() {
                None => return Ok(()),
                Some(GroupEvent::Assigned(partitions)) => {
                    self.waiting.extend(partitions.iter().map(|partition| partition.partition));
                }
                Some(GroupEvent::Revoked(partitions)) => {
                    for partition in partitions.iter().map(|partition| partition.partition) {
                        self.waiting.retain(|waiting| *waiting != partition);
                        if let Some(owned) = self.owned.get_mut(&partition) {
                            owned.is_leaving = true;
                        }
                    }
                    self.revoked.extend(partitions);
                }
                Some(GroupEvent::Lost(partitions)) => {
                    for partition in partitions.iter().map(|partition| partition.partition) {
                        self.waiting.retain(|waiting| *waiting != partition);
                        self.drop_partition(partition)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Opens what was assigned: from the committed offsets on, to the high watermarks. In this order: what an older executor left undecided is
    /// settled first, then the offsets are read, and the ends last.
    fn open_waiting(&mut self) -> Result<(), BrokerError> {
        if self.waiting.is_empty() || !self.has_producer()? {
            return Ok(());
        }
        for partition in std::mem::take(&mut self.waiting) {
            let all = self.topics.each_ref().map(|topic| TopicPartition::new(Arc::clone(topic), partition));
            let Some(committed) = passing(self.consumer.committed(&all))? else {
                self.waiting.push(partition);
                continue;
            };
            let Some(ends) = passing(self.consumer.ends(&all))? else {
                self.waiting.push(partition);
                continue;
            };
            let mut from = committed.iter().zip(&ends).map(|(offset, ends)| offset.unwrap_or(ends.log_start));
            let from = positions(&mut from);
            let ends = positions(&mut ends.iter().map(|ends| ends.high_watermark));
            let assigned: Vec<(TopicPartition, Offset)> = all.into_iter().zip(offsets(from)).collect();
            self.consumer.assign(&assigned)?;
            self.epoch += 1;
            let owned = Owned {
                state: PartitionState::new(from),
                ends,
                epoch: self.epoch,
                work: HashMap::new(),
                ended: BTreeMap::new(),
                committed: from,
                unreadable: Vec::new(),
                is_leaving: false,
            };
            self.owned.insert(partition, owned);
        }
        Ok(())
    }

    /// Makes the producer, if there is none; false while its predecessor can not be settled.
    fn has_producer(&mut self) -> Result<bool, BrokerError> {
        if self.producer.is_some() {
            return Ok(true);
        }
        let transactional_id = format!("{}-executor-{}", self.settings.application_id, self.settings.instance);
        let config = ProducerConfig { transactional_id, transaction_timeout_ms: TRANSACTION_TIMEOUT_MS };
        let mut producer = self.broker.producer(&config)?;
        if passing(producer.init_transactions())?.is_none() {
            return Ok(false);
        }
        self.producer = Some(producer);
        Ok(true)
    }

    fn read(&mut self) -> Result<(), ExecutorError> {
        let partitions: Vec<u32> = self.owned.keys().copied().collect();
        let mut records = Vec::new();
        for partition in partitions {
            for (place, topic) in self.topics.clone().into_iter().enumerate() {
                let is_full =
                    place == 0 && self.owned.get(&partition).is_some_and(|owned| owned.state.open() >= WINDOW);
                if is_full {
                    continue;
                }
                let from = TopicPartition::new(topic, partition);
                records.clear();
                match self.consumer.fetch(&from, FETCH_MAX, &mut records) {
                    Err(BrokerError::OffsetOutOfRange { offset, log_start, .. }) => {
                        self.counts.lost = self.counts.lost.saturating_add(log_start.abs_diff(offset));
                        self.consumer.seek(&from, log_start)?;
                    }
                    fetched => drop(passing(fetched)?),
                }
                let position = self.consumer.position(&from);
                if place == 0 {
                    self.schemas.learn(&records)?;
                }
                self.take_records(partition, place, &records, position);
            }
            if let Some(owned) = self.owned.get_mut(&partition) {
                owned.activate_at_the_ends();
            }
        }
        Ok(())
    }

    fn take_records(&mut self, partition: u32, place: usize, records: &[ConsumerRecord], position: Option<Offset>) {
        let now_ms = self.clock.now_ms();
        let Some(owned) = self.owned.get_mut(&partition) else { return };
        let schemas = &self.schemas;
        for record in records {
            let is_read = match place {
                0 => owned.take_command(record, now_ms, &|id| schemas.fingerprint(id), &mut self.counts),
                1 => owned.take_session(record),
                _ => owned.take_feedback(record),
            };
            self.counts.unreadable += u64::from(!is_read);
            owned.pass(place, record.offset + 1);
        }
        // Behind the last record there may be markers.
        if let Some(position) = position {
            owned.pass(place, position);
        }
    }

    /// Begins with every command whose turn it is.
    fn carry_out(&mut self) {
        let now_ms = self.clock.now_ms();
        for (partition, owned) in &mut self.owned {
            for (command, job) in owned.jobs(*partition, now_ms) {
                let (execution, sender) = (Arc::clone(&self.execution), self.reports.0.clone());
                let (partition, epoch) = (*partition, owned.epoch);
                self.runtime.spawn(async move {
                    let outcome = execution.run(job).await;
                    // Nobody listens any more once the thread has ended.
                    let _ = sender.send(Report { partition, epoch, command, outcome });
                });
            }
        }
    }

    fn take_reports(&mut self) {
        while let Ok(report) = self.reports.1.try_recv() {
            let Some(owned) = self.owned.get_mut(&report.partition).filter(|owned| owned.epoch == report.epoch) else {
                continue;
            };
            self.counts.duplicates += u64::from(report.outcome == Outcome::Duplicate);
            owned.take_outcome(report.command, report.outcome);
        }
    }

    fn drop_partition(&mut self, partition: u32) -> Result<(), BrokerError> {
        if self.owned.remove(&partition).is_none() {
            return Ok(());
        }
        let all = self.topics.each_ref().map(|topic| TopicPartition::new(Arc::clone(topic), partition));
        self.consumer.unassign(&all)
    }

    /// Hands on what was revoked, once nothing is under way there and all is committed.
    fn release(&mut self) -> Result<(), BrokerError> {
        if self.revoked.is_empty() || self.owned.values().any(|owned| owned.is_leaving && owned.is_running()) {
            return Ok(());
        }
        self.commit()?;
        let revoked = std::mem::take(&mut self.revoked);
        revoked.iter().try_for_each(|partition| self.drop_partition(partition.partition))?;
        self.consumer.release(&revoked)
    }
}

fn positions(offsets: &mut dyn Iterator<Item = Offset>) -> Positions {
    let mut next = || offsets.next().unwrap_or_default();
    Positions { commands: next(), session: next(), feedback: next() }
}

fn offsets(positions: Positions) -> [Offset; 3] {
    [positions.commands, positions.session, positions.feedback]
}

/// What passes by itself is nothing, and is asked for again in the next round.
fn passing<T>(result: Result<T, BrokerError>) -> Result<Option<T>, BrokerError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), ErrorKind::Retriable | ErrorKind::OutcomeUnknown) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
