//! What a processor sees of its task.

use std::sync::Arc;

use super::ProcessError;
use super::node::Node;
use crate::broker::{Headers, Offset, ProducerRecord};
use crate::global::{GlobalHandle, GlobalTable, Globals};
use crate::partition::Partition;
use crate::record::{BoxError, Record};
use crate::serde::SinkBuffers;
use crate::store::{StoreError, StoreIndex, Visit};
use crate::task::state::State;
use crate::task::{Collector, Origin, TaskError, TaskId};
use crate::topology::{Edge, Plan, StoreHandle};

/// Where the record being processed came from.
#[derive(Debug, Clone, Copy)]
pub struct RecordMetadata<'a> {
    /// The topic.
    pub topic: &'a Arc<str>,
    /// The partition.
    pub partition: Partition,
    /// The offset.
    pub offset: Offset,
    /// Whether it is a control record, which does not move stream time.
    pub control: bool,
    /// The headers.
    pub headers: &'a Headers,
}

/// The task as the node that runs sees it: its stores, its timers, the edges it forwards to.
pub struct Context<'a> {
    pub(crate) task: TaskId,
    pub(crate) application_id: &'a Arc<str>,
    pub(crate) plan: &'a Plan,
    /// A node is taken out of its place while it runs.
    pub(crate) nodes: &'a mut [Option<Box<dyn Node>>],
    pub(crate) state: &'a mut State,
    pub(crate) globals: &'a Globals,
    pub(crate) out: &'a mut dyn Collector,
    /// The node that runs; none for a source.
    pub(crate) node: usize,
    pub(crate) record: Option<RecordMetadata<'a>>,
    pub(crate) origin: Option<Origin>,
    /// What went wrong below a processor; it may not have passed it on.
    pub(crate) failed: Option<TaskError>,
    /// The innermost node that has returned an error.
    pub(crate) failed_at: Option<usize>,
    /// Whether anything was written since the record began.
    pub(crate) wrote: bool,
}

/// A node used what it has not declared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undeclared {
    #[error("{node} forwards to an edge that is not in its forwards; add it in the ProcessorSpec")]
    Edge { node: Arc<str> },
    #[error("{node} reads a global table of another topology; declare it with global_table()")]
    Global { node: Arc<str> },
}

/// The cause is kept in the context.
#[derive(Debug, thiserror::Error)]
#[error("the task has failed")]
struct Failed;

impl<'a> Context<'a> {
    /// Hands a record to everything that reads `edge`, before it returns.
    ///
    /// # Errors
    /// What the nodes behind the edge say; pass it on.
    pub fn forward<K, V>(&mut self, edge: Edge<K, V>, record: Record<K, V>) -> Result<(), ProcessError>
    where
        K: Clone + 'static,
        V: Clone + 'static,
    {
        let declared = self.plan.edges.get(edge.id.0).is_some_and(|planned| planned.producers.contains(&self.node));
        if !declared {
            return Err(ProcessError::Fatal(Undeclared::Edge { node: self.node_name() }.into()));
        }
        self.pass_on(edge, record)
    }

    /// The value of `key`, uncommitted writes included.
    ///
    /// # Errors
    /// A store that was not declared, or a failure of the disk.
    pub fn get(&mut self, store: StoreHandle, key: &[u8]) -> Result<Option<&[u8]>, StoreError> {
        let store = self.store(store)?;
        self.state.get(store, key)
    }

    /// Writes a row.
    ///
    /// # Errors
    /// A store that was not declared.
    pub fn put(&mut self, store: StoreHandle, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let store = self.store(store)?;
        self.wrote = true;
        self.state.put(store, key, Some(value))
    }

    /// Deletes a row, whether or not there is one.
    ///
    /// # Errors
    /// A store that was not declared.
    pub fn delete(&mut self, store: StoreHandle, key: &[u8]) -> Result<(), StoreError> {
        let store = self.store(store)?;
        self.wrote = true;
        self.state.put(store, key, None)
    }

    /// Visits the rows with `from <= key < to` in key order, uncommitted writes included, until told to stop.
    ///
    /// # Errors
    /// A store that was not declared or keeps no order, or a failure of the disk.
    pub fn scan(&self, store: StoreHandle, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.state.scan(self.store(store)?, from, to, visit)
    }

    /// Calls [`on_timer`](super::Processor::on_timer) of this node with `key` when stream time reaches `at_ms`. Timers are a set: the same
    /// time and key twice is one. A time that has passed fires before the next record. From `on_timer`, schedule later
    /// than the timer that fires.
    pub fn schedule(&mut self, at_ms: i64, key: &[u8]) {
        self.wrote = true;
        self.state.timers.schedule(at_ms, self.node, key);
    }

