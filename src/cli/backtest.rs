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

const EXAMPLES: &str = "\
Examples:
  conductor backtest --log monday.jsonl.zst --out out/monday
  conductor backtest --log a.jsonl --log b.jsonl --out out --baselines baselines.json

Writes into the folder: scores.jsonl, commands.jsonl, results.jsonl and dead-letters.jsonl (each line the value of a record)
and report.html, which opens in any browser.";

/// What was found, one file per topic, each line a record's value.
const FILES: [&str; 4] = ["scores.jsonl", "commands.jsonl", "results.jsonl", "dead-letters.jsonl"];
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
    /// Partitions of each topic; stream time and outages are judged on each of them alone
    #[arg(long, value_name = "N")]
    pub partitions: Option<u32>,
    /// What is usual for these sessions, as `conductor calibrate` wrote it
    #[arg(long, value_name = "FILE")]
    pub baselines: Option<PathBuf>,
    /// Print the totals as one JSON object
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
    files: [BufWriter<File>; FILES.len()],
    report: ReportBuilder,
    summary: Summary,
    progress: Progress,
}

impl BacktestOutputs {
    /// Takes one output, and its value as it was written to the topic.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn take(&mut self, output: &Output, value: &[u8]) -> Result<(), Failure> {
        self.summary.observe(output);
        self.report.observe(output);
        let [scores, commands, results, dead_letters] = &mut self.files;
        let (file, line) = match output {
            Output::Score(_) => (scores, value),
            Output::Command(_) => (commands, value),
            Output::Result(_) => (results, value),
            Output::DeadLetter(letter) => {
                let line = letter.line(value);
                let written = dead_letters.write_all(line.as_bytes());
                return written.map_err(unwritable);
            }
            Output::Titled { .. } | Output::Serving { .. } | Output::Feedback(_) | Output::Progress(_) => return Ok(()),
        };
        let written = file.write_all(line).and_then(|()| file.write_all(b"\n"));
        written.map_err(unwritable)
    }

    /// A session got its name.
    pub fn title(&mut self, titled: &Output) {
        self.report.observe(titled);
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
        true => print(&summary.to_json()),
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
    let create = |name: &str| File::create(folder.join(name)).map(BufWriter::new).map_err(unwritable);
    let [scores, commands, results, dead_letters] = FILES;
    let mut outputs = BacktestOutputs {
        files: [create(scores)?, create(commands)?, create(results)?, create(dead_letters)?],
        report: ReportBuilder::default(),
        summary: Summary::default(),
        progress: Progress::over_bytes(bytes, arguments.json),
    };
    compute(arguments, settings, &mut outputs)?;

    let BacktestOutputs { files, report, summary, progress } = outputs;
    progress.finish();
    for mut file in files {
        file.flush().map_err(unwritable)?;
    }
    fs::write(folder.join(REPORT), report.finish(&summary)).map_err(unwritable)?;
    Ok(summary)
}

fn unwritable(error: std::io::Error) -> Failure {
    Failure::failed(format_args!("the outputs cannot be written: {error}"))
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
            outputs.take(&Output::Score(Box::new(score)), b"{}")
        };
        assert_eq!(compute_into_folder(&arguments, &Settings::default(), compute).unwrap().scores, 1);
        assert_eq!(fs::read_to_string(out.join("scores.jsonl")).unwrap(), "{}\n");
        assert_eq!(fs::read_to_string(out.join("dead-letters.jsonl")).unwrap(), "");
        assert!(fs::read_to_string(out.join("report.html")).unwrap().starts_with("<!doctype html>"));
    }
}
