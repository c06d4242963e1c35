//! From declarations to plans: finds the sub-topologies, numbers what is in them, and names the internal topics.

use std::sync::Arc;

use super::builder::{NodeDeclaration, Role, SourceDeclaration, TopologyBuilder};
use super::components::Components;
use super::describe::{DescribedNode, Description};
use super::{
    Child, InputSpec, InternalTopic, InternalTopicKind, Plan, PlannedEdge, PlannedNode, SinkSpec, SubTopology,
    TopicName, Topology, TopologyError,
};
use crate::broker::Cleanup;
use crate::store::{StoreIndex, StoreKind, StoreSpec};

/// `builder` has been validated.
pub(super) fn assemble(builder: TopologyBuilder, application_id: Arc<str>) -> Result<Topology, TopologyError> {
    let components = components(&builder);
    let TopologyBuilder { mut sources, mut nodes, stores, globals, repartitions, edges, .. } = builder;
    let mut sub_topologies = Vec::new();
    let mut described = Vec::new();
    let mut repartition_topics = Vec::new();
    for (id, root) in (0_u32..).zip(components.roots()) {
        let is_here = |order: usize| components.find(order) == root;
        let sources: Vec<_> = sources.extract_if(.., |source| is_here(source.order)).collect();
        let nodes: Vec<_> = nodes.extract_if(.., |node| is_here(node.order)).collect();
        described.push(describe(&sources, &nodes, &stores));
        repartition_topics.extend(repartition_topics_of(id, &nodes, &repartitions, &application_id));
        sub_topologies.push(part(id, sources, nodes, &stores, edges, &application_id)?);
    }
    let specs = globals.iter().map(|global| &global.spec);
    let description = Description { sub_topologies: described, globals: specs.cloned().collect() }.to_string();
    let mut topology = Topology { application_id, sub_topologies, globals, internal_topics: Vec::new(), description };
    topology.internal_topics = internal_topics(&topology, repartition_topics);
    Ok(topology)
}

/// Members are sources and nodes, by the order of their declaration.
fn components(builder: &TopologyBuilder) -> Components {
    let mut components = Components::new(builder.sources.len() + builder.nodes.len());
    let mut on_edge: Vec<Option<usize>> = vec![None; builder.edges];
    let mut on_store: Vec<Option<usize>> = vec![None; builder.stores.len()];
    let mut meet = |place: Option<&mut Option<usize>>, member: usize| {
        if let Some(place) = place {
            components.connect(*place.get_or_insert(member), member);
        }
    };
    for source in &builder.sources {
        meet(on_edge.get_mut(source.edge), source.order);
    }
    for node in &builder.nodes {
        for edge in node.inputs.iter().chain(&node.forwards) {
            meet(on_edge.get_mut(*edge), node.order);
        }
        for store in &node.stores {
            meet(on_store.get_mut(*store), node.order);
        }
    }
    components
}

fn part(
    id: u32,
    sources: Vec<SourceDeclaration>,
    nodes: Vec<NodeDeclaration>,
    all_stores: &[StoreSpec],
    edges: usize,
    application_id: &str,
) -> Result<SubTopology, TopologyError> {
    let edges = plan_edges(&nodes, edges);
    let (stores, places) = stores_of(id, &nodes, all_stores);
    let inputs = inputs_of(&sources, application_id)?;
    let mut sinks = Vec::new();
    let mut planned = Vec::new();
    for node in nodes {
        let declared = |store: usize| node.stores.contains(&store);
        let stores = places.iter().enumerate().map(|(store, place)| place.filter(|_| declared(store))).collect();
        let make = match node.role {
            Role::Processor(make) => make,
            Role::Sink { topic, make } => {
                let topic = topic.full(application_id);
                sinks.push(SinkSpec { name: Arc::clone(&node.name), topic: Arc::clone(&topic) });
                make(topic)
            }
        };
        planned.push(PlannedNode { name: node.name, make, stores });
    }
    let sources = sources.into_iter().map(|source| source.make).collect();
    Ok(SubTopology { id, inputs, stores, sinks, plan: Arc::new(Plan { sources, nodes: planned, edges }) })
}

/// A processor takes a record away, so every child before the last is given a copy; a sink only looks at it.
fn plan_edges(nodes: &[NodeDeclaration], edges: usize) -> Vec<PlannedEdge> {
    let mut planned = vec![PlannedEdge::default(); edges];
    for (number, node) in nodes.iter().enumerate() {
        for edge in &node.forwards {
            if let Some(edge) = planned.get_mut(*edge) {
                edge.producers.push(number);
            }
        }
        for edge in &node.inputs {
            if let Some(edge) = planned.get_mut(*edge) {
                let copy = matches!(node.role, Role::Processor(_));
                edge.children.push(Child { node: number, copy });
            }
        }
    }
    for edge in &mut planned {
        if let Some(last) = edge.children.last_mut() {
            last.copy = false;
        }
    }
    planned
}

