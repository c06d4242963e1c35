//! Declares a graph node by node. What can be checked at once is refused at once; the rest when the graph is complete.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::Arc;

use super::spec::{Edge, EdgeId, GlobalSpec, ProcessorSpec, SourceSpec, StoreHandle, TopicName};
use super::{Global, Topology, TopologyError, assemble};
use crate::global::{GlobalHandle, GlobalTable};
use crate::processor::Processor;
use crate::processor::node::{MakeNode, MakeSource, ProcessorNode, SinkNode, SourceNode};
use crate::record::BoxError;
use crate::serde::SinkBuffers;
use crate::store::StoreSpec;

/// Collects the parts of a graph.
#[derive(Default)]
pub struct TopologyBuilder {
    pub(super) sources: Vec<SourceDeclaration>,
    pub(super) nodes: Vec<NodeDeclaration>,
    pub(super) stores: Vec<StoreSpec>,
    pub(super) globals: Vec<Global>,
    pub(super) repartitions: Vec<(Arc<str>, Option<u32>)>,
    pub(super) edges: usize,
    /// Names of sources, processors and sinks.
    names: BTreeSet<Arc<str>>,
    /// Names of stores and global tables.
    store_names: BTreeSet<Arc<str>>,
}

pub(super) struct SourceDeclaration {
    pub(super) name: Arc<str>,
    pub(super) topic: TopicName,
    pub(super) edge: usize,
    pub(super) lead: bool,
    pub(super) late_after_ms: Option<i64>,
    pub(super) check_partition: bool,
    pub(super) key_required: bool,
    pub(super) make: MakeSource,
    /// How many nodes were declared before it.
    pub(super) order: usize,
}

pub(super) struct NodeDeclaration {
    pub(super) name: Arc<str>,
    pub(super) inputs: Vec<usize>,
    pub(super) stores: Vec<usize>,
    pub(super) forwards: Vec<usize>,
    pub(super) globals: Vec<usize>,
    pub(super) role: Role,
    /// How many nodes were declared before it.
    pub(super) order: usize,
}

pub(super) enum Role {
    Processor(MakeNode),
    Sink {
        topic: TopicName,
        /// Takes the topic's name on the cluster, which the application's id is a part of.
        make: Box<dyn FnOnce(Arc<str>) -> MakeNode>,
    },
}

impl TopologyBuilder {
    /// An empty graph.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a topic.
    ///
    /// # Errors
    /// A name or topic that is taken.
    pub fn source<K, V>(&mut self, spec: SourceSpec<K, V>) -> Result<Edge<K, V>, TopologyError>
    where
        K: Clone + Send + 'static,
        V: Clone + Send + 'static,
    {
        self.refuse_second_reader(spec.topic.declared(), &spec.name)?;
        self.claim(&spec.name)?;
        let edge = self.edge();
        let decode = spec.decode;
        self.sources.push(SourceDeclaration {
            name: spec.name,
            topic: spec.topic,
            edge: edge.id.0,
            lead: spec.lead,
            late_after_ms: spec.late_after_ms,
            check_partition: spec.check_partition,
            key_required: spec.key_required,
            make: Box::new(move || Box::new(SourceNode { edge, decode: Arc::clone(&decode), head: None })),
            order: self.order(),
        });
        Ok(edge)
    }

    /// Declares a store; the processors that name it in their spec may use it.
    ///
    /// # Errors
    /// A name that is taken, reserved, or can not be a part of a topic's name.
    pub fn store(&mut self, spec: StoreSpec) -> Result<StoreHandle, TopologyError> {
        check_name(&spec.name)?;
        if spec.name.starts_with("meta-") {
            return Err(TopologyError::ReservedName { name: spec.name });
        }
        claim(&mut self.store_names, &spec.name)?;
        self.stores.push(spec);
        Ok(StoreHandle(self.stores.len() - 1))
    }

    /// Reads a whole topic into a table on every instance; `make` makes an empty one.
    ///
    /// # Errors
    /// A name or topic that is taken.
    pub fn global_table<T: GlobalTable>(
        &mut self,
        source: &str,
        topic: &str,
        table: &str,
        make: impl Fn() -> T + Send + Sync + 'static,
    ) -> Result<GlobalHandle<T>, TopologyError> {
        let spec = GlobalSpec { source: source.into(), topic: topic.into(), table: table.into() };
        self.refuse_second_reader(&spec.topic, &spec.source)?;
        self.claim(&spec.source)?;
        claim(&mut self.store_names, &spec.table)?;
        self.globals.push(Global { spec, make: Box::new(move || Box::new(make())) });
        Ok(GlobalHandle { index: self.globals.len() - 1, table: PhantomData })
    }

    /// A way that processors forward to and other nodes read from.
    pub fn edge<K, V>(&mut self) -> Edge<K, V> {
        self.edges += 1;
        Edge { id: EdgeId(self.edges - 1), types: PhantomData }
    }

