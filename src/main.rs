//! The `conductor` binary.

use std::process::ExitCode;

use clap::Parser;
use engagement_conductor::cli::Cli;
use engagement_conductor::{failure, logging, settings};

/// The stream allocates small pieces all the time: rows, keys, records. What that is worth stands in ARCHITECTURE.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = cli.sources(std::env::vars_os()).and_then(|sources| {
        let loaded = settings::load(sources)?;
        logging::init(&cli.log(&loaded))?;
        cli.run(&loaded)
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure::report(&failure),
    }
}
