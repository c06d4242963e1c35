//! What `/tasks` shows: every thread, every task, how far it has come, and why it does not go on.

use serde::Serialize;
use streams::runtime::{Blocked, RebuildReason, TaskState, TaskStatus, ThreadState, ThreadStatus};

use super::health;

/// One stream thread.
#[derive(Debug, Serialize)]
pub(super) struct ThreadView {
    thread: u32,
    state: &'static str,
    replaced: u64,
    error: Option<String>,
    commits: u64,
    aborts: u64,
    committed_at_ms: i64,
    tasks: Vec<TaskView>,
}

/// One task.
#[derive(Debug, Serialize)]
struct TaskView {
    task: String,
    role: &'static str,
    state: &'static str,
    /// Offsets of its changelogs that are left, and how many there were.
    restore: Option<[i64; 2]>,
    rebuilt: Option<&'static str>,
    /// Records of its changelogs that were applied before it began.
    restored: u64,
    blocked: Option<String>,
    stream_time_ms: Option<i64>,
    next_timer_ms: Option<i64>,
    read: u64,
    processed: u64,
    late: u64,
    dead_lettered: u64,
    lost_to_retention: u64,
    buffered: usize,
    uncommitted_bytes: usize,
    inputs: Vec<InputView>,
}

/// One input of a task.
#[derive(Debug, Serialize)]
struct InputView {
    topic: String,
    partition: u32,
    position: Option<i64>,
    end: Option<i64>,
    lag: Option<i64>,
}

impl ThreadView {
    pub(super) fn of(status: &ThreadStatus) -> Self {
        Self {
            thread: status.thread,
            state: state(status.state),
            replaced: status.replaced,
            error: status.error.as_deref().map(str::to_owned),
            commits: status.counts.commits,
            aborts: status.counts.aborts,
            committed_at_ms: status.committed_at_ms,
            tasks: status.tasks.iter().map(TaskView::of).collect(),
        }
    }
}

impl TaskView {
    fn of(status: &TaskStatus) -> Self {
        let (state, restore) = match status.state {
            TaskState::Assigned => ("assigned", None),
            TaskState::Restoring { left, total } => ("restoring", Some([left, total])),
            TaskState::Running => ("running", None),
        };
        let inputs = status.inputs.iter().map(|input| InputView {
            topic: input.partition.topic.to_string(),
            partition: input.partition.partition,
            position: input.position,
            end: input.end,
            lag: input.lag(),
        });
        Self {
            task: status.id.to_string(),
            role: "active",
            state,
            restore,
            rebuilt: status.rebuilt.map(rebuilt),
            restored: status.restored,
            blocked: status.blocked.as_ref().filter(|blocked| !is_rest(blocked, status)).map(health::words),
            stream_time_ms: status.stream_time_ms,
            next_timer_ms: status.next_timer_ms,
            read: status.counts.read,
            processed: status.counts.processed,
            late: status.counts.late,
            dead_lettered: status.counts.dead_lettered,
            lost_to_retention: status.lost_to_retention,
            buffered: status.buffered,
            uncommitted_bytes: status.dirty_bytes,
            inputs: inputs.collect(),
        }
    }
}

/// Waiting for a record when there is none to read is not being blocked.
fn is_rest(blocked: &Blocked, status: &TaskStatus) -> bool {
    matches!(blocked, Blocked::Input(_)) && status.inputs.iter().all(|input| input.lag() == Some(0))
}

/// As it is shown.
pub(super) fn state(state: ThreadState) -> &'static str {
    match state {
        ThreadState::Starting => "starting",
        ThreadState::Running => "running",
        ThreadState::Replacing => "replacing",
        ThreadState::Stopped => "stopped",
        ThreadState::Failed => "failed",
    }
}

/// As it is told.
pub(super) fn rebuilt(reason: RebuildReason) -> &'static str {
    match reason {
        RebuildReason::OtherIdentity => "the state belonged to another cluster, or its topics were created again",
        RebuildReason::OutsideTheChangelog => "the state was not a part of its changelog",
        RebuildReason::TooOld => "the state was older than deletions are remembered",
        RebuildReason::Damaged => "the state was damaged",
    }
}

#[cfg(test)]
mod tests {
    use streams::broker::topic_partition;
    use streams::runtime::InputStatus;

    use super::super::sample::task;
    use super::*;

    #[test]
    fn a_task_that_has_read_everything_is_at_rest_and_not_blocked() {
        let chat = topic_partition("chat", 3);
        let blocked = |end, why: Blocked| {
            let inputs = vec![InputStatus { partition: chat.clone(), position: Some(7), end }];
            TaskView::of(&TaskStatus { inputs, ..task(TaskState::Running, Some(why)) }).blocked
        };
        assert_eq!(blocked(Some(7), Blocked::Input(chat.clone())), None);
        assert!(blocked(Some(8), Blocked::Input(chat.clone())).is_some(), "there is more");
        assert!(blocked(None, Blocked::Input(chat.clone())).is_some(), "nobody knows whether there is more");
        assert!(blocked(Some(7), Blocked::GlobalTables).is_some());
    }
}
