//! Prints a graph as Kafka Streams does, so that its tools and eyes read it.
//!
//! Source: `org.apache.kafka.streams.processor.internals.InternalTopologyBuilder`, the `toString` methods of
//! `TopologyDescription`. Nodes stand in the order of how many nodes lie below them, then of their names. Kafka numbers parts
//! and global stores in one row; here the global stores come last.

use core::fmt;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::GlobalSpec;

pub(super) struct Description {
    pub(super) sub_topologies: Vec<Vec<DescribedNode>>,
    pub(super) globals: Vec<GlobalSpec>,
}

pub(super) struct DescribedNode {
    /// Its first line.
    pub(super) text: String,
    pub(super) name: Arc<str>,
    /// `None` for a sink, which can have none.
    pub(super) successors: Option<Vec<Arc<str>>>,
    /// A source has no line of predecessors.
    pub(super) is_source: bool,
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The blank behind the line break is Kafka's: it indents the first part by one more than the others.
        write!(f, "Topologies:\n ")?;
        for (id, nodes) in self.sub_topologies.iter().enumerate() {
            writeln!(f, "  Sub-topology: {id}")?;
            write_nodes(nodes, f)?;
            writeln!(f)?;
        }
        for (id, GlobalSpec { source, topic, table }) in (self.sub_topologies.len()..).zip(&self.globals) {
            writeln!(f, "  Sub-topology: {id} for global store (will not generate tasks)")?;
            writeln!(f, "    Source: {source} (topics: [{topic}])\n      --> {table}-processor")?;
            writeln!(f, "    Processor: {table}-processor (stores: [{table}])\n      --> none\n      <-- {source}")?;
        }
        Ok(())
    }
}

fn write_nodes(nodes: &[DescribedNode], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let sizes = sizes(nodes);
    let rank = |name: &Arc<str>| (core::cmp::Reverse(sizes.get(name).copied().unwrap_or(1)), Arc::clone(name));
    let listed = |mut names: Vec<Arc<str>>| {
        names.sort_by_key(rank);
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    let mut ordered: Vec<_> = nodes.iter().collect();
    ordered.sort_by_key(|node| rank(&node.name));
    for node in ordered {
        writeln!(f, "    {}", node.text)?;
        if let Some(successors) = &node.successors {
            writeln!(f, "      --> {}", listed(successors.clone()))?;
        }
        if !node.is_source {
            let leads_here = |other: &&DescribedNode| other.successors.iter().flatten().any(|name| *name == node.name);
            let predecessors = nodes.iter().filter(leads_here).map(|other| Arc::clone(&other.name));
            writeln!(f, "      <-- {}", listed(predecessors.collect()))?;
        }
    }
    Ok(())
}

/// A node's size: itself and the sizes of its successors.
fn sizes(nodes: &[DescribedNode]) -> BTreeMap<Arc<str>, u64> {
    let mut sizes: BTreeMap<_, _> = nodes.iter().map(|node| (Arc::clone(&node.name), 1_u64)).collect();
    // Without circles, sizes settle after as many rounds as the longest path has nodes.
    for _ in nodes {
        for node in nodes {
            let below = node.successors.iter().flatten().filter_map(|name| sizes.get(name));
            let size = below.fold(1_u64, |sum, size| sum.saturating_add(*size));
            sizes.insert(Arc::clone(&node.name), size);
        }
    }
    sizes
}
