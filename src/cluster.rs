//! What the settings say of a Kafka cluster: how it is reached, and what runs on it. The stream and the administration both ask here.

use streams::broker::kafka::KafkaBroker;
use streams::topology::Topology;
use topology::codec::Format;
use topology::graph;
use topology::settings::{ConductorSettings, Formats};

use crate::failure::Failure;
use crate::settings::conductor_settings;
use crate::settings::{EngineSection, Settings};

/// The topology for those who only look after its topics and states: how outputs are written makes no difference there.
///
/// # Errors
/// A defect of the graph.
pub fn topology(settings: &Settings) -> Result<Topology, Failure> {
    topology_in(settings, Formats::all(Format::Json))
}

/// The topology that `conductor run` runs, with outputs in these formats.
///
/// # Errors
/// A defect of the graph.
pub fn topology_in(settings: &Settings, formats: Formats) -> Result<Topology, Failure> {
    graph::build(&ConductorSettings { formats, ..conductor_settings(settings) }).map_err(Failure::failed)
}

/// The cluster of the settings. Nothing is connected yet.
///
/// # Errors
/// A property that the engine owns, or a secret's file that can not be read.
pub fn broker(settings: &Settings) -> Result<KafkaBroker, Failure> {
    KafkaBroker::new(settings.kafka.to_engine()?).map_err(|error| Failure::refused(error, "change [kafka.properties]"))
}

/// The name of this process in the group: the one that was set, or one that nobody else has.
#[must_use]
pub fn instance_name(engine: &EngineSection) -> String {
    if !engine.instance.is_empty() {
        return engine.instance.clone();
    }
    let host = rustix::system::uname();
    format!("{}-{}", host.nodename().to_string_lossy(), std::process::id())
}
