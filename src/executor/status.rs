//! What an executor shows of itself, over HTTP: whether it is alive and ready, and what it has counted.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use domain::time::Millis;
use metrics::{counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use streams::clock::Clock;
use tokio::net::TcpListener;

use super::thread::Counts;
use crate::failure::Failure;
use crate::history;
use crate::probes::verdict;

const INDEX: &str = "\
/healthz/live   200 while the process should go on as it is
/healthz/ready  200 while commands can be carried out; otherwise the reasons, a line each
/metrics        for Prometheus
";

/// A snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// When the thread made its last round.
    pub stepped_at_ms: Millis,
    /// Partitions that are ours.
    pub partitions: usize,
    /// Those of them that are still read back.
    pub reading_back: usize,
    /// Commands that are approved and not told yet.
    pub open: usize,
    /// Whether the platform is left alone for a while, because it has failed.
    pub is_platform_down: bool,
    /// Whether the last look into the database had no answer.
    pub is_store_away: bool,
    /// What was counted.
    pub counts: Counts,
}

/// Where the thread leaves its snapshot.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<Status>>);

impl Board {
    /// Leaves a snapshot.
    pub fn put(&self, status: Status) {
        *self.lock() = status;
    }

    /// The last one.
    #[must_use]
    pub fn get(&self) -> Status {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Status> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the process should be started anew; nothing: it is alive.
#[must_use]
pub fn not_alive(status: &Status, now_ms: Millis, stalled_after_ms: u64) -> Vec<String> {
    let silent_ms = now_ms.saturating_sub(status.stepped_at_ms).max(0).unsigned_abs();
    let hangs = silent_ms > stalled_after_ms;
    hangs.then(|| format!("the executor hangs: no round for {silent_ms} ms")).into_iter().collect()
}

/// Why commands are not carried out; nothing: it is ready. That others have all partitions is no reason.
#[must_use]
pub fn not_ready(status: &Status, now_ms: Millis, stalled_after_ms: u64) -> Vec<String> {
    let mut reasons = not_alive(status, now_ms, stalled_after_ms);
    if status.reading_back > 0 {
        reasons.push(format!("{} of {} partitions are read back", status.reading_back, status.partitions));
    }
    if status.is_store_away {
        reasons.push("the database does not answer: nothing is begun".to_owned());
    }
    if status.is_platform_down {
        reasons.push("the platform has failed too often in a row: it is left alone for a while".to_owned());
    }
    reasons
}

mod name {
    pub(super) const OPEN: &str = "engagement_conductor_executor_open_commands";
    pub(super) const PARTITIONS: &str = "engagement_conductor_executor_partitions";
    pub(super) const OPENED: &str = "engagement_conductor_executor_commands_total";
    pub(super) const REPORTED: &str = "engagement_conductor_executor_feedback_total";
    pub(super) const DUPLICATES: &str = "engagement_conductor_executor_duplicates_total";
    pub(super) const UNREADABLE: &str = "engagement_conductor_executor_unreadable_records_total";
    pub(super) const DEAD_LETTERS: &str = "engagement_conductor_executor_dead_letters_total";
    pub(super) const LOST: &str = "engagement_conductor_executor_lost_to_retention_total";
    pub(super) const BEGUN_ANEW: &str = "engagement_conductor_executor_read_back_total";
    pub(super) const CALLS: &str = "engagement_conductor_executor_calls_total";
    pub(super) const TOKENS: &str = "engagement_conductor_content_tokens_total";
    pub(super) const WRITTEN: &str = "engagement_conductor_content_written_total";
}

/// Counts a call of the platform, by what came of it.
pub fn count_call(answer: &'static str) {
    counter!(name::CALLS, "answer" => answer).increment(1);
}

/// Counts a content, by who wrote it, with the tokens that it took.
pub fn count_content(provider: &str, tokens_in: Option<i64>, tokens_out: Option<i64>) {
    counter!(name::WRITTEN, "provider" => provider.to_owned()).increment(1);
    for (direction, tokens) in [("in", tokens_in), ("out", tokens_out)] {
        let tokens = tokens.and_then(|tokens| u64::try_from(tokens).ok()).unwrap_or_default();
        counter!(name::TOKENS, "direction" => direction).increment(tokens);
    }
}

fn observe(status: &Status) {
    let Counts { opened, reported, duplicates, unreadable, dead_lettered, lost, begun_anew } = status.counts;
    gauge!(name::OPEN).set(status.open as f64);
    gauge!(name::PARTITIONS).set(status.partitions as f64);
    for (name, count) in [
        (name::OPENED, opened),
        (name::REPORTED, reported),
        (name::DUPLICATES, duplicates),
        (name::UNREADABLE, unreadable),
        (name::DEAD_LETTERS, dead_lettered),
        (name::LOST, lost),
        (name::BEGUN_ANEW, begun_anew),
    ] {
        counter!(name).absolute(count);
    }
}

/// Starts to collect; once per process.
fn install() -> Result<PrometheusHandle, Failure> {
    let handle = PrometheusBuilder::new().install_recorder().map_err(Failure::failed)?;
    describe_gauge!(name::OPEN, "Commands that are approved and not told yet");
    describe_gauge!(name::PARTITIONS, "Partitions of the commands that are this executor's");
    describe_counter!(name::OPENED, "Approved commands that were read, those read again included");
    describe_counter!(name::REPORTED, "Commands whose end was told");
    describe_counter!(name::DUPLICATES, "Second records of a command");
    describe_counter!(name::UNREADABLE, "Records that could not be read");
    describe_counter!(name::DEAD_LETTERS, "Commands among them that were set aside as dead letters");
    describe_counter!(name::LOST, "Records deleted before they were read");
    describe_counter!(
        name::BEGUN_ANEW,
        "Times that everything was read back, for a commit was refused or without an answer"
    );
    describe_counter!(name::CALLS, "Calls of the platform, by what came of them");
    describe_counter!(name::TOKENS, "Tokens that language models have read and written");
    describe_counter!(name::WRITTEN, "Contents, by who wrote them");
    history::status::describe();
    Ok(handle)
}

/// What is shown.
#[derive(Clone)]
pub struct Shown {
    board: Board,
    history: history::status::Board,
    clock: Arc<dyn Clock>,
    stalled_after_ms: u64,
    prometheus: PrometheusHandle,
}

impl Shown {
    /// Shows what is left on the boards.
    ///
    /// # Errors
    /// Metrics are collected in this process already.
    pub fn new(
        board: Board,
        history: history::status::Board,
        clock: Arc<dyn Clock>,
        stalled_after_ms: u64,
    ) -> Result<Self, Failure> {
        Ok(Self { board, history, clock, stalled_after_ms, prometheus: install()? })
    }
}

/// Answers until `until` is over.
///
/// # Errors
/// What the system says.
pub async fn serve(
    listener: TcpListener,
    shown: Shown,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/", get(|| async { INDEX }))
        .route("/healthz/live", get(live))
        .route("/healthz/ready", get(ready))
        .route("/metrics", get(scrape))
        .with_state(shown);
    axum::serve(listener, router).with_graceful_shutdown(until).await
}

async fn live(State(shown): State<Shown>) -> impl IntoResponse {
    verdict(&not_alive(&shown.board.get(), shown.clock.now_ms(), shown.stalled_after_ms))
}

async fn ready(State(shown): State<Shown>) -> impl IntoResponse {
    verdict(&not_ready(&shown.board.get(), shown.clock.now_ms(), shown.stalled_after_ms))
}

async fn scrape(State(shown): State<Shown>) -> impl IntoResponse {
    observe(&shown.board.get());
    history::status::observe(&shown.history);
    ([("content-type", "text/plain; version=0.0.4")], shown.prometheus.render())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Status = Status {
        stepped_at_ms: 1_000,
        partitions: 3,
        reading_back: 0,
        open: 7,
        is_platform_down: false,
        is_store_away: false,
        counts: Counts {
            opened: 0,
            reported: 0,
            duplicates: 0,
            unreadable: 0,
            dead_lettered: 0,
            lost: 0,
            begun_anew: 0,
        },
    };

    #[test]
    fn an_executor_is_ready_unless_something_keeps_commands_from_being_carried_out() {
        assert_eq!(not_ready(&FINE, 2_000, 10_000), [""; 0]);
        assert_eq!(not_ready(&Status { partitions: 0, ..FINE }, 2_000, 10_000), [""; 0], "others have them all");
        for (status, expect) in [
            (Status { reading_back: 2, ..FINE }, "2 of 3 partitions are read back"),
            (Status { is_store_away: true, ..FINE }, "the database does not answer: nothing is begun"),
            (
                Status { is_platform_down: true, ..FINE },
                "the platform has failed too often in a row: it is left alone for a while",
            ),
        ] {
            assert_eq!(
                (not_alive(&status, 2_000, 10_000).len(), not_ready(&status, 2_000, 10_000)),
                (0, vec![expect.to_owned()])
            );
        }
    }

    #[test]
    fn an_executor_that_makes_no_rounds_is_not_alive() {
        assert_eq!(not_alive(&FINE, 11_001, 10_000), ["the executor hangs: no round for 10001 ms"]);
        assert_eq!(not_alive(&FINE, 11_000, 10_000), [""; 0]);
    }
}
