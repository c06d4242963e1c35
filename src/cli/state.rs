//! `conductor state`: what a stopped instance has left on its disk.

use clap::{Args, Subcommand};

use crate::admin::state::{Wanted, rows, survey, table};
use crate::clock::SystemClock;
use crate::cluster;
use crate::failure::{Failure, print};
use crate::settings::{Given, Settings};

const EXAMPLES: &str = "\
Examples:
  conductor state inspect                                   tasks, stores, offsets and counts below engine.state_dir
  conductor state inspect --state-dir /var/lib/conductor
  conductor state inspect --store sessions --limit 5        the first rows of a store, decoded
  conductor state inspect --store attendees --key monday    the rows of one session
  conductor state inspect --store meta                      the engine's own: progress and timers

Stores: panes, attendees, sessions, ticks, interventions (their keys begin with the session), posteriors, meta. Nothing is
changed. While an instance runs its states are refused (exit code 2): stop it, or ask it at /tasks.";

/// The arguments of `conductor state`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct StateArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: StateCommand,
}

/// What can be done with states.
#[derive(Clone, Debug, Subcommand)]
pub enum StateCommand {
    /// Show what is there, and change nothing
    #[command(after_help = EXAMPLES)]
    Inspect {
        /// Where the states lie
        #[arg(long, value_name = "DIR")]
        state_dir: Option<String>,
        /// Show the rows of this store
        #[arg(long, value_name = "NAME")]
        store: Option<String>,
        /// Only rows of this session; of posteriors, those whose key begins like this
        #[arg(long, value_name = "KEY", requires = "store")]
        key: Option<String>,
        /// How many rows at most
        #[arg(long, value_name = "N", requires = "store", default_value_t = 100,
              value_parser = clap::value_parser!(u32).range(1..=100_000))]
        limit: u32,
        /// Print JSON; of rows, one object a line
        #[arg(long)]
        json: bool,
    },
}

impl StateArguments {
    /// The settings that these flags set.
    #[must_use]
    pub fn flags(&self) -> Vec<Given> {
        let StateCommand::Inspect { state_dir, .. } = &self.command;
        state_dir.iter().map(|folder| Given::by_flag("--state-dir", "engine.state_dir", folder)).collect()
    }
}

/// Does what was asked for.
///
/// # Errors
/// No states, states in use, or states that can not be read.
pub fn run(arguments: &StateArguments, settings: &Settings) -> Result<(), Failure> {
    let StateCommand::Inspect { store, key, limit, json, .. } = &arguments.command;
    if let Some(store) = store {
        let limit = usize::try_from(*limit).unwrap_or(usize::MAX);
        let found = rows(settings, &Wanted { store: store.clone(), key: key.clone(), limit })?;
        return print(&if *json { found.json() } else { found.text() });
    }
    let view = survey(settings, &cluster::topology(settings)?)?;
    match json {
        true => print(&(serde_json::to_string(&view).map_err(Failure::failed)? + "\n"))?,
        false => print(&table(&view, SystemClock.now_ms()))?,
    }
    match view.problems.len() {
        0 => Ok(()),
        count => Err(Failure::failed(format_args!("{count} states can not be read"))),
    }
}
