//! What threads show, for tests.

use streams::runtime::{Blocked, TaskState, TaskStatus, ThreadCounts, ThreadState, ThreadStatus};
use streams::task::{Counts, TaskId};

/// A thread without tasks, that has failed once.
pub(super) fn thread(state: ThreadState) -> ThreadStatus {
    ThreadStatus {
        thread: 0,
        state,
        is_member: true,
        tasks: Vec::new(),
        counts: ThreadCounts::default(),
        replaced: 0,
        error: Some("the disk is full".into()),
        is_undecided: false,
        unreachable_since_ms: None,
        committed_at_ms: 0,
        stepped_at_ms: 100_000,
    }
}

/// Task `0_3`.
pub(super) fn task(state: TaskState, blocked: Option<Blocked>) -> TaskStatus {
    TaskStatus {
        id: TaskId { sub_topology: 0, partition: 3 },
        state,
        blocked,
        rebuilt: None,
        counts: Counts::default(),
        counters: Vec::new(),
        stream_time_ms: None,
        next_timer_ms: None,
        inputs: Vec::new(),
        buffered: 0,
        dirty_bytes: 0,
        restored: 0,
        lost_to_retention: 0,
    }
}
