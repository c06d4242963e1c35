//! `conductor topology`: the graph that computes.

use clap::{Args, Subcommand};

use crate::failure::{Failure, print};

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

/// Prints the graph as `describe` writes it.
///
/// # Errors
/// When the standard output cannot be written.
pub fn run(arguments: &TopologyArguments, describe: impl FnOnce() -> String) -> Result<(), Failure> {
    let TopologyCommand::Describe = arguments.command;
    print(&describe())
}
