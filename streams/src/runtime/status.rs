//! What a thread shows of itself.

use super::restore::RebuildReason;
use crate::broker::{Offset, TopicPartition};
use crate::task::{Counts, TaskId};

/// How far a task has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
    /// Given to this thread; not opened yet.
    Assigned,
    /// Its stores are read from their changelogs.
    Restoring {
        /// Offsets that are left.
        left: i64,
        /// Offsets there were.
        total: i64,
    },
    /// At work.
    Running,
}

/// Why a task does not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocked {
    /// A transaction that holds its offsets is undecided, or the coordinator does not answer.
    CommittedOffsets,
    /// Its state is open in another thread of the process.
    StateInUse,
    /// Its state is open in another process: its predecessor, in its last seconds.
    StateOfAnotherProcess,
    /// A changelog ends in a transaction whose marker is on its way.
    Changelog,
    /// The global tables are not read to their end.
    GlobalTables,
    /// An input is empty, and it is not known that nothing comes.
    Input(TopicPartition),
}

/// One input of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputStatus {
    /// What is read.
    pub partition: TopicPartition,
    /// The next offset to process.
    pub position: Option<Offset>,
    /// What a reader of committed records could reach when that was last looked up.
    pub end: Option<Offset>,
}

impl InputStatus {
    /// Offsets that are left; `None` while nothing is known.
    #[must_use]
    pub fn lag(&self) -> Option<Offset> {
        Some(self.end?.saturating_sub(self.position?).max(0))
    }
}

/// One task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskStatus {
    /// Its name.
    pub id: TaskId,
    /// How far it has come.
    pub state: TaskState,
    /// Why it does not go on.
    pub blocked: Option<Blocked>,
    /// Why its state was built anew when it was opened.
    pub rebuilt: Option<RebuildReason>,
    /// Records of its changelogs that were applied before it began, once it has.
    pub restored: u64,
    /// What became of the records read, uncommitted ones included.
    pub counts: Counts,
    /// The application's own counters.
    pub counters: Vec<(&'static str, u64)>,
    /// How far event time has come.
    pub stream_time_ms: Option<i64>,
    /// When the next timer fires.
    pub next_timer_ms: Option<i64>,
    /// What it reads, and how far it has come.
    pub inputs: Vec<InputStatus>,
    /// Records that wait in its buffers.
    pub buffered: usize,
    /// Bytes of uncommitted rows.
    pub dirty_bytes: usize,
    /// Offsets that retention took before they were read.
    pub lost_to_retention: u64,
}

/// What a thread has done since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThreadCounts {
    /// Transactions committed.
    pub commits: u64,
    /// Transactions aborted.
    pub aborts: u64,
    /// Producers replaced because an answer was lost.
    pub producers_replaced: u64,
    /// Commits whose outcome had to be looked up.
    pub outcomes_settled: u64,
}
