//! `conductor config`: the settings in force.

use clap::{Args, Subcommand};

use crate::failure::{Failure, print};
use crate::settings::{Loaded, describe, show};

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
    /// Say what every setting means, with its default
    Describe {
        /// Only settings in whose key this stands
        #[arg(value_name = "TEXT")]
        key: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Prints the settings.
///
/// # Errors
/// When the standard output cannot be written; refused where no key is like the one that is asked for.
pub fn run(arguments: &ConfigArguments, loaded: &Loaded) -> Result<(), Failure> {
    match &arguments.command {
        ConfigCommand::Show { json: true } => print(&show::json(&loaded.rows)),
        ConfigCommand::Show { json: false } => print(&show::table(&loaded.rows)),
        ConfigCommand::Describe { key, json } => {
            let part = key.as_deref().unwrap_or_default();
            let found: Vec<_> = describe::settings().into_iter().filter(|setting| setting.key.contains(part)).collect();
            if found.is_empty() {
                let error = format_args!("no setting has `{part}` in its key");
                return Err(Failure::refused(error, "`conductor config describe` lists all of them"));
            }
            print(&if *json { describe::json(&found) } else { describe::text(&found) })
        }
    }
}
