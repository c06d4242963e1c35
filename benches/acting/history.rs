//! Many scores that lie there, and how fast they become rows; beside it a bare loop that inserts the same rows over the same pool.

use std::time::Duration;

use engagement_conductor::clock::{Stopwatch, SystemClock};
use engagement_conductor::database::Database;
use loadtest::interrupt::Interrupt;
use topology::wire::topics;

use crate::args::Arguments;
use crate::pace;
use crate::peer::{self, Task};
use crate::platform::Platform;
use crate::process::Process;
use crate::rate::{Moment, Rate, warm_up};
use crate::records::{Record, TICK_MS, score, this_tick_ms};
use crate::stage::{DatabaseKind, Stage};
use crate::writer::Writer;

const SESSIONS: u64 = 300;
const PATIENCE: Duration = Duration::from_secs(180);
/// Of the rows that scores became.
const ROWS: &str = "engagement_conductor_history_rows_total{table=\"engagement_metrics\"} ";

/// What was measured.
pub(crate) struct History {
    pub(crate) database: DatabaseKind,
    pub(crate) executor: Rate,
    pub(crate) bare: Rate,
}

/// Scores of 300 sessions side by side, tick by tick.
pub(crate) fn scores(count: u64) -> impl Iterator<Item = Record> {
    let first_ms = this_tick_ms() - (count / SESSIONS) as i64 * TICK_MS;
    (0..count)
        .map(move |number| score(&format!("s-{}", number % SESSIONS), first_ms + (number / SESSIONS) as i64 * TICK_MS))
}

pub(crate) fn run(stage: &Stage, arguments: &Arguments, interrupt: &Interrupt) -> History {
    let count = arguments.scores;
    eprintln!("Writing {count} scores to Kafka");
    Writer::new(stage, topics::ENGAGEMENT_SCORES).write_all(&scores(count).collect::<Vec<_>>());

    eprintln!("Writing them to {}", stage.database().name());
    let stopwatch = SystemClock.stopwatch();
    let platform = Platform::start(stopwatch);
    let mut executor = stage.executor(&platform.url, &[]);
    let from = reached(&mut executor, warm_up(count), stopwatch, interrupt);
    let to = reached(&mut executor, count, stopwatch, interrupt);
    executor.child.terminate();
    assert_eq!(to.count, count, "rows that were written");
    judge(&stage.database_url(), count);

    eprintln!("Inserting the same rows without Kafka");
    let url = match stage.database() {
        DatabaseKind::Sqlite => stage.file_url("bare"),
        DatabaseKind::Postgres => another_database(&stage.database_url()),
    };
    let bare = peer::measure(&Task::Insert { url: url.clone(), count }, interrupt);
    judge(&url, count);
    History { database: stage.database(), executor: Rate::between(from, to), bare }
}

fn reached(executor: &mut Process, count: u64, stopwatch: Stopwatch, interrupt: &Interrupt) -> Moment {
    pace::wait_for("rows of the history", PATIENCE, interrupt, || {
        executor.child.check();
        let rows = executor.metric(ROWS)? as u64;
        let (seconds, cpu_seconds) = (stopwatch.elapsed().as_secs_f64(), executor.child.cpu_seconds());
        (rows >= count).then_some(Moment { count: rows, seconds, cpu_seconds })
    })
}

/// Every score is a row, with what it says.
fn judge(url: &str, count: u64) {
    const SUM: &str = "SELECT COUNT(*), SUM(score) FROM engagement_metrics";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (rows, sum): (i64, f64) = runtime.block_on(async {
        match Database::open_existing(url, None).await.unwrap() {
            Database::Sqlite(pool) => sqlx::query_as(SUM).fetch_one(&pool).await.unwrap(),
            Database::Postgres(pool) => sqlx::query_as(SUM).fetch_one(&pool).await.unwrap(),
        }
    });
    assert_eq!(rows as u64, count, "rows in {url}");
    assert!((sum / count as f64 - 0.7).abs() < 1e-9, "the mean score is {}", sum / count as f64);
}

/// An empty database on the same server.
fn another_database(url: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let Database::Postgres(pool) = Database::open_existing(url, None).await.unwrap() else { panic!("{url}") };
        sqlx::query("CREATE DATABASE bare").execute(&pool).await.unwrap();
    });
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/bare")
}
