//! What the log says of a running stream: tasks that come, are restored, work and go; threads that are replaced; a cluster that is away.
//! Decided from what the threads show, one look after the other. Pure.

use std::collections::BTreeMap;

use streams::runtime::{Blocked, TaskState, TaskStatus, ThreadState, ThreadStatus};
use streams::task::TaskId;

use super::{health, tasks};

/// Between two lines on how far a restore has come.
const PROGRESS_EVERY_MS: i64 = 10_000;
/// Between two lines on the records of a task that were not processed.
const LOSSES_EVERY_MS: i64 = 60_000;
/// What is over sooner is not worth a line.
const PATIENCE_MS: i64 = 5_000;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// As it goes.
    Info(String),
    /// Somebody should know.
    Warn(String),
}

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Journal {
    tasks: BTreeMap<TaskId, SeenTask>,
    threads: BTreeMap<u32, SeenThread>,
}

#[derive(Debug, Default)]
struct SeenTask {
    thread: u32,
    is_running: bool,
    /// When the last line on its restore was written.
    progress_at_ms: Option<i64>,
    lost: u64,
    /// Late records and dead letters that were told, and when.
    losses: (u64, u64),
    losses_at_ms: Option<i64>,
    /// Why it does not go on, since when, and whether that was said.
    blocked: Option<(Blocked, i64, bool)>,
}

#[derive(Debug, Default)]
struct SeenThread {
    replaced: u64,
    /// Since when it joins the group, and whether that was said.
    joining: Option<(i64, bool)>,
    /// Whether it was said that the broker does not answer.
    is_away: bool,
}

impl Journal {
    /// What is to be said after this look.
    pub(super) fn look(&mut self, threads: &[ThreadStatus], now_ms: i64) -> Vec<Line> {
        let mut lines = Vec::new();
        for thread in threads {
            self.threads.entry(thread.thread).or_default().look(thread, now_ms, &mut lines);
            for task in &thread.tasks {
                let seen = self.tasks.entry(task.id).or_default();
                seen.thread = thread.thread;
                seen.look(task, now_ms, &mut lines);
            }
        }
        let is_here = |id: &TaskId| threads.iter().any(|thread| thread.tasks.iter().any(|task| task.id == *id));
        self.tasks.retain(|id, seen| {
            let stays = is_here(id);
            if !stays {
                lines.push(Line::Info(format!("task {id} has left stream thread {}", seen.thread)));
            }
            stays
        });
        lines
    }
}

impl SeenThread {
    fn look(&mut self, thread: &ThreadStatus, now_ms: i64, lines: &mut Vec<Line>) {
        let name = thread.thread;
        // A thread that waits to be replaced counts already.
        let replaced = thread.replaced + u64::from(thread.state == ThreadState::Replacing);
        if replaced > self.replaced {
            self.replaced = replaced;
            let error = thread.error.as_deref().unwrap_or("for an unknown reason");
            lines.push(Line::Warn(format!("stream thread {name} is replaced, because it has failed: {error}")));
        }
        self.note_joining(thread, now_ms, lines);
        let silent_ms = thread.unreachable_since_ms.map(|since_ms| now_ms.saturating_sub(since_ms));
        let is_away = silent_ms.is_some_and(|silent_ms| silent_ms >= PATIENCE_MS || self.is_away);
        match (self.is_away, is_away) {
            (false, true) => lines.push(Line::Warn(format!(
                "the broker does not answer stream thread {name}: time stands still until it does"
            ))),
            (true, false) => lines.push(Line::Info(format!("the broker answers stream thread {name} again"))),
            _ => {}
        }
        self.is_away = is_away;
    }

    fn note_joining(&mut self, thread: &ThreadStatus, now_ms: i64, lines: &mut Vec<Line>) {
        let is_joining = matches!(thread.state, ThreadState::Starting | ThreadState::Running) && !thread.is_member;
        if !is_joining {
            self.joining = None;
            return;
        }
        let (since_ms, is_said) = self.joining.get_or_insert((now_ms, false));
        if !*is_said && now_ms.saturating_sub(*since_ms) >= PATIENCE_MS {
            *is_said = true;
            lines.push(Line::Info(format!(
                "stream thread {} waits for the group: it waits for members that are gone, up to engine.session_timeout_ms",
                thread.thread
            )));
        }
    }
}

