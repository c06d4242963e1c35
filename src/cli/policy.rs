//! `conductor policy`: what was learned, and why something was decided.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::run::servers;
use crate::admin::policy;
use crate::clock::SystemClock;
use crate::cluster;
use crate::failure::{Failure, print};
use crate::registry::Registry;
use crate::settings::{Given, Settings};

const EXAMPLES: &str = "\
Examples:
  conductor policy show                                   every context in which something was learned
  conductor policy show --context MASS_EXIT --json        only these, for machines
  conductor policy explain monday:1700000000000:0         a decision of the topic intervention-commands, made again
  conductor policy explain monday:1700000000000:0 --log out/march/commands.jsonl   one of a backtest; needs no Kafka

A reward is what the score gained after an intervention, less what it gains by itself. Below `show`, the mean of an arm is what
those who decide expect of it: its own results, and where they are few, those of other contexts. `explain` takes nothing but
the command's own record: it says what applied, what was drawn, and whether the decision comes out the same (exit code 1: it
does not). The draws depend on application.id: it must be that of the stream that decided.";

/// The arguments of `conductor policy`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PolicyArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: PolicyCommand,
    /// Where to ask for the cluster first: host:port, separated by commas
    #[arg(long, global = true, value_name = "SERVERS")]
    pub bootstrap_servers: Option<String>,
}

/// What can be done with the policy.
#[derive(Clone, Debug, Subcommand)]
pub enum PolicyCommand {
    /// Show what was learned: per context and arm the expected reward, its interval, trials, version and age
    Show {
        /// Only contexts in whose name this stands
        #[arg(long, value_name = "TEXT")]
        context: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a decision again from its command, and say why it came out like this
    #[command(after_help = EXAMPLES)]
    Explain {
        /// The command: SESSION:TICK:NUMBER
        #[arg(value_name = "COMMAND_ID")]
        id: String,
        /// Take it from this file of commands instead of the topic
        #[arg(long, value_name = "FILE")]
        log: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl PolicyArguments {
    /// The settings that these flags set.
    #[must_use]
    pub fn flags(&self) -> Vec<Given> {
        servers(self.bootstrap_servers.as_ref()).into_iter().collect()
    }
}

/// Does what was asked for.
///
/// # Errors
/// A cluster or a registry that does not answer, a command that is not there, or a decision that comes out differently.
pub fn run(arguments: &PolicyArguments, settings: &Settings) -> Result<(), Failure> {
    match &arguments.command {
        PolicyCommand::Show { context, json } => {
            let view = policy::read(&cluster::broker(settings)?)?;
            let view = match context {
                Some(part) => view.only(part),
                None => view,
            };
            match json {
                true => print(&(serde_json::to_string(&view).map_err(Failure::failed)? + "\n")),
                false => print(&policy::table(&view, SystemClock.now_ms())),
            }
        }
        PolicyCommand::Explain { id, log, json } => {
            let records = match log {
                Some(path) => policy::in_file(path, id)?,
                None => policy::in_topic(&cluster::broker(settings)?, id, |schema_id| {
                    Ok(Registry::new(&settings.registry)?.fingerprint(schema_id)?)
                })?,
            };
            let explained = policy::explain(records, &settings.application.id);
            print(&if *json { format!("{}\n", explained.json()) } else { explained.text() })?;
            explained.check()
        }
    }
}