    /// How far event time has come; `None` before the first event.
    #[must_use]
    pub fn stream_time(&self) -> Option<i64> {
        self.state.progress.stream_time_ms
    }

    /// The task.
    #[must_use]
    pub fn task(&self) -> TaskId {
        self.task
    }

    /// The application's id.
    #[must_use]
    pub fn application_id(&self) -> &str {
        self.application_id
    }

    /// What a global table says now.
    ///
    /// # Errors
    /// A handle of another topology.
    pub fn global<T: GlobalTable>(&self, handle: GlobalHandle<T>) -> Result<&'a T, ProcessError> {
        let globals: &'a Globals = self.globals;
        globals.get(handle).ok_or_else(|| ProcessError::Fatal(Undeclared::Global { node: self.node_name() }.into()))
    }

    /// Where the record came from; `None` when a timer fires.
    #[must_use]
    pub fn record_metadata(&self) -> Option<RecordMetadata<'a>> {
        self.record
    }

    /// Adds to one of the application's own counters of this task. They are for the operator and live as long as the task.
    pub fn count(&mut self, name: &'static str, n: u64) {
        self.state.count(name, n);
    }

    /// Forwards without looking at who may.
    pub(crate) fn pass_on<K, V>(&mut self, edge: Edge<K, V>, record: Record<K, V>) -> Result<(), ProcessError>
    where
        K: Clone + 'static,
        V: Clone + 'static,
    {
        let plan: &'a Plan = self.plan;
        let Some(planned) = plan.edges.get(edge.id.0) else { return Ok(()) };
        let mut slot = Some(record);
        for child in &planned.children {
            if child.copy {
                self.run(child.node, |node, context| node.process(&mut slot.clone(), context))?;
            } else {
                self.run(child.node, |node, context| node.process(&mut slot, context))?;
            }
        }
        Ok(())
    }

    /// Runs a node outside its place: it can not meet itself, the graph has no circle.
    pub(crate) fn run(
        &mut self,
        number: usize,
        call: impl FnOnce(&mut dyn Node, &mut Self) -> Result<(), ProcessError>,
    ) -> Result<(), ProcessError> {
        let Some(mut node) = self.nodes.get_mut(number).and_then(Option::take) else { return Ok(()) };
        let caller = core::mem::replace(&mut self.node, number);
        let result = call(&mut *node, self);
        self.node = caller;
        if result.is_err() {
            self.failed_at.get_or_insert(number);
        }
        if let Some(place) = self.nodes.get_mut(number) {
            *place = Some(node);
        }
        result
    }

    /// Sends what a sink has encoded.
    pub(crate) fn send(
        &mut self,
        topic: &Arc<str>,
        partition: Partition,
        timestamp_ms: i64,
        buffers: &SinkBuffers,
    ) -> Result<(), ProcessError> {
        self.wrote = true;
        let record = ProducerRecord {
            topic,
            partition,
            timestamp_ms,
            key: Some(&buffers.key),
            value: (!buffers.tombstone).then_some(&buffers.value),
            headers: &buffers.headers,
        };
        self.out.send(&record, self.origin).map_err(|error| self.fail(error))
    }

    /// A sink could not encode a record: what has been written for it so far must be taken back, and the record set aside.
    pub(crate) fn undeliverable(&mut self, error: BoxError) -> ProcessError {
        let error = match self.origin {
            Some(origin) => TaskError::Undeliverable { origin, reason: error.to_string() },
            None => TaskError::Processor { node: self.node_name(), error },
        };
        self.fail(error)
    }

    /// The node that an error came from.
    pub(crate) fn failed_name(&self) -> Arc<str> {
        self.name_of(self.failed_at.unwrap_or(self.node))
    }

    fn node_name(&self) -> Arc<str> {
        self.name_of(self.node)
    }

    fn name_of(&self, node: usize) -> Arc<str> {
        self.plan.nodes.get(node).map_or_else(|| Arc::from("source"), |node| Arc::clone(&node.name))
    }

    fn fail(&mut self, error: TaskError) -> ProcessError {
        self.failed.get_or_insert(error);
        ProcessError::Fatal(Failed.into())
    }

    fn store(&self, store: StoreHandle) -> Result<StoreIndex, StoreError> {
        let declared = self.plan.nodes.get(self.node).and_then(|node| node.stores.get(store.0).copied().flatten());
        declared.ok_or(StoreError::UnknownStore { index: store.0 })
    }
}

impl core::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Context").field("task", &self.task).field("record", &self.record).finish_non_exhaustive()
    }
}
