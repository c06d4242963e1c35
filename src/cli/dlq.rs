//! `conductor dlq`: the dead letters, records that could not be used.

use clap::{Args, Subcommand};

use super::run::servers;
use crate::admin::dead_letters::{Letter, Place, Wanted, at, list, newest, whole};
use crate::admin::text::Since;
use crate::clock::SystemClock;
use crate::cluster;
use crate::failure::{Failure, print};
use crate::settings::{Given, Settings};

const EXAMPLES: &str = "\
Examples:
  conductor dlq ls                          the newest 50
  conductor dlq ls --since 2h --limit 500   of the last two hours; also 90s, 30m, 3d or 2026-11-25T08:00:00Z
  conductor dlq ls --json                   one JSON object a line
  conductor dlq show 3:17                   all of the one at offset 17 of partition 3: value, key, headers, causes

A record that does not decode, lies in the wrong partition or is far ahead of the clock is set aside on the topic
<application.id>-dead-letters, with the reason; nothing is lost, and the stream goes on. The time of a letter is that of its
record. Control characters are shown as escapes; bytes that are no text are shown in hexadecimal digits.";

/// The arguments of `conductor dlq`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DlqArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: DlqCommand,
    /// Where to ask for the cluster first: host:port, separated by commas
    #[arg(long, global = true, value_name = "SERVERS")]
    pub bootstrap_servers: Option<String>,
}

/// What can be done with dead letters.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum DlqCommand {
    /// List the newest: where, when, where from, and why
    Ls {
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// Only records of this time and later
        #[arg(long, value_name = "WHEN")]
        since: Option<Since>,
        /// Print JSON, one object a line
        #[arg(long)]
        json: bool,
    },
    /// Show all of one
    Show {
        /// Where it lies
        #[arg(value_name = "PARTITION:OFFSET")]
        place: Place,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl DlqArguments {
    /// The settings that these flags set.
    #[must_use]
    pub fn flags(&self) -> Vec<Given> {
        servers(self.bootstrap_servers.as_ref()).into_iter().collect()
    }
}

/// Does what was asked for.
///
/// # Errors
/// A cluster that does not answer, or a dead letter that is not there.
pub fn run(arguments: &DlqArguments, settings: &Settings) -> Result<(), Failure> {
    let topic = cluster::topology(settings)?.dead_letter_topic();
    let broker = cluster::broker(settings)?;
    match arguments.command {
        DlqCommand::Ls { limit, since, json } => {
            let now_ms = SystemClock.now_ms();
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let wanted = Wanted { limit, since_ms: since.map(|since| since.at_ms(now_ms)) };
            let letters = newest(&broker, &topic, wanted)?;
            print(&if json { letters.iter().map(Letter::json).collect() } else { list(&letters, now_ms) })
        }
        DlqCommand::Show { place, json } => {
            let letter = at(&broker, &topic, place)?;
            print(&if json { format!("{}\n", letter.json()) } else { whole(&letter) })
        }
    }
}
