//! What threads show, for tests.

use streams::runtime::{Blocked, TaskState, TaskStatus, ThreadState, ThreadStatus};
use streams::task::{Counts, TaskId};

/// A thread without tasks, that has failed once.
pub(super) fn thread(state: ThreadState) -> ThreadStatus {
    let error = Some("the disk is full".into());
    ThreadStatus { state, is_member: true, error, ..ThreadStatus::starting(0, 100_000) }
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
