//! `conductor calibrate`: what is usual for these sessions, measured from their logs.

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;
use crate::progress::Progress;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  conductor calibrate --log january.jsonl.zst --log february.jsonl.zst --out baselines.json
  conductor backtest --log march.jsonl.zst --out out/march --baselines baselines.json";

/// The arguments of `conductor calibrate`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub struct CalibrateArguments {
    /// An event log (.jsonl or .jsonl.zst); may be repeated
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// The file to write the baselines to
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Runs `compute` over the logs and writes the text that it answers to the file.
///
/// # Errors
/// Refused when a log cannot be read; else what `compute` says, or that the file cannot be written.
pub fn run<C>(arguments: &CalibrateArguments, settings: &Settings, compute: C) -> Result<(), Failure>
where
    C: FnOnce(&CalibrateArguments, &Settings, &mut Progress) -> Result<String, Failure>,
{
    let mut progress = Progress::over_bytes(readable_bytes(&arguments.log)?, false);
    let text = compute(arguments, settings, &mut progress)?;
    progress.finish();
    std::fs::write(&arguments.out, text)
        .map_err(|error| Failure::failed(format_args!("{}: {error}", arguments.out.display())))
}

/// How long the logs are together, once all of them can be read: a log that is missing is told before hours of work.
pub(super) fn readable_bytes(logs: &[PathBuf]) -> Result<u64, Failure> {
    let mut bytes = 0;
    for log in logs {
        let refused = |error| {
            let remedy = "name an event log that exists and that you may read";
            Failure::refused(format_args!("the log {} cannot be read: {error}", log.display()), remedy)
        };
        let metadata = std::fs::File::open(log).and_then(|file| file.metadata()).map_err(refused)?;
        if metadata.is_dir() {
            return Err(refused(std::io::Error::from(std::io::ErrorKind::IsADirectory)));
        }
        bytes += metadata.len();
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_is_missing_is_refused_before_anything_is_computed() {
        let arguments = CalibrateArguments { log: vec!["no/such/log.jsonl".into()], out: "never-written.json".into() };
        let refused = run(&arguments, &Settings::default(), |_, _, _| unreachable!()).unwrap_err();
        assert_eq!(refused.exit_code(), 2);
        assert!(refused.error.starts_with("the log no/such/log.jsonl cannot be read: "), "{refused}");
    }
}
