//! A task's place in its thread: from the assignment to the release.

use std::collections::BTreeMap;

use super::idle::IdleClock;
use super::restore::{RebuildReason, Restore};
use super::status::{Blocked, InputStatus, TaskState, TaskStatus};
use crate::broker::{Ends, Offset, TopicPartition};
use crate::task::{InputState, Origin, Task, TaskId};

/// One task that the group has given to this thread.
pub(crate) struct Slot {
    pub(crate) id: TaskId,
    /// What it reads, by input number.
    pub(crate) inputs: Vec<TopicPartition>,
    pub(crate) stage: Stage,
    /// Why it does not go on, for the operator.
    pub(crate) blocked: Option<Blocked>,
    /// Since when another process has its state.
    pub(crate) state_awaited_since_ms: Option<i64>,
    /// Since when its restore stands still.
    pub(crate) still_since_ms: Option<i64>,
    /// Why its state was built anew.
    pub(crate) rebuilt: Option<RebuildReason>,
    /// Records of its changelogs that were applied before it began, once it has.
    pub(crate) restored: u64,
    /// Offsets that retention took before they were read.
    pub(crate) lost_to_retention: u64,
    /// Records whose output was not delivered, and how often.
    pub(crate) suspects: BTreeMap<Origin, u32>,
}

/// How far the task has come.
pub(crate) enum Stage {
    /// The group's offsets are to be read, the state to be opened.
    Assigned,
    /// The changelog's tail is being read.
    Restoring(Box<Loaded>, Restore),
    /// At work.
    Running(Box<Loaded>),
}

/// A task with its state.
pub(crate) struct Loaded {
    pub(crate) task: Task,
    /// The group's offsets as last known, by input; what an unknown outcome is compared with.
    pub(crate) group: Vec<Option<Offset>>,
    /// Where a replay begins, by input: the group's offset, or where it began without one.
    pub(crate) rewind: Vec<Offset>,
    /// Where the inputs end, by input.
    pub(crate) looks: Vec<Look>,
    pub(crate) idle: IdleClock,
}

/// What the last look-up said of an input.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Look {
    ends: Option<Ends>,
    at_ms: i64,
}

impl Look {
    pub(crate) fn set(&mut self, ends: Ends, now_ms: i64) {
        *self = Self { ends: Some(ends), at_ms: now_ms };
    }

    fn age_ms(&self, now_ms: i64) -> u64 {
        now_ms.saturating_sub(self.at_ms).max(0).unsigned_abs()
    }

    /// What an empty buffer means, for a consumer at `position`.
    pub(crate) fn state(&self, position: Offset, now_ms: i64, valid_ms: u64) -> InputState {
        match self.ends {
            Some(ends) if position < ends.last_stable => InputState::Behind,
            // Beyond what was looked up, nothing is known.
            Some(ends) if position == ends.last_stable && self.age_ms(now_ms) <= valid_ms => InputState::CaughtUp,
            _ => InputState::Unknown,
        }
    }

    /// Whether it is time to look again.
    pub(crate) fn is_stale(&self, position: Offset, now_ms: i64, valid_ms: u64) -> bool {
        match self.ends {
            Some(ends) => position > ends.last_stable || self.age_ms(now_ms) > valid_ms / 4,
            None => true,
        }
    }

    /// When that was.
    pub(crate) fn at_ms(&self) -> i64 {
        self.at_ms
    }

    /// What could be reached then.
    pub(crate) fn last_stable(&self) -> Option<Offset> {
        self.ends.map(|ends| ends.last_stable)
    }

    /// Whether a transaction is undecided: what it holds may be older than all that follows.
    pub(crate) fn is_hanging(&self) -> bool {
        self.ends.is_some_and(|ends| ends.last_stable < ends.high_watermark)
    }
}

impl Slot {
    pub(crate) fn new(id: TaskId, inputs: Vec<TopicPartition>) -> Self {
        Self {
            id,
            inputs,
            stage: Stage::Assigned,
            blocked: None,
            state_awaited_since_ms: None,
            still_since_ms: None,
            rebuilt: None,
            restored: 0,
            lost_to_retention: 0,
            suspects: BTreeMap::new(),
        }
    }

    pub(crate) fn running(&self) -> Option<&Loaded> {
        if let Stage::Running(loaded) = &self.stage { Some(loaded) } else { None }
    }

    pub(crate) fn running_mut(&mut self) -> Option<&mut Loaded> {
        if let Stage::Running(loaded) = &mut self.stage { Some(loaded) } else { None }
    }

    fn inputs(&self, loaded: Option<&Loaded>) -> Vec<InputStatus> {
        let status = |(input, partition): (usize, &TopicPartition)| InputStatus {
            partition: partition.clone(),
            position: loaded.and_then(|loaded| loaded.task.position(input)),
            end: loaded.and_then(|loaded| loaded.looks.get(input)).and_then(Look::last_stable),
        };
        self.inputs.iter().enumerate().map(status).collect()
    }

    pub(crate) fn status(&self) -> TaskStatus {
        let (state, loaded) = match &self.stage {
            Stage::Assigned => (TaskState::Assigned, None),
            Stage::Restoring(loaded, restore) => {
                let (left, total) = restore.progress();
                (TaskState::Restoring { left, total }, Some(loaded))
            }
            Stage::Running(loaded) => (TaskState::Running, Some(loaded)),
        };
        let task = loaded.map(|loaded| &loaded.task);
        TaskStatus {
            id: self.id,
            state,
            blocked: self.blocked.clone(),
            rebuilt: self.rebuilt,
            restored: self.restored,
            counts: task.map(Task::counts).unwrap_or_default(),
            counters: task.map(|task| task.counters().collect()).unwrap_or_default(),
            stream_time_ms: task.and_then(Task::stream_time),
            next_timer_ms: task.and_then(Task::next_timer),
            inputs: self.inputs(loaded.map(|loaded| &**loaded)),
            buffered: task.map_or(0, |task| (0..self.inputs.len()).map(|input| task.buffered(input).0).sum()),
            dirty_bytes: task.map_or(0, Task::dirty_bytes),
            lost_to_retention: self.lost_to_retention,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_not_caught_up() {
        let mut look = Look::default();
        assert_eq!(look.state(0, 0, 1_000), InputState::Unknown);
        look.set(Ends { log_start: 0, last_stable: 5, high_watermark: 7 }, 10_000);
        assert!(look.is_hanging());
        for (position, now_ms, expect) in [
            (4, 10_000, InputState::Behind),
            (5, 11_000, InputState::CaughtUp),
            (5, 11_001, InputState::Unknown),
            (6, 10_000, InputState::Unknown),
        ] {
            assert_eq!(look.state(position, now_ms, 1_000), expect, "{position} at {now_ms}");
        }
    }
}