impl SeenTask {
    fn look(&mut self, task: &TaskStatus, now_ms: i64, lines: &mut Vec<Line>) {
        let (id, thread) = (task.id, self.thread);
        if let TaskState::Restoring { left, total } = task.state
            && left > 0
            && self.progress_at_ms.is_none_or(|at_ms| now_ms.saturating_sub(at_ms) >= PROGRESS_EVERY_MS)
        {
            self.progress_at_ms = Some(now_ms);
            lines.push(Line::Info(format!("task {id}: its state is being restored, {left} of {total} offsets to go")));
        }
        let is_running = task.state == TaskState::Running;
        if is_running && !self.is_running {
            if let Some(reason) = task.rebuilt {
                lines.push(Line::Warn(format!("task {id}: its state was built anew: {}", tasks::rebuilt(reason))));
            }
            let restored = match task.restored {
                0 => String::new(),
                restored => format!("; {restored} records were restored"),
            };
            lines.push(Line::Info(format!("task {id} works in stream thread {thread}{restored}")));
        }
        self.is_running = is_running;
        if task.lost_to_retention > self.lost {
            let lost = task.lost_to_retention - self.lost;
            self.lost = task.lost_to_retention;
            lines.push(Line::Warn(format!(
                "task {id}: {lost} offsets of its inputs were deleted before they were read"
            )));
        }
        self.note_losses(task, now_ms, lines);
        self.note_what_blocks(task, now_ms, lines);
    }

    fn note_losses(&mut self, task: &TaskStatus, now_ms: i64, lines: &mut Vec<Line>) {
        let (late, dead) = (task.counts.late, task.counts.dead_lettered);
        let is_new = late > self.losses.0 || dead > self.losses.1;
        let is_due = self.losses_at_ms.is_none_or(|at_ms| now_ms.saturating_sub(at_ms) >= LOSSES_EVERY_MS);
        if task.state != TaskState::Running || !is_new || !is_due {
            return;
        }
        self.losses = (late, dead);
        self.losses_at_ms = Some(now_ms);
        let id = task.id;
        lines.push(Line::Warn(format!(
            "task {id}: {late} records were late and {dead} are dead letters so far (`conductor dlq ls` says why)"
        )));
    }

    fn note_what_blocks(&mut self, task: &TaskStatus, now_ms: i64, lines: &mut Vec<Line>) {
        // Waiting for a record is work as usual.
        let blocked = task.blocked.as_ref().filter(|blocked| !matches!(blocked, Blocked::Input(_)));
        let Some(blocked) = blocked else {
            self.blocked = None;
            return;
        };
        let is_same = self.blocked.as_ref().is_some_and(|(before, ..)| before == blocked);
        if !is_same {
            self.blocked = Some((blocked.clone(), now_ms, false));
        }
        if let Some((blocked, since_ms, is_said)) = &mut self.blocked
            && !*is_said
            && now_ms.saturating_sub(*since_ms) >= PATIENCE_MS
        {
            *is_said = true;
            lines.push(Line::Warn(format!("task {} {}", task.id, health::words(blocked))));
        }
    }
}

#[cfg(test)]
mod tests {
    use streams::runtime::RebuildReason;
    use streams::task::Counts;

    use super::super::sample::{task, thread};
    use super::*;

    fn texts(lines: &[Line]) -> String {
        let text = |line: &Line| match line {
            Line::Info(text) => format!("info: {text}\n"),
            Line::Warn(text) => format!("warn: {text}\n"),
        };
        lines.iter().map(text).collect()
    }

    fn with(tasks: Vec<TaskStatus>) -> [ThreadStatus; 1] {
        [ThreadStatus { tasks, ..thread(ThreadState::Running) }]
    }

    #[test]
    fn a_task_that_comes_is_restored_works_and_goes_leaves_a_line_each() {
        let mut journal = Journal::default();
        let mut look = |tasks: Vec<TaskStatus>, now_ms| texts(&journal.look(&with(tasks), now_ms));
        assert_eq!(look(vec![task(TaskState::Assigned, None)], 0), "");
        let restoring = |left| vec![task(TaskState::Restoring { left, total: 90 }, None)];
        assert_eq!(look(restoring(80), 200), "info: task 0_3: its state is being restored, 80 of 90 offsets to go\n");
        assert_eq!(look(restoring(70), 10_199), "", "not with every look");
        assert_eq!(
            look(restoring(60), 10_200),
            "info: task 0_3: its state is being restored, 60 of 90 offsets to go\n"
        );
        let working = TaskStatus { restored: 85, ..task(TaskState::Running, None) };
        assert_eq!(
            look(vec![working.clone()], 10_400),
            "info: task 0_3 works in stream thread 0; 85 records were restored\n"
        );
        assert_eq!(look(vec![working], 10_600), "");
        assert_eq!(look(vec![], 10_800), "info: task 0_3 has left stream thread 0\n");
    }

