//! `conductor backtest`: the same computation over an event log, without a broker.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::calibrate::readable_bytes;
use crate::failure::{Failure, print};
use crate::output::Output;
use crate::progress::Progress;
use crate::report::ReportBuilder;
use crate::settings::{Given, Settings};
use crate::summary::Summary;
use crate::terminal::show::json_line;

const EXAMPLES: &str = "\
Examples:
  conductor backtest --log monday.jsonl.zst --out out/monday
  conductor backtest --log a.jsonl --log b.jsonl --out out --baselines baselines.json

Writes into the folder: outputs.jsonl (scores, commands and results, as an event log) and report.html.";

/// What was found, as an event log.
const OUTPUTS: &str = "outputs.jsonl";
/// The same for people.
const REPORT: &str = "report.html";

/// The arguments of `conductor backtest`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub struct BacktestArguments {
    /// An event log (.jsonl or .jsonl.zst); may be repeated
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// The folder to write to; it is made if need be, and must be empty
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Partitions of each topic; the results do not depend on it
    #[arg(long, value_name = "N")]
    pub partitions: Option<u32>,
    /// What is usual for these sessions, as `conductor calibrate` wrote it
    #[arg(long, value_name = "FILE")]
    pub baselines: Option<PathBuf>,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

impl BacktestArguments {
    /// The settings that these flags set.
    #[must_use]
    pub fn flags(&self) -> Vec<Given> {
        self.partitions.map(|count| Given::by_flag("--partitions", "engine.partitions", count)).into_iter().collect()
    }
}

/// Where the computation puts what it finds, and says how far it has come.
#[derive(Debug)]
pub struct BacktestOutputs {
    log: BufWriter<File>,
    report: ReportBuilder,
    summary: Summary,
    progress: Progress,
    json: bool,
}

impl BacktestOutputs {
    /// Takes one output.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn take(&mut self, output: &Output) -> Result<(), Failure> {
        self.summary.observe(output);
        self.report.observe(output);
        let line = json_line(output);
        self.log.write_all(line.as_bytes()).map_err(|error| Failure::failed(format_args!("{OUTPUTS}: {error}")))?;
        if self.json { print(&line) } else { Ok(()) }
    }

    /// So many bytes of the logs and events have been read, from the start.
    pub fn reach(&mut self, bytes: u64, events: u64) {
        self.progress.reach(bytes, events);
    }

    /// The totals so far: for what only the computation knows, as how many records were lost.
    pub fn summary_mut(&mut self) -> &mut Summary {
        &mut self.summary
    }
}

/// Runs `compute` over the logs, and writes what it finds into the folder.
///
/// # Errors
/// Refused when a log cannot be read or the folder is not empty; else what `compute` says, or that something cannot be written.
pub fn run<C>(arguments: &BacktestArguments, settings: &Settings, compute: C) -> Result<(), Failure>
where
    C: FnOnce(&BacktestArguments, &Settings, &mut BacktestOutputs) -> Result<(), Failure>,
{
    let summary = compute_into_folder(arguments, settings, compute)?;
    match arguments.json {
        true => Ok(()),
        false => print(&format!("{summary}\nreport         {}\n", arguments.out.join(REPORT).display())),
    }
}

fn compute_into_folder<C>(arguments: &BacktestArguments, settings: &Settings, compute: C) -> Result<Summary, Failure>
where
    C: FnOnce(&BacktestArguments, &Settings, &mut BacktestOutputs) -> Result<(), Failure>,
{
    let bytes = readable_bytes(&arguments.log)?;
    let folder = &arguments.out;
    prepare(folder)?;
    let unwritable = |error: std::io::Error| Failure::failed(format_args!("{}: {error}", folder.display()));
    let mut outputs = BacktestOutputs {
        log: BufWriter::new(File::create(folder.join(OUTPUTS)).map_err(unwritable)?),
        report: ReportBuilder::default(),
        summary: Summary::default(),
        progress: Progress::over_bytes(bytes, arguments.json),
        json: arguments.json,
    };
    compute(arguments, settings, &mut outputs)?;

    let BacktestOutputs { mut log, report, summary, progress, .. } = outputs;
    progress.finish();
    log.flush().map_err(unwritable)?;
    fs::write(folder.join(REPORT), report.finish(&summary)).map_err(unwritable)?;
    Ok(summary)
}

/// Makes the folder; one that holds something is not written into, since what it holds may be somebody's.
fn prepare(folder: &Path) -> Result<(), Failure> {
    let cannot =
        |error| Failure::refused(format_args!("{}: {error}", folder.display()), "name a folder that you may write to");
    fs::create_dir_all(folder).map_err(cannot)?;
    match fs::read_dir(folder).map_err(cannot)?.next() {
        None => Ok(()),
        Some(_) => {
            let error = format!("the folder {} is not empty", folder.display());
            Err(Failure::refused(error, "name another folder with --out, or empty this one"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_holds_something_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine.txt"), "mine").unwrap();
        let log = folder.path().join("mine.txt");
        let arguments = BacktestArguments { log: vec![log], out: folder.path().into(), ..BacktestArguments::default() };
        let refused = run(&arguments, &Settings::default(), |_, _, _| Ok(())).unwrap_err();
        assert_eq!(refused.exit_code(), 2);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_run_leaves_a_log_and_a_report() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log.jsonl");
        fs::write(&log, "").unwrap();
        let out = folder.path().join("out");
        let arguments = BacktestArguments { log: vec![log], out: out.clone(), ..BacktestArguments::default() };
        let score = crate::report::sample::score("s-1", 0, 0.7);
        let compute = |_: &BacktestArguments, _: &Settings, outputs: &mut BacktestOutputs| {
            outputs.take(&Output::Score(Box::new(score)))
        };
        assert_eq!(compute_into_folder(&arguments, &Settings::default(), compute).unwrap().scores, 1);
        let lines = fs::read_to_string(out.join("outputs.jsonl")).unwrap();
        assert!(lines.starts_with("{\"topic\":\"engagement-scores\",\"key\":\"s-1\",\"timestamp_ms\":0,"), "{lines}");
        assert!(fs::read_to_string(out.join("report.html")).unwrap().starts_with("<!doctype html>"));
    }
}
