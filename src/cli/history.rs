//! `conductor history`: what happened, out of the executor's database.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::admin::text::Since;
use crate::clock::SystemClock;
use crate::database::{Database, DatabaseError};
use crate::failure::Failure;
use crate::history::export::{ExportError, Format, export};
use crate::history::store::{HistoryStore, Wanted};
use crate::history::table::Table;
use crate::progress::Progress;
use crate::settings::secret::Secret;
use crate::settings::{Given, Settings};

const EXAMPLES: &str = "\
Examples:
  conductor history export --table engagement-metrics > scores.csv                    everything, the oldest first
  conductor history export --table engagement-metrics --session monday --since 2h    one session; also 90s, 30m, 3d
  conductor history export --table interventions --since 2026-11-01T00:00:00Z --until 2026-12-01T00:00:00Z --out november.csv
  conductor history export --table agent-performance --format jsonl | jq .reward_sum
  conductor history export --table interventions --database-url postgres://conductor@db/conductor

`conductor executor` writes history unless history.write says otherwise, and keeps it for history.retention_days. Rows come in the order of
their time. Times in them are milliseconds since 1970, UTC; what is not known is empty in CSV and null in JSON. Exports only read, also while
an executor writes.

  engagement-metrics  one row per session and tick (5 s): score, terms, signals, anomaly
  interventions       one row per command: what was decided and why, its statuses with their times, what was shown, what it changed
  agent-performance   results by hour, context, kind and variant: how many, how many measured, successes, sums of change and reward;
                      held_out rows are the controls: what happens by itself";

/// The arguments of `conductor history`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct HistoryArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: HistoryCommand,
    /// Where history lies: sqlite://FILE, or postgres://USER@HOST/NAME
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
}

/// What can be done with history.
#[derive(Clone, Debug, Subcommand)]
pub enum HistoryCommand {
    /// Write a table, or a part of it, as CSV or as JSON lines
    #[command(after_help = EXAMPLES)]
    Export(ExportArguments),
}

/// The arguments of `conductor history export`.
#[derive(Clone, Debug, Args)]
pub struct ExportArguments {
    /// Which table
    #[arg(long, value_enum, value_name = "TABLE")]
    pub table: Table,
    /// Only this session
    #[arg(long, value_name = "SESSION")]
    pub session: Option<String>,
    /// Only rows of this time and later: 90s, 30m, 2h, 3d, a time such as 2026-11-25T08:00:00Z, or milliseconds since 1970
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    pub since: Option<Since>,
    /// Only rows before this time
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    pub until: Option<Since>,
    /// How rows are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "csv")]
    pub format: Format,
    /// Write into this file, which must not be there yet, instead of the standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

fn moment(text: &str) -> Result<Since, String> {
    if let Ok(at_ms) = text.parse() {
        return Ok(Since::At(at_ms));
    }
    text.parse::<Since>().map_err(|error| format!("{error}, or as milliseconds since 1970"))
}

impl HistoryArguments {
    /// The settings that these flags set.
    #[must_use]
    pub fn flags(&self) -> Vec<Given> {
        self.database_url.iter().map(|url| Given::by_flag("--database-url", "database.url", url)).collect()
    }
}

/// Does what was asked for.
///
/// # Errors
/// No database, or none with history in it; an output that can not be written.
pub fn run(arguments: &HistoryArguments, settings: &Settings) -> Result<(), Failure> {
    let HistoryCommand::Export(arguments) = &arguments.command;
    let now_ms = SystemClock.now_ms();
    let wanted = Wanted {
        table: arguments.table,
        session: arguments.session.clone(),
        since_ms: arguments.since.map(|since| since.at_ms(now_ms)),
        until_ms: arguments.until.map(|until| until.at_ms(now_ms)),
        at_most: None,
    };
    if wanted.session.is_some() && !wanted.table.has_sessions() {
        return Err(Failure::refused(
            "agent-performance adds up the results of all sessions: it knows none",
            "leave --session out, or ask for --table interventions",
        ));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
    runtime.block_on(async {
        let store = HistoryStore::new(open(settings).await?);
        // Before anything is written: is there such a table, and how long will it take?
        let rows = store.count(&wanted).await.map_err(|error| failure(error.into()))?;
        let Some(path) = &arguments.out else {
            let is_seen = io::stdout().is_terminal();
            let done = write(&store, &wanted, arguments.format, &mut io::stdout().lock(), rows, is_seen).await;
            return done.map(drop);
        };
        let mut file = create(path)?;
        let written = write(&store, &wanted, arguments.format, &mut file, rows, false).await;
        match written {
            // Half a file would pass for a whole one.
            Err(failure) => {
                let _ = std::fs::remove_file(path);
                Err(failure)
            }
            Ok(rows) => {
                // Where not even this can be written, the exit code still says that it is done.
                let _ = writeln!(io::stderr(), "{rows} rows in {}", path.display());
                Ok(())
            }
        }
    })
}

async fn write(
    store: &HistoryStore,
    wanted: &Wanted,
    format: Format,
    output: &mut dyn Write,
    rows: u64,
    quiet: bool,
) -> Result<u64, Failure> {
    let progress = Progress::over_rows(rows, quiet);
    let mut output = BufWriter::with_capacity(1 << 16, output);
    let done = export(store, wanted, format, &mut output, &mut |rows| progress.reach_row(rows)).await;
    progress.finish();
    // What is left of a failed export is not written in its own end.
    drop(output.into_parts());
    match done {
        Err(ExportError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        done => done.map_err(failure),
    }
}

async fn open(settings: &Settings) -> Result<Database, Failure> {
    let password = settings.database.password()?;
    let opened = Database::open_existing(&settings.database.url, password.as_ref().map(Secret::expose)).await;
    opened.map_err(|error| match error {
        DatabaseError::Missing { .. } => Failure::refused(
            error,
            "name the executor's database with --database-url or database.url; `conductor executor` makes it, and fills it",
        ),
        error => Failure {
            remedy: Some("is database.url right, and does its server run?".into()),
            ..Failure::failed(error)
        },
    })
}

fn failure(error: ExportError) -> Failure {
    let has_no_table = match &error {
        ExportError::Sql(sqlx::Error::Database(told)) => {
            told.code().is_some_and(|code| code == "42P01") || told.message().starts_with("no such table")
        }
        _ => false,
    };
    if has_no_table {
        return Failure::refused(
            "there is no history in this database",
            "start `conductor executor` of this version on it once: it makes the tables, and fills them from Kafka",
        );
    }
    Failure::failed(error)
}

fn create(path: &Path) -> Result<File, Failure> {
    File::create_new(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::refused(format_args!("{} is there already", path.display()), "name another file in --out")
        }
        _ => Failure::refused(
            format_args!("{} cannot be written: {error}", path.display()),
            "name a file in a folder that is there, and that you may write to, in --out",
        ),
    })
}