    #[test]
    fn what_somebody_should_know_is_a_warning_once() {
        let mut journal = Journal::default();
        let mut look = |task: TaskStatus, now_ms| texts(&journal.look(&with(vec![task]), now_ms));
        let rebuilt =
            TaskStatus { rebuilt: Some(RebuildReason::TooOld), lost_to_retention: 7, ..task(TaskState::Running, None) };
        let expect = "warn: task 0_3: its state was built anew: the state was older than deletions are remembered\n\
                      info: task 0_3 works in stream thread 0\n\
                      warn: task 0_3: 7 offsets of its inputs were deleted before they were read\n";
        assert_eq!(look(rebuilt.clone(), 0), expect);
        let waiting = TaskStatus { blocked: Some(Blocked::GlobalTables), ..rebuilt };
        assert_eq!([look(waiting.clone(), 1_000), look(waiting.clone(), 5_999)], ["", ""], "it may be over soon");
        assert_eq!(look(waiting.clone(), 6_000), "warn: task 0_3 waits for the global tables to be read\n");
        assert_eq!(look(waiting, 60_000), "");
    }

    #[test]
    fn a_thread_that_is_replaced_and_a_cluster_that_is_away_and_back_are_told() {
        let mut journal = Journal::default();
        let mut look = |thread: ThreadStatus, now_ms| texts(&journal.look(&[thread], now_ms));
        let away = |since_ms| ThreadStatus { unreachable_since_ms: since_ms, ..thread(ThreadState::Running) };
        assert_eq!(look(away(Some(1_000)), 5_999), "");
        let expect = "warn: the broker does not answer stream thread 0: time stands still until it does\n";
        assert_eq!(look(away(Some(1_000)), 6_000), expect);
        assert_eq!(look(away(Some(1_000)), 6_200), "");
        assert_eq!(look(away(None), 6_400), "info: the broker answers stream thread 0 again\n");
        let expect = "warn: stream thread 0 is replaced, because it has failed: the disk is full\n";
        assert_eq!(look(thread(ThreadState::Replacing), 7_000), expect);
        assert_eq!(look(ThreadStatus { replaced: 1, ..thread(ThreadState::Running) }, 7_200), "");
    }

    #[test]
    fn records_that_are_not_processed_are_told_once_a_minute() {
        let mut journal = Journal::default();
        let mut look = |late, dead_lettered, now_ms| {
            let counts = Counts { late, dead_lettered, ..Counts::default() };
            texts(&journal.look(&with(vec![TaskStatus { counts, ..task(TaskState::Running, None) }]), now_ms))
        };
        assert_eq!(look(0, 0, 0), "info: task 0_3 works in stream thread 0\n");
        let told = |late, dead| {
            format!(
                "warn: task 0_3: {late} records were late and {dead} are dead letters so far (`conductor dlq ls` says why)\n"
            )
        };
        assert_eq!(look(3, 0, 1_000), told(3, 0));
        assert_eq!(look(5, 1, 60_999), "", "not with every look");
        assert_eq!(look(9, 2, 61_000), told(9, 2));
        assert_eq!(look(9, 2, 200_000), "", "no more of them");
    }

    #[test]
    fn a_thread_that_the_group_lets_wait_says_so_once() {
        let mut journal = Journal::default();
        let mut look = |is_member, now_ms| {
            texts(&journal.look(&[ThreadStatus { is_member, ..thread(ThreadState::Running) }], now_ms))
        };
        assert_eq!(look(false, 0), "");
        let expect = "info: stream thread 0 waits for the group: it waits for members that are gone, up to engine.session_timeout_ms\n";
        assert_eq!([look(false, 5_000), look(false, 9_000)], [expect, ""]);
        assert_eq!(look(true, 10_000), "");
    }
}
