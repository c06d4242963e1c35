//! Runs the servers in the foreground; see the library for the tour.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use cluster::args::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match cluster::foreground::run(&arguments, &mut std::io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
