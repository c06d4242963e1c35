//! Whether the process is alive and ready, and if not, why: decided from what its threads show.

use streams::runtime::{Blocked, TaskState, TaskStatus, ThreadState, ThreadStatus};

/// Why the process should be started anew; nothing: it is alive. A broker that is away is no reason.
#[must_use]
pub fn not_alive(threads: &[ThreadStatus], now_ms: i64, stalled_after_ms: u64) -> Vec<String> {
    let mut reasons = Vec::new();
    for thread in threads {
        let silent_ms = now_ms.saturating_sub(thread.stepped_at_ms).max(0).unsigned_abs();
        match thread.state {
            ThreadState::Failed => {
                let error = thread.error.as_deref().unwrap_or("for an unknown reason");
                reasons.push(format!("stream thread {} has failed: {error}", thread.thread));
            }
            ThreadState::Running if silent_ms > stalled_after_ms => {
                reasons.push(format!("stream thread {} hangs: no round for {silent_ms} ms", thread.thread));
            }
            _ => {}
        }
    }
    reasons
}

/// Why the stream does not process everything that it should; nothing: it is ready.
#[must_use]
pub fn not_ready(threads: &[ThreadStatus], now_ms: i64, stalled_after_ms: u64) -> Vec<String> {
    let mut reasons = not_alive(threads, now_ms, stalled_after_ms);
    for thread in threads {
        let name = thread.thread;
        match thread.state {
            ThreadState::Starting => reasons.push(joining(name)),
            ThreadState::Running if !thread.is_member => reasons.push(joining(name)),
            ThreadState::Replacing => {
                let error = thread.error.as_deref().unwrap_or("for an unknown reason");
                reasons.push(format!("stream thread {name} is replaced, because it has failed: {error}"));
            }
            ThreadState::Stopped => reasons.push(format!("stream thread {name} is stopped")),
            ThreadState::Running | ThreadState::Failed => {}
        }
        if let Some(since_ms) = thread.unreachable_since_ms {
            let silent_ms = now_ms.saturating_sub(since_ms).max(0);
            reasons
                .push(format!("the broker does not answer stream thread {name} for {silent_ms} ms: time stands still"));
        }
        reasons
            .extend(thread.tasks.iter().filter_map(why_not_working).map(|(task, why)| format!("task {task}: {why}")));
    }
    reasons
}

/// Until the group has given a thread its share, nobody knows whether that is nothing.
fn joining(thread: u32) -> String {
    format!("stream thread {thread} is joining the group")
}

fn why_not_working(task: &TaskStatus) -> Option<(String, String)> {
    let why = match (&task.blocked, task.state) {
        // Waiting for a record is work as usual.
        (None | Some(Blocked::Input(_)), TaskState::Running) => return None,
        (Some(blocked), _) => words(blocked),
        (None, TaskState::Restoring { left: 0, .. }) => "it is about to start".to_owned(),
        (None, TaskState::Restoring { left, total }) => {
            format!("its state is restored, {left} of {total} offsets are left")
        }
        (None, TaskState::Assigned) => "its state is being opened".to_owned(),
    };
    Some((task.id.to_string(), why))
}

/// Why a task does not go on.
#[must_use]
pub fn words(blocked: &Blocked) -> String {
    match blocked {
        Blocked::CommittedOffsets => {
            "waits for the group's offsets: a transaction is undecided, or the coordinator is away".into()
        }
        Blocked::StateOfAnotherProcess => {
            "waits for its state, which another process has open: its predecessor, or one with the same engine.state_dir".into()
        }
        Blocked::StateInUse => "waits for its state, which another thread is about to close".into(),
        Blocked::Changelog => {
            "waits for its changelog: a transaction at its end is undecided (one that hangs for good: kafka-transactions.sh \
             find-hanging, abort)"
                .into()
        }
        Blocked::GlobalTables => "waits for the global tables to be read".into(),
        Blocked::Input(partition) => format!("waits for {partition}: it is not known that nothing older comes"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{task, thread};
    use super::*;

    #[test]
    fn a_process_is_alive_until_a_thread_has_failed_or_hangs() {
        let check = |state, now_ms| not_alive(&[thread(state)], now_ms, 10_000).join("; ");
        assert_eq!(check(ThreadState::Running, 110_000), "");
        assert_eq!(check(ThreadState::Running, 110_001), "stream thread 0 hangs: no round for 10001 ms");
        assert_eq!(check(ThreadState::Starting, 999_999), "", "it may wait for its broker");
        assert_eq!(check(ThreadState::Failed, 100_000), "stream thread 0 has failed: the disk is full");
    }

    #[test]
    fn it_is_ready_when_every_task_works_and_says_why_not() {
        let check = |state, blocked| {
            let mut thread = thread(ThreadState::Running);
            thread.tasks.push(task(state, blocked));
            not_ready(&[thread], 100_000, 10_000).join("; ")
        };
        let partition = streams::broker::topic_partition("chat", 3);
        assert_eq!(check(TaskState::Running, None), "");
        assert_eq!(check(TaskState::Running, Some(Blocked::Input(partition))), "");
        assert!(
            check(TaskState::Running, Some(Blocked::CommittedOffsets)).starts_with("task 0_3: waits for the group's")
        );
        let restoring = check(TaskState::Restoring { left: 5, total: 9 }, None);
        assert_eq!(restoring, "task 0_3: its state is restored, 5 of 9 offsets are left");
        let restored = check(TaskState::Restoring { left: 0, total: 0 }, None);
        assert_eq!(restored, "task 0_3: it is about to start");
        let mut away = thread(ThreadState::Running);
        away.unreachable_since_ms = Some(90_000);
        assert!(not_ready(&[away], 100_000, 20_000).join("").contains("does not answer stream thread 0 for 10000 ms"));
        let outside = ThreadStatus { is_member: false, ..thread(ThreadState::Running) };
        assert_eq!(not_ready(&[outside], 100_000, 10_000), ["stream thread 0 is joining the group"]);
        assert!(not_ready(&[thread(ThreadState::Running)], 100_000, 10_000).is_empty(), "its share may be nothing");
        assert!(not_ready(&[thread(ThreadState::Replacing)], 100_000, 10_000).join("").contains("the disk is full"));
    }
}
