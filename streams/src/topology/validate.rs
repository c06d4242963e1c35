//! What only a complete graph can be checked for.

use std::sync::Arc;

use super::TopologyError;
use super::builder::{Role, TopologyBuilder};
use super::spec::TopicName;

pub(super) fn validate(builder: &TopologyBuilder) -> Result<(), TopologyError> {
    if builder.sources.is_empty() {
        return Err(TopologyError::Empty);
    }
    known_handles(builder)?;
    produced_edges(builder)?;
    used_stores(builder)?;
    whole_repartitions(builder)?;
    no_cycle(builder)
}

fn known_handles(builder: &TopologyBuilder) -> Result<(), TopologyError> {
    for node in &builder.nodes {
        let name = || Arc::clone(&node.name);
        if node.inputs.iter().chain(&node.forwards).any(|edge| *edge >= builder.edges) {
            return Err(TopologyError::UnknownEdge { node: name() });
        }
        if node.stores.iter().any(|store| *store >= builder.stores.len()) {
            return Err(TopologyError::UnknownStore { node: name() });
        }
        if node.globals.iter().any(|global| *global >= builder.globals.len()) {
            return Err(TopologyError::UnknownGlobal { node: name() });
        }
    }
    Ok(())
}

fn produced_edges(builder: &TopologyBuilder) -> Result<(), TopologyError> {
    let mut produced = vec![false; builder.edges];
    let by_sources = builder.sources.iter().map(|source| source.edge);
    for edge in by_sources.chain(builder.nodes.iter().flat_map(|node| node.forwards.iter().copied())) {
        if let Some(produced) = produced.get_mut(edge) {
            *produced = true;
        }
    }
    let waits = |edge: &usize| produced.get(*edge) != Some(&true);
    match builder.nodes.iter().find(|node| node.inputs.iter().any(waits)) {
        Some(node) => Err(TopologyError::NoProducer { node: Arc::clone(&node.name) }),
        None => Ok(()),
    }
}

fn used_stores(builder: &TopologyBuilder) -> Result<(), TopologyError> {
    let used = |store: usize| builder.nodes.iter().any(|node| node.stores.contains(&store));
    match builder.stores.iter().enumerate().find(|(index, _)| !used(*index)) {
        Some((_, store)) => Err(TopologyError::UnusedStore { store: Arc::clone(&store.name) }),
        None => Ok(()),
    }
}

fn whole_repartitions(builder: &TopologyBuilder) -> Result<(), TopologyError> {
    for (topic, _) in &builder.repartitions {
        let is_it = |name: &TopicName| matches!(name, TopicName::Repartition(name) if name == topic);
        let read = builder.sources.iter().any(|source| is_it(&source.topic));
        let written = builder.nodes.iter().any(|node| matches!(&node.role, Role::Sink { topic, .. } if is_it(topic)));
        let missing = match (written, read) {
            (true, true) => continue,
            (false, _) => "sink",
            (true, false) => "source",
        };
        return Err(TopologyError::HalfRepartition { topic: Arc::clone(topic), missing });
    }
    Ok(())
}

/// Takes away nodes whose producers are all gone until nothing is left, or only a circle.
fn no_cycle(builder: &TopologyBuilder) -> Result<(), TopologyError> {
    let mut left: Vec<_> = builder.nodes.iter().collect();
    loop {
        let fed =
            |edge: &usize, by: &[&super::builder::NodeDeclaration]| by.iter().any(|node| node.forwards.contains(edge));
        let stay: Vec<_> =
            left.iter().copied().filter(|node| node.inputs.iter().any(|edge| fed(edge, &left))).collect();
        match stay.first() {
            None => return Ok(()),
            Some(node) if stay.len() == left.len() => {
                return Err(TopologyError::Cycle { node: Arc::clone(&node.name) });
            }
            Some(_) => left = stay,
        }
    }
}
