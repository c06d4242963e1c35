//! What the writing of history shows of itself: metrics, beside those of the executor. It is no reason not to be ready, for commands are
//! carried out without it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::{counter, describe_counter, describe_gauge, gauge};

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Scores that were written.
    pub scores: u64,
    /// Records that changed an intervention.
    pub changes: u64,
    /// Results that were added to the totals.
    pub results: u64,
    /// Transactions.
    pub batches: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Records that retention took before they were read.
    pub lost: u64,
    /// Times that another had written first.
    pub overtaken: u64,
    /// Rows that were deleted, for they were old.
    pub pruned: u64,
}

/// A snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Partitions of the scores that are ours.
    pub partitions: usize,
    /// Whether the last look into the database had no answer.
    pub is_database_away: bool,
    /// Offsets that are not written yet, as of the last look.
    pub lag: u64,
    /// What was counted.
    pub counts: Counts,
}

/// Where the thread leaves its snapshot; nothing: no history is written here.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<Option<Status>>>);

impl Board {
    /// Leaves a snapshot.
    pub fn put(&self, status: Status) {
        *self.lock() = Some(status);
    }

    /// The last one.
    #[must_use]
    pub fn get(&self) -> Option<Status> {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Status>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

mod name {
    pub(super) const ROWS: &str = "engagement_conductor_history_rows_total";
    pub(super) const BATCHES: &str = "engagement_conductor_history_batches_total";
    pub(super) const UNREADABLE: &str = "engagement_conductor_history_unreadable_records_total";
    pub(super) const LOST: &str = "engagement_conductor_history_lost_to_retention_total";
    pub(super) const OVERTAKEN: &str = "engagement_conductor_history_overtaken_total";
    pub(super) const PRUNED: &str = "engagement_conductor_history_pruned_rows_total";
    pub(super) const PARTITIONS: &str = "engagement_conductor_history_partitions";
    pub(super) const LAG: &str = "engagement_conductor_history_lag_records";
    pub(super) const AWAY: &str = "engagement_conductor_history_database_away";
}

/// Sets the metrics to what was left last.
pub fn observe(board: &Board) {
    let Some(Status { partitions, is_database_away, lag, counts }) = board.get() else { return };
    gauge!(name::PARTITIONS).set(partitions as f64);
    gauge!(name::LAG).set(lag as f64);
    gauge!(name::AWAY).set(f64::from(u8::from(is_database_away)));
    let rows = [
        ("engagement_metrics", counts.scores),
        ("interventions", counts.changes),
        ("agent_performance", counts.results),
    ];
    for (table, count) in rows {
        counter!(name::ROWS, "table" => table).absolute(count);
    }
    for (name, count) in [
        (name::BATCHES, counts.batches),
        (name::UNREADABLE, counts.unreadable),
        (name::LOST, counts.lost),
        (name::OVERTAKEN, counts.overtaken),
        (name::PRUNED, counts.pruned),
    ] {
        counter!(name).absolute(count);
    }
}

/// Says what the metrics mean.
pub fn describe() {
    describe_counter!(name::ROWS, "Records that were written into a table of the history");
    describe_counter!(name::BATCHES, "Transactions that wrote history");
    describe_counter!(name::UNREADABLE, "Records that are not in the history, for they could not be read");
    describe_counter!(name::LOST, "Records deleted before they were written into the history");
    describe_counter!(name::OVERTAKEN, "Times that another process had written history first");
    describe_counter!(name::PRUNED, "Rows of the history that were deleted, for they were old");
    describe_gauge!(name::PARTITIONS, "Partitions of the scores whose history this process writes");
    describe_gauge!(name::LAG, "Offsets of the history's topics that are not written yet, looked up every 10 s");
    describe_gauge!(name::AWAY, "1 while history waits for the database, otherwise 0");
}
