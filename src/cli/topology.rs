//! `conductor topology`: the graph that computes.

use clap::{Args, Subcommand};

use crate::failure::{Failure, print};
use ::topology::graph;
use ::topology::settings::ConductorSettings;

/// The arguments of `conductor topology`.
#[derive(Clone, Debug, Args)]
pub struct TopologyArguments {
    /// What to do with it.
    #[command(subcommand)]
    pub command: TopologyCommand,
}

/// What can be done with the graph.
#[derive(Clone, Debug, Subcommand)]
pub enum TopologyCommand {
    /// Print its sub-topologies, sources, processors, stores and sinks
    Describe,
}

/// Prints the graph that these settings build.
///
/// # Errors
/// Settings that make no graph, or when the standard output cannot be written.
pub fn run(arguments: &TopologyArguments, settings: &ConductorSettings) -> Result<(), Failure> {
    let TopologyCommand::Describe = arguments.command;
    let topology = graph::build(settings).map_err(Failure::failed)?;
    print(&topology.describe())
}
