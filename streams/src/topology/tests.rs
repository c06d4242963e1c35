//! Golden text, and what a builder refuses.

use super::{Edge, ProcessorSpec, SourceSpec, StoreHandle, TopologyBuilder, TopologyError};
use crate::global::GlobalTable;
use crate::processor::{Context, ProcessError, Processor};
use crate::record::{BoxError, Record};
use crate::serde::{decode_text, encode_text};
use crate::store::{StoreKind, StoreSpec};

struct Pass;

impl Processor for Pass {
    type Key = String;
    type Value = String;

    fn process(&mut self, _: Record<String, String>, _: &mut Context<'_>) -> Result<(), ProcessError> {
        Ok(())
    }
}

struct Table;

impl GlobalTable for Table {
    fn apply(&mut self, _: Option<&[u8]>, _: Option<&[u8]>) -> Result<(), BoxError> {
        Ok(())
    }
}

type Text = Edge<String, String>;

fn source(builder: &mut TopologyBuilder, name: &str, topic: &str) -> Text {
    builder.source(SourceSpec::new(name, topic, decode_text)).unwrap()
}

fn store(builder: &mut TopologyBuilder, name: &str) -> StoreHandle {
    let spec = StoreSpec { name: name.into(), kind: StoreKind::KeyValue, changelog_retention_ms: None };
    builder.store(spec).unwrap()
}

fn processor(builder: &mut TopologyBuilder, name: &str, inputs: &[&Text], stores: &[StoreHandle], to: &[Text]) {
    let forwards: Vec<_> = to.iter().map(|edge| edge.id()).collect();
    let spec = ProcessorSpec { stores, forwards: &forwards, ..ProcessorSpec::default() };
    builder.processor(name, inputs, spec, || Pass).unwrap();
}

#[test]
fn the_description_is_what_kafka_streams_prints_for_the_shape() {
    let mut builder = TopologyBuilder::new();
    let chat = source(&mut builder, "chat-source", "chat");
    let poll = source(&mut builder, "poll-source", "poll");
    let (panes, ticks) = (store(&mut builder, "panes"), store(&mut builder, "ticks"));
    let (scores, by_arm): (Text, Text) = (builder.edge(), builder.edge());
    processor(&mut builder, "perceive", &[&chat, &poll], &[ticks, panes], &[scores, by_arm]);
    builder.sink("scores-sink", "scores", &scores, encode_text).unwrap();
    let topic = builder.repartition("arm", Some(1)).unwrap();
    builder.sink("arm-sink", &topic, &by_arm, encode_text).unwrap();
    let arms = builder.source(SourceSpec::new("arm-source", &topic, decode_text)).unwrap();
    processor(&mut builder, "learn", &[&arms], &[], &[]);
    builder.global_table("policy-source", "policy", "policy-table", || Table).unwrap();
    let topology = builder.build("app").unwrap();
    let expect = "Topologies:
   Sub-topology: 0
    Source: chat-source (topics: [chat])
      --> perceive
    Source: poll-source (topics: [poll])
      --> perceive
    Processor: perceive (stores: [panes, ticks])
      --> arm-sink, scores-sink
      <-- chat-source, poll-source
    Sink: arm-sink (topic: arm-repartition)
      <-- perceive
    Sink: scores-sink (topic: scores)
      <-- perceive

  Sub-topology: 1
    Source: arm-source (topics: [arm-repartition])
      --> learn
    Processor: learn (stores: [])
      --> none
      <-- arm-source

  Sub-topology: 2 for global store (will not generate tasks)
    Source: policy-source (topics: [policy])
      --> policy-table-processor
    Processor: policy-table-processor (stores: [policy-table])
      --> none
      <-- policy-source
";
    assert_eq!(topology.describe(), expect);
    let names: Vec<_> = topology.internal_topics().iter().map(|topic| &*topic.name).collect();
    let expect = [
        "app-arm-repartition",
        "app-panes-changelog",
        "app-ticks-changelog",
        "app-meta-0-changelog",
        "app-meta-1-changelog",
        "app-dead-letters",
    ];
    assert_eq!(names, expect);
    assert_eq!(topology.sub_topologies()[0].lead().unwrap().source, "chat-source".into());
}

#[test]
fn a_shared_store_joins_two_graphs_into_one() {
    let mut builder = TopologyBuilder::new();
    let (a, b) = (source(&mut builder, "a", "a"), source(&mut builder, "b", "b"));
    let shared = store(&mut builder, "shared");
    processor(&mut builder, "one", &[&a], &[shared], &[]);
    processor(&mut builder, "two", &[&b], &[shared], &[]);
    assert_eq!(builder.build("app").unwrap().sub_topologies().len(), 1);
}

fn refused(declare: impl FnOnce(&mut TopologyBuilder, Text)) -> String {
    let mut builder = TopologyBuilder::new();
    let input = source(&mut builder, "in", "in");
    declare(&mut builder, input);
    builder.build("app").unwrap_err().to_string()
}

#[test]
fn a_refusal_names_the_node_and_the_remedy() {
    let unfed = refused(|builder, _| {
        let edge = builder.edge();
        processor(builder, "hungry", &[&edge], &[], &[]);
    });
    assert_eq!(unfed, "nothing forwards to the input of hungry; name its edge in the forwards of a processor");
    let circle = refused(|builder, input| {
        let edge = builder.edge();
        processor(builder, "round", &[&input, &edge], &[], &[edge]);
    });
    assert_eq!(circle, "the node round is its own ancestor; break the circle with a repartition topic");
    let unused = refused(|builder, _| {
        store(builder, "idle");
    });
    assert_eq!(unused, "no processor uses the store idle; name it in a processor's stores or leave it out");
    let half = refused(|builder, _| drop(builder.repartition("arm", None)));
    assert_eq!(half, "the repartition topic arm-repartition needs a sink and a source; it lacks a sink");
    let leads = refused(|builder, input| {
        let spec = |name| SourceSpec::new(name, name, decode_text).lead();
        let (a, b) = (builder.source(spec("a")).unwrap(), builder.source(spec("b")).unwrap());
        processor(builder, "both", &[&input, &a, &b], &[], &[]);
    });
    assert_eq!(leads, "the sources a and b of one sub-topology are both its lead; keep lead() at one of them");
}

#[test]
fn names_and_topics_are_refused_at_once() {
    let mut builder = TopologyBuilder::new();
    source(&mut builder, "in", "in");
    let again = |name, topic| SourceSpec::new(name, topic, decode_text);
    let name = builder.source(again("in", "other")).unwrap_err();
    assert_eq!(name, TopologyError::DuplicateName { name: "in".into() });
    let topic = builder.source(again("second", "in")).unwrap_err();
    assert_eq!(topic.to_string(), "the topic in is read by in and by second; use the edge of one source for both");
    let spec = |name: &str| StoreSpec { name: name.into(), kind: StoreKind::Ordered, changelog_retention_ms: None };
    assert!(matches!(builder.store(spec("a b")), Err(TopologyError::InvalidName { .. })));
    assert!(matches!(builder.store(spec("meta-0")), Err(TopologyError::ReservedName { .. })));
    let none = builder.processor::<Pass>("alone", &[], ProcessorSpec::default(), || Pass).unwrap_err();
    assert_eq!(none, TopologyError::NoInput { processor: "alone".into() });
    assert_eq!(TopologyBuilder::new().build("app").unwrap_err(), TopologyError::Empty);
}
