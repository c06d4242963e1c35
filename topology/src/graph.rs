//! The graph, on one screen.
//!
//! ```text
//! chat poll presence reaction session --> perceive --> decide --> engagement-scores, intervention-commands
//!                                                        ^  |
//!                       intervention-feedback -----------+  +--> intervention-results, repartitioned by one key
//!                                                                     |
//! policy (global table, read by decide) <------------- learn <--------+
//! ```

use streams::record::{BoxError, ConsumerRecord, Decoded, RecordTime};
use streams::serde::SinkBuffers;
use streams::store::{StoreKind, StoreSpec};
use streams::topology::{Edge, ProcessorSpec, SourceSpec, Topology, TopologyBuilder, TopologyError};

use domain::time::{GRACE, LONG_WINDOW};

use crate::codec::{self, Coded, Format};
use crate::decide::{Decide, Outputs};
use crate::event::{self, Event, SessionId};
use crate::learn::Learn;
use crate::moment::Moment;
use crate::perceive::Perceive;
use crate::settings::{ConductorSettings, Formats};
use crate::stores::Stores;
use crate::tables::{BaselineTable, PolicyGlobal};
use crate::trace::Traced;
use crate::wire::{self, Value, topics};

/// A record older than every open window is late.
const LATE_AFTER: i64 = LONG_WINDOW + GRACE;

/// Builds the application's topology.
///
/// # Errors
/// An application id that can not be a part of a topic's name.
pub fn build(settings: &ConductorSettings) -> Result<Topology, TopologyError> {
    let mut builder = TopologyBuilder::new();
    let Formats { scores, commands, results } = settings.formats;

    let (stores, moments) = perceiving(&mut builder)?;
    let feedback = SourceSpec::new("intervention-feedback-source", topics::INTERVENTION_FEEDBACK, feedback);
    let feedback = builder.source(feedback.check_partition(true))?;

    let policy_table = builder.global_table("policy-source", topics::POLICY, "policy-table", PolicyGlobal::default)?;

    let interventions = builder.store(StoreSpec {
        name: "interventions".into(),
        kind: StoreKind::Ordered,
        changelog_retention_ms: None,
    })?;
    let outputs = Outputs { scores: builder.edge(), commands: builder.edge(), results: builder.edge() };
    let spec = ProcessorSpec {
        stores: &[stores.sessions, stores.ticks, interventions],
        forwards: &[outputs.scores.id(), outputs.commands.id(), outputs.results.id()],
        globals: &[policy_table.id()],
    };
    let decide = settings.clone();
    builder.processor("decide", &[&moments, &feedback], spec, move || {
        Decide::new(stores, interventions, outputs, policy_table, decide.clone())
    })?;
    builder.sink("scores-sink", topics::ENGAGEMENT_SCORES, &outputs.scores, encode(scores))?;
    builder.sink("commands-sink", topics::INTERVENTION_COMMANDS, &outputs.commands, encode_traced(commands))?;
    builder.sink("results-sink", topics::INTERVENTION_RESULTS, &outputs.results, encode_traced(results))?;

    let learning = builder.repartition("learning", Some(1))?;
    builder.sink("learning-sink", &learning, &outputs.results, encode_traced(Format::Avro))?;
    let learning = SourceSpec::new("learning-source", &learning, result);
    let learning = builder.source(learning)?;
    let posteriors = builder.store(StoreSpec {
        name: "posteriors".into(),
        kind: StoreKind::KeyValue,
        changelog_retention_ms: None,
    })?;
    let policy = builder.edge();
    let spec = ProcessorSpec { stores: &[posteriors], forwards: &[policy.id()], globals: &[] };
    builder.processor("learn", &[&learning], spec, move || Learn::new(posteriors, policy))?;
    builder.sink("policy-sink", topics::POLICY, &policy, encode(Format::Json))?;

    builder.build(&settings.application_id)
}

/// Declares the watching half: sources, stores, and the processor that makes moments of events.
pub(crate) fn perceiving(builder: &mut TopologyBuilder) -> Result<(Stores, Edge<SessionId, Moment>), TopologyError> {
    let chat = builder.source(source::<wire::Chat>("chat-source").lead())?;
    let poll = builder.source(source::<wire::Poll>("poll-source"))?;
    let presence = builder.source(source::<wire::Presence>("presence-source"))?;
    let reaction = builder.source(source::<wire::Reaction>("reaction-source"))?;
    let session = builder.source(source::<wire::Session>("session-source"))?;
    let stores = Stores::declare(builder)?;
    let baselines =
        builder.global_table("baselines-source", topics::BASELINES, "baselines-table", BaselineTable::default)?;
    let moments = builder.edge();
    let spec = ProcessorSpec {
        stores: &[stores.panes, stores.attendees, stores.sessions, stores.ticks],
        forwards: &[moments.id()],
        globals: &[baselines.id()],
    };
    builder.processor("perceive", &[&chat, &poll, &presence, &reaction, &session], spec, move || {
        Perceive::new(stores, moments, baselines)
    })?;
    Ok((stores, moments))
}

fn source<T: Value + Coded + Into<Event> + 'static>(name: &str) -> SourceSpec<SessionId, Event> {
    SourceSpec::new(name, T::TOPIC, event::decode::<T>).late_after_ms(LATE_AFTER).check_partition(true)
}

fn feedback(record: &ConsumerRecord) -> Result<Decoded<SessionId, Moment>, BoxError> {
    let (key, value) = event::key_and_value::<wire::InterventionFeedback>(record)?;
    let time = RecordTime::Control(record.timestamp_ms);
    Ok(Decoded { key, value: Moment::Feedback(Box::new(value)), time })
}

fn result(record: &ConsumerRecord) -> Result<Decoded<SessionId, wire::InterventionResult>, BoxError> {
    let (key, value) = event::key_and_value::<wire::InterventionResult>(record)?;
    Ok(Decoded { key, value, time: RecordTime::Event(record.timestamp_ms) })
}

fn encode<T: Coded + 'static>(
    format: Format,
) -> impl Fn(&SessionId, &T, &mut SinkBuffers) -> Result<(), BoxError> + Send + Sync + 'static {
    move |key, value, into| {
        into.key.extend_from_slice(key.as_bytes());
        Ok(codec::encode(value, format, &mut into.value)?)
    }
}

/// The same, with the header of a trace.
fn encode_traced<T: Coded + 'static>(
    format: Format,
) -> impl Fn(&SessionId, &Traced<T>, &mut SinkBuffers) -> Result<(), BoxError> + Send + Sync + 'static {
    let encode = encode(format);
    move |key, traced, into| {
        into.headers.extend(traced.trace.map(|trace| trace.header()));
        encode(key, &traced.value, into)
    }
}
