//! Makes event logs, sends them and records them; see the library for the tour.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use loadtest::args::{Arguments, Command};
use loadtest::error::Error;
use loadtest::interrupt::Interrupt;
use loadtest::report::Report;

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        // A closed pipe is no reason to call the log a failure.
        Ok(report) => {
            let _ = write!(std::io::stdout(), "{report}");
            ExitCode::from(report.exit_code())
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(command: &Command) -> Result<Report, Error> {
    let interrupt = match command {
        // They leave nothing behind that an end in order could save.
        Command::Import(_) | Command::Generate(_) => Interrupt::default(),
        Command::Replay(_) | Command::Record(_) | Command::Platform(_) => Interrupt::catch().map_err(Error::Signals)?,
    };
    loadtest::run(command, &interrupt)
}
