//! A stream thread: one consumer, one transactional producer, many tasks. It performs the effects that the tasks ask for.
//!
//! [`StreamThread::step`] is one bounded round, so that whoever drives it (a loop on an OS thread, a backtest, a simulator that
//! interleaves three of them) decides how time passes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::commit::Phase;
use super::error::ThreadError;
use super::global::GlobalFeed;
use super::settings::{ShutdownGroup, ThreadSettings};
use super::slot::{Slot, Stage};
use super::status::{TaskStatus, ThreadCounts};
use super::topics::Topics;
use super::transaction::Transaction;
use crate::broker::{
    Broker, BrokerError, Consumer, ConsumerConfig, ConsumerRecord, ErrorKind, ProducerConfig, TopicPartition,
    TransactionalProducer,
};
use crate::clock::Clock;
use crate::global::Globals;
use crate::store::BackendProvider;
use crate::task::{Task, TaskId};
use crate::topology::Topology;

/// Between two looks at what a last commit waits for.
const CLOSE_WAIT_MS: u64 = 1;

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There may be more to do at once.
    Worked,
    /// There is nothing to do before time passes or something comes in.
    Idle,
}

/// One consumer, one producer, the tasks that the group gave them.
pub struct StreamThread<B: Broker> {
    pub(super) topology: Arc<Topology>,
    pub(super) broker: B,
    pub(super) backends: Arc<dyn BackendProvider>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) settings: ThreadSettings,
    pub(super) topics: Topics,
    /// The group member; fetches the inputs.
    pub(super) consumer: B::Consumer,
    /// Reads changelogs.
    pub(super) reader: B::Consumer,
    /// None between the drop of a producer and its successor.
    pub(super) transaction: Option<Transaction<B::Producer>>,
    /// Where the commit stands.
    pub(super) phase: Phase,
    /// In task order, which is the order of processing.
    pub(super) slots: BTreeMap<TaskId, Slot>,
    /// Lead partitions that go once their work is committed.
    pub(super) revoking: Vec<TopicPartition>,
    pub(super) globals: GlobalFeed<B::Consumer>,
    /// Since the last commit.
    pub(super) aborts_in_a_row: u32,
    /// Why the open abort was asked for.
    pub(super) abort_cause: Arc<str>,
    pub(super) is_member: bool,
    pub(super) committed_at_ms: i64,
    pub(super) purged_at_ms: i64,
    pub(super) looked_up_at_ms: Option<i64>,
    /// Since when look-ups get no answer.
    pub(super) unreachable_since_ms: Option<i64>,
    pub(super) counts: ThreadCounts,
    /// Used again and again.
    pub(super) records: Vec<ConsumerRecord>,
}

impl<B: Broker> StreamThread<B> {
    /// Joins the group. The topics must exist, see [`create_internal_topics`](super::create_internal_topics).
    ///
    /// # Errors
    /// Topics that do not fit the topology, or a broker that does not answer.
    pub fn new(
        topology: Arc<Topology>,
        broker: B,
        backends: Arc<dyn BackendProvider>,
        clock: Arc<dyn Clock>,
        settings: ThreadSettings,
    ) -> Result<Self, ThreadError> {
        if **topology.application_id() != *settings.application_id {
            let (topology, settings) = (Arc::clone(topology.application_id()), settings.application_id);
            return Err(ThreadError::OtherApplication { topology, settings });
        }
        let topics = Topics::read(&broker.admin()?, &topology, settings.changelog)?;
        // First of all: what an earlier life left open is aborted, and that life can commit nothing any more.
        let mut producer = new_producer(&broker, &settings)?;
        let transaction = match producer.init_transactions() {
            Ok(()) => Some(Transaction::new(producer)),
            Err(error) if is_transient(&error) => None,
            Err(error) => return Err(error.into()),
        };
        let phase = if transaction.is_some() { Phase::Open } else { Phase::Replacing { unknown: None } };
        let mut consumer = broker.consumer(&ConsumerConfig {
            group: settings.application_id.clone(),
            client: format!("{}-{}", settings.instance, settings.thread),
            group_instance: settings.group_instance(),
            session_timeout_ms: settings.session_timeout_ms,
            max_poll_interval_ms: settings.max_poll_interval_ms,
        })?;
        let leads: Vec<&str> = topics.shapes.iter().map(|shape| &*shape.lead).collect();
        consumer.subscribe(&leads)?;
        let globals = GlobalFeed::new(Globals::new(&topology), &topics.counts, || broker.reader())?;
        let committed_at_ms = clock.now_ms();
        Ok(Self {
            reader: broker.reader()?,
            topology,
            broker,
            backends,
            clock,
            settings,
            topics,
            consumer,
            transaction,
            phase,
            slots: BTreeMap::new(),
            revoking: Vec::new(),
            globals,
            aborts_in_a_row: 0,
            abort_cause: Arc::from("nothing"),
            is_member: false,
            committed_at_ms,
            purged_at_ms: committed_at_ms,
            looked_up_at_ms: None,
            unreachable_since_ms: None,
            counts: ThreadCounts::default(),
            records: Vec::new(),
        })
    }

