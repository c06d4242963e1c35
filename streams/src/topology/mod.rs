//! The graph of an application: sources, processors, sinks, the stores between them, and what follows from its shape.
//!
//! A graph is declared with a [`TopologyBuilder`], typed at its edges, and checked as a whole by
//! [`TopologyBuilder::build`]. Nodes that are connected, by edges or by a shared store, form a sub-topology; each of its
//! partitions is a task. A [`Topology`] holds no state and is shared by all tasks, which make their own nodes from it.

mod assemble;
mod builder;
mod components;
mod describe;
mod error;
mod spec;
mod validate;

use core::fmt;
use std::sync::Arc;

pub use builder::TopologyBuilder;
pub use error::TopologyError;
pub use spec::{
    Edge, EdgeId, GlobalSpec, InputSpec, InternalTopic, InternalTopicKind, ProcessorSpec, SinkSpec, SourceSpec,
    StoreHandle, TopicName,
};

pub(crate) use spec::Decode;

use crate::global::ErasedTable;
use crate::processor::node::{MakeNode, MakeSource};
use crate::store::{StoreIndex, StoreSpec};

/// A checked graph.
pub struct Topology {
    pub(crate) application_id: Arc<str>,
    pub(crate) sub_topologies: Vec<SubTopology>,
    pub(crate) globals: Vec<Global>,
    pub(crate) internal_topics: Vec<InternalTopic>,
    pub(crate) description: String,
}

/// A global table and how to make an empty one.
pub(crate) struct Global {
    pub(crate) spec: GlobalSpec,
    pub(crate) make: Box<dyn Fn() -> Box<dyn ErasedTable> + Send + Sync>,
}

/// A connected part of the graph: what one kind of task runs.
pub struct SubTopology {
    /// Its number, the first part of its tasks' names.
    pub id: u32,
    /// What it reads, in the order declared. All of them are co-partitioned.
    pub inputs: Vec<InputSpec>,
    /// Its stores in the order declared; the last one is the engine's own, see [`Self::meta`].
    pub stores: Vec<StoreSpec>,
    /// What it writes.
    pub sinks: Vec<SinkSpec>,
    pub(crate) plan: Arc<Plan>,
}

impl SubTopology {
    /// The store of the engine's own rows: stream time, counts and timers.
    #[must_use]
    pub fn meta(&self) -> StoreIndex {
        StoreIndex(self.stores.len().saturating_sub(1))
    }

    /// The topic by whose partitions the group shares out the tasks.
    #[must_use]
    pub fn lead(&self) -> Option<&InputSpec> {
        self.inputs.iter().find(|input| input.lead)
    }
}

/// How the nodes of one task are made and wired.
pub(crate) struct Plan {
    /// The same order as [`SubTopology::inputs`].
    pub(crate) sources: Vec<MakeSource>,
    /// Processors and sinks in the order declared; a node's place here is its number.
    pub(crate) nodes: Vec<PlannedNode>,
    /// By edge number, of the whole topology.
    pub(crate) edges: Vec<PlannedEdge>,
}

pub(crate) struct PlannedNode {
    pub(crate) name: Arc<str>,
    pub(crate) make: MakeNode,
    /// By store handle: where the store is in the task, if the node may use it.
    pub(crate) stores: Vec<Option<StoreIndex>>,
}

#[derive(Default, Clone)]
pub(crate) struct PlannedEdge {
    /// The nodes that may forward to it.
    pub(crate) producers: Vec<usize>,
    /// The nodes that it leads to.
    pub(crate) children: Vec<Child>,
}

#[derive(Clone, Copy)]
pub(crate) struct Child {
    pub(crate) node: usize,
    /// A later child needs the record too, and this one would take it away.
    pub(crate) copy: bool,
}

impl Topology {
    /// The application's id: group, prefix of internal topics.
    #[must_use]
    pub fn application_id(&self) -> &Arc<str> {
        &self.application_id
    }

    /// The parts that have tasks; a part's place here is its id.
    #[must_use]
    pub fn sub_topologies(&self) -> &[SubTopology] {
        &self.sub_topologies
    }

    /// The global tables in the order declared.
    pub fn global_tables(&self) -> impl Iterator<Item = &GlobalSpec> {
        self.globals.iter().map(|global| &global.spec)
    }

    /// The topics that the application creates for itself.
    #[must_use]
    pub fn internal_topics(&self) -> &[InternalTopic] {
        &self.internal_topics
    }

    /// The topic that a store is rebuilt from.
    #[must_use]
    pub fn changelog_topic(&self, store: &StoreSpec) -> Arc<str> {
        format!("{}-{}-changelog", self.application_id, store.name).into()
    }

    /// The topic of the records that could not be processed.
    #[must_use]
    pub fn dead_letter_topic(&self) -> Arc<str> {
        format!("{}-dead-letters", self.application_id).into()
    }

    /// The graph as Kafka Streams' `TopologyDescription` prints it.
    #[must_use]
    pub fn describe(&self) -> String {
        self.description.clone()
    }
}

impl fmt::Debug for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description)
    }
}

#[cfg(test)]
mod tests;