/// The stores of the part, the engine's own last, and where each store handle leads.
fn stores_of(id: u32, nodes: &[NodeDeclaration], all: &[StoreSpec]) -> (Vec<StoreSpec>, Vec<Option<StoreIndex>>) {
    let mut stores = Vec::new();
    let mut places = Vec::new();
    for (handle, spec) in all.iter().enumerate() {
        let is_here = nodes.iter().any(|node| node.stores.contains(&handle));
        places.push(is_here.then_some(StoreIndex(stores.len())));
        stores.extend(is_here.then(|| spec.clone()));
    }
    let name = format!("meta-{id}").into();
    stores.push(StoreSpec { name, kind: StoreKind::Ordered, changelog_retention_ms: None });
    (stores, places)
}

fn inputs_of(sources: &[SourceDeclaration], application_id: &str) -> Result<Vec<InputSpec>, TopologyError> {
    let mut leads = sources.iter().filter(|source| source.lead);
    let lead = leads.next().or(sources.first());
    if let (Some(first), Some(second)) = (lead, leads.next()) {
        let (first, second) = (Arc::clone(&first.name), Arc::clone(&second.name));
        return Err(TopologyError::TwoLeads { first, second });
    }
    let inputs = sources.iter().map(|source| InputSpec {
        source: Arc::clone(&source.name),
        topic: source.topic.full(application_id),
        lead: lead.is_some_and(|lead| lead.order == source.order),
        late_after_ms: source.late_after_ms,
        check_partition: source.check_partition,
        key_required: source.key_required,
        repartition: matches!(source.topic, TopicName::Repartition(_)),
    });
    Ok(inputs.collect())
}

fn repartition_topics_of(
    id: u32,
    nodes: &[NodeDeclaration],
    declared: &[(Arc<str>, Option<u32>)],
    application_id: &str,
) -> Vec<InternalTopic> {
    let mut topics: Vec<InternalTopic> = Vec::new();
    for node in nodes {
        let Role::Sink { topic: TopicName::Repartition(name), .. } = &node.role else { continue };
        let partitions = declared.iter().find(|(declared, _)| declared == name).and_then(|(_, partitions)| *partitions);
        topics.push(InternalTopic {
            name: TopicName::Repartition(Arc::clone(name)).full(application_id),
            kind: InternalTopicKind::Repartition { sub_topology: id, partitions },
            cleanup: Cleanup::Delete,
            retention_ms: None,
        });
    }
    topics
}

fn internal_topics(topology: &Topology, repartitions: Vec<InternalTopic>) -> Vec<InternalTopic> {
    let mut topics: Vec<InternalTopic> = Vec::new();
    for repartition in repartitions {
        if topics.iter().all(|known| known.name != repartition.name) {
            topics.push(repartition);
        }
    }
    for part in &topology.sub_topologies {
        topics.extend(part.stores.iter().map(|store| InternalTopic {
            name: topology.changelog_topic(store),
            kind: InternalTopicKind::Changelog { sub_topology: part.id },
            cleanup: store.changelog_retention_ms.map_or(Cleanup::Compact, |_| Cleanup::CompactAndDelete),
            retention_ms: store.changelog_retention_ms,
        }));
    }
    topics.push(InternalTopic {
        name: topology.dead_letter_topic(),
        kind: InternalTopicKind::DeadLetters,
        cleanup: Cleanup::Delete,
        retention_ms: Some(DEAD_LETTER_RETENTION_MS),
    });
    topics
}

/// Two weeks: long enough to look at them after a holiday.
const DEAD_LETTER_RETENTION_MS: u64 = 14 * 24 * 60 * 60 * 1_000;

fn describe(sources: &[SourceDeclaration], nodes: &[NodeDeclaration], stores: &[StoreSpec]) -> Vec<DescribedNode> {
    let names = |edges: &[usize]| {
        let reads = |node: &&NodeDeclaration| node.inputs.iter().any(|edge| edges.contains(edge));
        nodes.iter().filter(reads).map(|node| Arc::clone(&node.name)).collect()
    };
    let sources = sources.iter().map(|source| DescribedNode {
        text: format!("Source: {} (topics: [{}])", source.name, source.topic.declared()),
        name: Arc::clone(&source.name),
        successors: Some(names(&[source.edge])),
        is_source: true,
    });
    let nodes = nodes.iter().map(|node| match &node.role {
        Role::Sink { topic, .. } => DescribedNode {
            text: format!("Sink: {} (topic: {})", node.name, topic.declared()),
            name: Arc::clone(&node.name),
            successors: None,
            is_source: false,
        },
        Role::Processor(_) => {
            let mut used: Vec<&str> =
                node.stores.iter().filter_map(|store| stores.get(*store)).map(|store| &*store.name).collect();
            used.sort_unstable();
            used.dedup();
            DescribedNode {
                text: format!("Processor: {} (stores: [{}])", node.name, used.join(", ")),
                name: Arc::clone(&node.name),
                successors: Some(names(&node.forwards)),
                is_source: false,
            }
        }
    });
    sources.chain(nodes).collect()
}