    /// One bounded round: the group, then what a commit still needs, restores, global tables, records, the next commit.
    ///
    /// # Errors
    /// See [`ThreadError::kind`]. A thread that has failed is not used again.
    pub fn step(&mut self) -> Result<Step, ThreadError> {
        let is_served = self.serve_group()?;
        if !self.drive_commit()? {
            return Ok(Step::Idle);
        }
        if !self.finish_revocations()? {
            return Ok(Step::Idle);
        }
        let mut worked = self.activate(is_served)?;
        worked |= self.globals.step(self.settings.restore_records_per_step, &mut self.records)? > 0;
        worked |= self.fetch()?;
        self.look_up()?;
        worked |= self.process()?;
        worked |= self.commit_when_due(worked)?;
        Ok(if worked { Step::Worked } else { Step::Idle })
    }

    /// Blocks until there may be something to do, at most for so long: for a loop whose last step was idle.
    pub fn wait(&mut self, max_ms: u64) {
        let is_restoring = self.slots.values().any(|slot| matches!(slot.stage, Stage::Restoring(..)));
        match (&self.phase, &mut self.transaction) {
            (Phase::Delivering(_), Some(transaction)) => transaction.wait(max_ms),
            _ if is_restoring => self.reader.wait(max_ms),
            _ => self.consumer.wait(max_ms),
        }
    }

    /// Commits what is uncommitted, and says whether nothing is left; `false` when the broker did not answer in time or the
    /// transaction had to be aborted.
    ///
    /// # Errors
    /// See [`ThreadError::kind`].
    pub fn commit_now(&mut self) -> Result<bool, ThreadError> {
        let began_ms = self.clock.now_ms();
        for _ in 0..self.settings.close_rounds_max.max(1) {
            let aborts = self.counts.aborts;
            if self.drive_commit()? {
                if !self.has_work() {
                    return Ok(true);
                }
                self.start_commit()?;
            } else {
                self.wait(CLOSE_WAIT_MS);
            }
            let waited_ms = self.clock.now_ms().saturating_sub(began_ms).max(0).unsigned_abs();
            if self.counts.aborts > aborts || waited_ms >= self.settings.close_timeout_ms {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// Commits, closes the tasks and leaves the group (or remains in it, see [`ShutdownGroup`]).
    ///
    /// # Errors
    /// See [`ThreadError::kind`]; what was not committed will be done again by the next owner.
    pub fn close(mut self) -> Result<(), ThreadError> {
        self.commit_now()?;
        let ids: Vec<TaskId> = self.slots.keys().copied().collect();
        for id in ids {
            self.close_slot(id)?;
        }
        if self.settings.shutdown_group == ShutdownGroup::Leave {
            self.consumer.leave()?;
        }
        Ok(())
    }

    /// The tasks, in task order.
    pub fn tasks(&self) -> impl Iterator<Item = TaskStatus> {
        self.slots.values().map(Slot::status)
    }

    /// The running task of this id, with its stores.
    pub fn task(&mut self, id: TaskId) -> Option<&mut Task> {
        self.slots.get_mut(&id).and_then(Slot::running_mut).map(|loaded| &mut loaded.task)
    }

    /// What it has done so far.
    #[must_use]
    pub fn counts(&self) -> ThreadCounts {
        self.counts
    }

    /// Since when the broker does not say where the inputs end, in milliseconds since the epoch; `None` while it does.
    #[must_use]
    pub fn unreachable_since_ms(&self) -> Option<i64> {
        self.unreachable_since_ms
    }

    /// The last commit, in milliseconds since the epoch; before the first one, the thread's beginning.
    #[must_use]
    pub fn committed_at_ms(&self) -> i64 {
        self.committed_at_ms
    }

    /// Records of global tables that their table could not read.
    #[must_use]
    pub fn globals_skipped(&self) -> u64 {
        self.globals.skipped()
    }

    /// Whether the group has given it its share; that may be nothing.
    #[must_use]
    pub fn is_member(&self) -> bool {
        self.is_member
    }

    /// Whether a commit waits for the broker: its outcome is not known, or an abort is under way.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        !matches!(self.phase, Phase::Open)
    }

    /// Whether there is nothing to commit, to restore or to hand on.
    pub(super) fn is_at_rest(&self) -> bool {
        let all_run = self.slots.values().all(|slot| slot.running().is_some());
        all_run && self.revoking.is_empty() && !self.is_undecided() && !self.has_work()
    }

    pub(super) fn is_running_anything(&self) -> bool {
        self.slots.values().any(|slot| slot.running().is_some())
    }
}

pub(super) fn new_producer<B: Broker>(broker: &B, settings: &ThreadSettings) -> Result<B::Producer, BrokerError> {
    let config = ProducerConfig {
        transactional_id: settings.transactional_id(),
        transaction_timeout_ms: settings.transaction_timeout_ms,
    };
    if settings.is_exactly_once() { broker.producer(&config) } else { broker.plain_producer(&config) }
}

/// Whether the same thing may be tried again later. The topics were there at the start: a partition that is not known is one of a
/// broker that starts or stops. Whether it is more than that, the look-up of the ends decides.
pub(super) fn is_transient(error: &BrokerError) -> bool {
    matches!(error.kind(), ErrorKind::Retriable | ErrorKind::OutcomeUnknown)
        || matches!(error, BrokerError::UnknownPartition { .. })
}
