//! Makes event logs; see the library for the tour.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use loadtest::args::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match loadtest::run(&arguments.command) {
        // A closed pipe is no reason to call the log a failure.
        Ok(summary) => {
            let _ = write!(std::io::stdout(), "{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
