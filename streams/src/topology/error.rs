//! What is wrong with a graph, which node it is, and what to do about it.

use std::sync::Arc;

/// A graph that can not be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopologyError {
    /// Two things share a name.
    #[error("the name {name} is used twice; give each source, processor, sink and store a name of its own")]
    DuplicateName {
        /// The name.
        name: Arc<str>,
    },
    /// Two sources read the same topic.
    #[error("the topic {topic} is read by {first} and by {second}; use the edge of one source for both")]
    DuplicateTopic {
        /// The topic.
        topic: Arc<str>,
        /// The source declared first.
        first: Arc<str>,
        /// The other.
        second: Arc<str>,
    },
    /// A name that Kafka would refuse as a part of a topic's name.
    #[error("{name:?} can not be a part of a topic's name; use letters, digits, '.', '_' and '-', at most 150 of them")]
    InvalidName {
        /// The name.
        name: Arc<str>,
    },
    /// A store's name that the engine keeps for itself.
    #[error("the store name {name} is kept for the engine; choose one that does not begin with \"meta-\"")]
    ReservedName {
        /// The name.
        name: Arc<str>,
    },
    /// A processor without an input.
    #[error("the processor {processor} has no input; give it the edge of a source or of another processor")]
    NoInput {
        /// The processor.
        processor: Arc<str>,
    },
    /// An edge that nobody writes to.
    #[error("nothing forwards to the input of {node}; name its edge in the forwards of a processor")]
    NoProducer {
        /// The node that waits.
        node: Arc<str>,
    },
    /// A handle of another builder.
    #[error("{node} uses a store of another builder; declare it with store() here")]
    UnknownStore {
        /// The node.
        node: Arc<str>,
    },
    /// A handle of another builder.
    #[error("{node} uses an edge of another builder; make it with edge() or source() here")]
    UnknownEdge {
        /// The node.
        node: Arc<str>,
    },
    /// A handle of another builder.
    #[error("{node} uses a global table of another builder; declare it with global_table() here")]
    UnknownGlobal {
        /// The node.
        node: Arc<str>,
    },
    /// A store that no processor uses.
    #[error("no processor uses the store {store}; name it in a processor's stores or leave it out")]
    UnusedStore {
        /// The store.
        store: Arc<str>,
    },
    /// Nodes that feed themselves.
    #[error("the node {node} is its own ancestor; break the circle with a repartition topic")]
    Cycle {
        /// One of them.
        node: Arc<str>,
    },
    /// More than one lead topic.
    #[error("the sources {first} and {second} of one sub-topology are both its lead; keep lead() at one of them")]
    TwoLeads {
        /// The lead declared first.
        first: Arc<str>,
        /// The other.
        second: Arc<str>,
    },
    /// A repartition topic with one end only.
    #[error("the repartition topic {topic} needs a sink and a source; it lacks a {missing}")]
    HalfRepartition {
        /// The topic, without the application's id.
        topic: Arc<str>,
        /// What is not there.
        missing: &'static str,
    },
    /// Nothing to run.
    #[error("the topology has no source; declare one with source()")]
    Empty,
}
