//! Bare loops: the least that somebody would write by hand for exactly this, and for nothing else. Each is a process of its own that
//! measures itself and prints what it has measured.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Subcommand;
use engagement_conductor::clock::{Stopwatch, SystemClock};
use engagement_conductor::database::Database;
use engagement_conductor::database::cell::Cell;
use engagement_conductor::history::row;
use engagement_conductor::history::table::Table;
use loadtest::interrupt::Interrupt;
use tokio::runtime::Runtime;

use crate::history::scores;
use crate::rate::{Moment, Rate, warm_up};
use crate::shared::attempt::check;
use crate::shared::child::own_cpu_seconds;

/// Rows of a transaction, and of a statement in it: those of the history.
const TRANSACTION_ROWS: usize = 2_000;
const STATEMENT_ROWS: usize = 100;

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Task {
    /// Sends bodies to a platform, so many at once.
    Post {
        #[arg(long)]
        url: String,
        #[arg(long)]
        bodies: PathBuf,
        #[arg(long)]
        count: u64,
        #[arg(long)]
        at_once: usize,
    },
    /// Inserts the rows of scores into a database.
    Insert {
        #[arg(long)]
        url: String,
        #[arg(long)]
        count: u64,
    },
}

impl Task {
    fn arguments(&self) -> Vec<String> {
        let count = |count: &u64| ["--count".to_owned(), count.to_string()];
        let url = |url: &str| ["--url".to_owned(), url.to_owned()];
        match self {
            Self::Post { url: to, bodies, count: all, at_once } => {
                let rest = ["--bodies".into(), bodies.display().to_string(), "--at-once".into(), at_once.to_string()];
                ["post".to_owned()].into_iter().chain(url(to)).chain(count(all)).chain(rest).collect()
            }
            Self::Insert { url: to, count: all } => {
                ["insert".to_owned()].into_iter().chain(url(to)).chain(count(all)).collect()
            }
        }
    }
}

/// Runs a loop in a process of its own.
pub(crate) fn measure(task: &Task, interrupt: &Interrupt) -> Rate {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("peer").args(task.arguments());
    let output = command.output().unwrap();
    check(interrupt);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The loop's process.
pub(crate) fn run(task: &Task) {
    let runtime = Runtime::new().unwrap();
    let rate = match task {
        Task::Post { url, bodies, count, at_once } => runtime.block_on(post(url, bodies, *count, *at_once)),
        Task::Insert { url, count } => runtime.block_on(insert(url, *count)),
    };
    println!("{}", serde_json::to_string(&rate).unwrap());
}

fn now(count: u64, stopwatch: Stopwatch) -> Moment {
    Moment { count, seconds: stopwatch.elapsed().as_secs_f64(), cpu_seconds: own_cpu_seconds() }
}

async fn post(url: &str, bodies: &Path, count: u64, at_once: usize) -> Rate {
    let text = std::fs::read_to_string(bodies).unwrap();
    let bodies: Arc<Vec<String>> = Arc::new(text.lines().map(str::to_owned).collect());
    let (client, stopwatch) = (reqwest::Client::builder().no_proxy().build().unwrap(), SystemClock.stopwatch());
    let (begun, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (warm, warmed) = tokio::sync::oneshot::channel();
    let warm = Arc::new(std::sync::Mutex::new(Some(warm)));
    let senders: Vec<_> = (0..at_once)
        .map(|_| {
            let (client, bodies, url) = (client.clone(), Arc::clone(&bodies), url.to_owned());
            let (begun, done, warm) = (Arc::clone(&begun), Arc::clone(&done), Arc::clone(&warm));
            tokio::spawn(async move {
                loop {
                    let number = begun.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let request = client.post(&url).header("content-type", "application/json");
                    let request = request.header("idempotency-key", format!("bare:{number}"));
                    let body = bodies[number as usize % bodies.len()].clone();
                    request.body(body).send().await.unwrap().error_for_status().unwrap().bytes().await.unwrap();
                    if done.fetch_add(1, Ordering::Relaxed) + 1 == warm_up(count) {
                        let _ = warm.lock().unwrap().take().unwrap().send(now(warm_up(count), stopwatch));
                    }
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    Rate::between(warmed.await.unwrap(), now(count, stopwatch))
}

async fn insert(url: &str, count: u64) -> Rate {
    let database = Database::open(url, None).await.unwrap();
    let scores = scores(count).map(|(_, value)| serde_json::from_slice(&value).unwrap());
    let mut rows: Vec<_> = scores.map(|score| row::metrics(&score).unwrap()).collect();
    // Rows that lie together are cheaper together.
    rows.chunks_mut(TRANSACTION_ROWS).for_each(|rows| rows.sort_by(|(one, _), (other, _)| one.cmp(other)));
    let whole = statement(&database, STATEMENT_ROWS);
    let rest = statement(&database, rows.len() % STATEMENT_ROWS);
    let sql = |rows: usize| if rows == STATEMENT_ROWS { whole.as_str() } else { rest.as_str() };
    let warm_up = warm_up(count);
    let (mut from, mut done, stopwatch) = (None, 0, SystemClock.stopwatch());
    for transaction in rows.chunks(TRANSACTION_ROWS) {
        match &database {
            Database::Sqlite(pool) => insert_rows!(pool, transaction, sql),
            Database::Postgres(pool) => insert_rows!(pool, transaction, sql),
        }
        done += transaction.len() as u64;
        if done >= warm_up && from.is_none() {
            from = Some(now(done, stopwatch));
        }
    }
    Rate::between(from.unwrap(), now(done, stopwatch))
}

/// Inserts so many rows; prepared once, for it is always the same.
fn statement(database: &Database, rows: usize) -> String {
    let names: Vec<&str> = Table::EngagementMetrics.columns().iter().map(|column| column.name).collect();
    let mark = |number: usize| match database {
        Database::Sqlite(_) => "?".to_owned(),
        Database::Postgres(_) => format!("${number}"),
    };
    let row =
        |row: usize| (1..=names.len()).map(|place| mark(row * names.len() + place)).collect::<Vec<_>>().join(", ");
    let values: Vec<String> = (0..rows).map(|number| format!("({})", row(number))).collect();
    format!("INSERT INTO engagement_metrics ({}) VALUES {}", names.join(", "), values.join(", "))
}

/// One transaction; the pools of the two databases are of different types.
macro_rules! insert_rows {
    ($pool:expr, $rows:expr, $sql:expr) => {{
        let mut transaction = $pool.begin().await.unwrap();
        for rows in $rows.chunks(STATEMENT_ROWS) {
            let mut query = sqlx::query($sql(rows.len()));
            for cell in rows.iter().flat_map(|(_, cells)| cells) {
                query = match cell {
                    Cell::Text(value) => query.bind(value.as_deref()),
                    Cell::Integer(value) => query.bind(*value),
                    Cell::Real(value) => query.bind(*value),
                    Cell::Boolean(value) => query.bind(*value),
                };
            }
            query.execute(&mut *transaction).await.unwrap();
        }
        transaction.commit().await.unwrap();
    }};
}
use insert_rows;
