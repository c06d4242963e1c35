//! `conductor config`: the settings in force.

use clap::{Args, Subcommand};

use crate::failure::{Failure, print};
use crate::settings::{Loaded, show};

/// The arguments of `conductor config`.
#[derive(Clone, Debug, Args)]
pub struct ConfigArguments {
    /// What to do with the settings.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What can be done with the settings.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print every setting, its value, and who set it; secrets are never shown
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Prints the settings.
///
/// # Errors
/// When the standard output cannot be written.
pub fn run(arguments: &ConfigArguments, loaded: &Loaded) -> Result<(), Failure> {
    let ConfigCommand::Show { json } = arguments.command;
    print(&if json { show::json(&loaded.rows) } else { show::table(&loaded.rows) })
}
