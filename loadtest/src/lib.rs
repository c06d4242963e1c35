//! Event logs to test with: real ones, imported from what others measured, and simulated ones; to Kafka and back.
//!
//! # Layout
//! - [`args`]: the command line
//! - [`import`]: other people's logs (a stream's chat, a marathon's counts, meetings) as event logs
//! - [`generate`]: simulated sessions as an event log, with the truth about what goes wrong in them
//! - [`replay`]: event logs to Kafka, at the speed of life or faster
//! - [`record`]: what lies on Kafka as an event log
//! - [`platform`]: an event platform to try the executor with
//! - [`kafka`], [`clock`], [`interrupt`]: what those two need of the world; all of it is an argument to them
//! - [`truth`]: what goes wrong in simulated sessions, one line per anomaly
//! - [`output`], [`unfinished`]: the log that is being written, and the file that nobody sees before it is whole
//! - [`summary`], [`report`]: what was done, in numbers
//!
//! The same input and the same seed give the same bytes. What this is NOT: a generator of load by its own pattern. Load is a log,
//! simulated or recorded, at some speed.

pub mod args;
pub mod clock;
pub mod error;
pub mod generate;
pub mod import;
pub mod interrupt;
pub mod kafka;
pub mod output;
pub mod platform;
pub mod record;
pub mod replay;
pub mod report;
pub mod summary;
pub mod truth;
pub mod unfinished;

mod progress;

use args::{Command, Import};
use clock::SystemClock;
use error::Error;
use interrupt::Interrupt;
use report::Report;

/// Does what the command line says.
///
/// # Errors
/// Why it could not be done; no file is left behind.
pub fn run(command: &Command, interrupt: &Interrupt) -> Result<Report, Error> {
    let clock = SystemClock::start();
    Ok(match command {
        Command::Import(Import::Twitch(arguments)) => Report::Log(import::twitch::import(arguments)?),
        Command::Import(Import::Gdq(arguments)) => Report::Log(import::gdq::import(arguments)?),
        Command::Import(Import::Irc(arguments)) => Report::Log(import::irc::import(arguments)?),
        Command::Generate(arguments) => Report::Log(generate::generate(arguments)?),
        Command::Replay(arguments) => {
            let broker = kafka::broker(&arguments.cluster)?;
            Report::Replay(replay::replay(arguments, &broker, &clock, interrupt)?)
        }
        Command::Platform(arguments) => Report::Platform(platform::serve(arguments, interrupt)?, arguments.json),
        Command::Record(arguments) => {
            let broker = kafka::broker(&arguments.cluster)?;
            Report::Record(record::record(arguments, &broker, &clock, interrupt)?)
        }
    })
}
