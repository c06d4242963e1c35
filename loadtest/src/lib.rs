//! Event logs to test with: real ones, imported from what others measured, and simulated ones.
//!
//! # Layout
//! - [`args`]: the command line
//! - [`import`]: other people's logs (a stream's chat, a marathon's counts, meetings) as event logs
//! - [`generate`]: simulated sessions as an event log, with the truth about what goes wrong in them
//! - [`truth`]: that truth, one line per anomaly
//! - [`output`], [`unfinished`]: the log that is being written, and the file that nobody sees before it is whole
//! - [`summary`]: what was written, in numbers
//!
//! The same input and the same seed give the same bytes. What this is NOT: a producer (nothing here talks to Kafka).

pub mod args;
pub mod error;
pub mod generate;
pub mod import;
pub mod output;
pub mod summary;
pub mod truth;
pub mod unfinished;

mod progress;

use args::{Command, Import};
use error::Error;
use summary::Summary;

/// Does what the command line says.
///
/// # Errors
/// Why it could not be done; no file is left behind.
pub fn run(command: &Command) -> Result<Summary, Error> {
    match command {
        Command::Import(Import::Twitch(arguments)) => import::twitch::import(arguments),
        Command::Import(Import::Gdq(arguments)) => import::gdq::import(arguments),
        Command::Import(Import::Irc(arguments)) => import::irc::import(arguments),
        Command::Generate(arguments) => generate::generate(arguments),
    }
}
