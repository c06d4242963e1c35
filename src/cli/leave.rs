//! `conductor leave`: a process that is not coming back leaves its group.

use clap::Args;

use super::run::servers;
use crate::admin::members;
use crate::failure::{Failure, print};
use crate::settings::{Given, Settings};

const EXAMPLES: &str = "\
Examples:
  conductor leave --instance conductor-3          after it was stopped, and will not be started again
  conductor leave --instance conductor-3 --bootstrap-servers kafka:9092

The tasks of a process with a name of its own (engine.instance) wait for it until engine.session_timeout_ms has passed, so that a
restart moves nothing. When it is to stay away (fewer machines than before), this hands them to the others at once. Stop it
first: a process that still runs under this name is put out of the group, and ends.";

/// The arguments of `conductor leave`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct LeaveArguments {
    /// The name of the process that was stopped: its engine.instance
    #[arg(long, value_name = "NAME")]
    pub instance: Option<String>,
    /// Where to ask for the cluster first: host:port, separated by commas
    #[arg(long, value_name = "SERVERS")]
    pub bootstrap_servers: Option<String>,
}

impl LeaveArguments {
    /// The settings that these flags set.
    #[must_use]
    pub fn flags(&self) -> Vec<Given> {
        let instance = self.instance.iter().map(|name| Given::by_flag("--instance", "engine.instance", name));
        servers(self.bootstrap_servers.as_ref()).into_iter().chain(instance).collect()
    }
}

/// Does what was asked for.
///
/// # Errors
/// No name, a group without such a member, or a cluster that does not answer.
pub fn run(settings: &Settings) -> Result<(), Failure> {
    let left = members::leave(settings)?;
    print(&left.iter().map(|name| format!("{name} has left the group\n")).collect::<String>())
}