    /// A topic of the application's own, `<application>-<name>-repartition`, that a sink writes by a new key and a source of
    /// another sub-topology reads. Without a number it has as many partitions as the lead topic of the part that writes.
    ///
    /// # Errors
    /// A name that is taken, or can not be a part of a topic's name.
    pub fn repartition(&mut self, name: &str, partitions: Option<u32>) -> Result<TopicName, TopologyError> {
        check_name(&name.into())?;
        let name: Arc<str> = format!("{name}-repartition").into();
        if self.repartitions.iter().any(|(taken, _)| *taken == name) {
            return Err(TopologyError::DuplicateName { name });
        }
        self.repartitions.push((Arc::clone(&name), partitions));
        Ok(TopicName::Repartition(name))
    }

    /// Runs user code on the records of some edges; `supplier` makes one instance for each task.
    ///
    /// # Errors
    /// A name that is taken.
    pub fn processor<P>(
        &mut self,
        name: &str,
        inputs: &[&Edge<P::Key, P::Value>],
        spec: ProcessorSpec<'_>,
        supplier: impl Fn() -> P + Send + Sync + 'static,
    ) -> Result<(), TopologyError>
    where
        P: Processor + 'static,
        P::Key: 'static,
        P::Value: 'static,
    {
        let name: Arc<str> = name.into();
        self.claim(&name)?;
        if inputs.is_empty() {
            return Err(TopologyError::NoInput { processor: name });
        }
        self.nodes.push(NodeDeclaration {
            name,
            inputs: inputs.iter().map(|edge| edge.id.0).collect(),
            stores: spec.stores.iter().map(|store| store.0).collect(),
            forwards: spec.forwards.iter().map(|edge| edge.0).collect(),
            globals: spec.globals.iter().map(|global| global.0).collect(),
            role: Role::Processor(Box::new(move |_| Box::new(ProcessorNode(supplier())))),
            order: self.order(),
        });
        Ok(())
    }

    /// Writes the records of an edge to a topic. The partition is murmur2 of the encoded key.
    ///
    /// # Errors
    /// A name that is taken.
    pub fn sink<K: 'static, V: 'static>(
        &mut self,
        name: &str,
        topic: impl Into<TopicName>,
        input: &Edge<K, V>,
        encode: impl Fn(&K, &V, &mut SinkBuffers) -> Result<(), BoxError> + Send + Sync + 'static,
    ) -> Result<(), TopologyError> {
        let name: Arc<str> = name.into();
        self.claim(&name)?;
        let encode: crate::processor::node::Encode<K, V> = Arc::new(encode);
        let make = move |topic: Arc<str>| -> MakeNode {
            Box::new(move |counts| {
                Box::new(SinkNode {
                    topic: Arc::clone(&topic),
                    partitions: counts.get(&topic).copied().unwrap_or(1),
                    encode: Arc::clone(&encode),
                    buffers: SinkBuffers::default(),
                })
            })
        };
        self.nodes.push(NodeDeclaration {
            name,
            inputs: vec![input.id.0],
            stores: Vec::new(),
            forwards: Vec::new(),
            globals: Vec::new(),
            role: Role::Sink { topic: topic.into(), make: Box::new(make) },
            order: self.order(),
        });
        Ok(())
    }

    /// Checks the graph as a whole and numbers its parts in the order in which they were begun.
    ///
    /// # Errors
    /// What is wrong, at which node, and the remedy.
    pub fn build(self, application_id: &str) -> Result<Topology, TopologyError> {
        let application_id: Arc<str> = application_id.into();
        check_name(&application_id)?;
        super::validate::validate(&self)?;
        assemble::assemble(self, application_id)
    }

    fn order(&self) -> usize {
        self.sources.len() + self.nodes.len()
    }

    fn claim(&mut self, name: &Arc<str>) -> Result<(), TopologyError> {
        claim(&mut self.names, name)
    }

    fn refuse_second_reader(&self, topic: &Arc<str>, second: &Arc<str>) -> Result<(), TopologyError> {
        let sources = self.sources.iter().map(|source| (source.topic.declared(), &source.name));
        let globals = self.globals.iter().map(|global| (&global.spec.topic, &global.spec.source));
        match sources.chain(globals).find(|(taken, _)| *taken == topic) {
            Some((_, first)) => Err(TopologyError::DuplicateTopic {
                topic: Arc::clone(topic),
                first: Arc::clone(first),
                second: Arc::clone(second),
            }),
            None => Ok(()),
        }
    }
}

impl core::fmt::Debug for TopologyBuilder {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("TopologyBuilder").field("names", &self.names).finish_non_exhaustive()
    }
}

fn claim(names: &mut BTreeSet<Arc<str>>, name: &Arc<str>) -> Result<(), TopologyError> {
    match names.insert(Arc::clone(name)) {
        true => Ok(()),
        false => Err(TopologyError::DuplicateName { name: Arc::clone(name) }),
    }
}

/// Kafka allows 249 bytes for a whole topic's name.
fn check_name(name: &Arc<str>) -> Result<(), TopologyError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    match (1..=150).contains(&name.len()) && name.bytes().all(allowed) {
        true => Ok(()),
        false => Err(TopologyError::InvalidName { name: Arc::clone(name) }),
    }
}
