//! A thread that hangs in a call, told from a process that was not allowed to run.

use super::instance::{ThreadState, ThreadStatus};

/// Counts looks at threads that have made no round in between. It does not go by the clock: a process that was suspended has
/// made no rounds either, but then nobody has looked.
#[derive(Debug, Clone)]
pub struct StallDetector {
    looks_max: u32,
    /// By thread: the last round that was seen, and the looks since then.
    seen: Vec<(i64, u32)>,
}

impl StallDetector {
    /// One that tells of a thread that is seen in the same round more than so many times in a row.
    #[must_use]
    pub fn new(looks_max: u32) -> Self {
        Self { looks_max, seen: Vec::new() }
    }

    /// Looks at the threads; the number of the first one that hangs.
    pub fn look(&mut self, threads: &[ThreadStatus]) -> Option<u32> {
        self.seen.resize(threads.len(), (i64::MIN, 0));
        let mut hangs = None;
        for (thread, (round_ms, looks)) in threads.iter().zip(&mut self.seen) {
            let is_still = thread.state == ThreadState::Running && thread.stepped_at_ms == *round_ms;
            *looks = if is_still { looks.saturating_add(1) } else { 0 };
            *round_ms = thread.stepped_at_ms;
            if *looks > self.looks_max {
                hangs = hangs.or(Some(thread.thread));
            }
        }
        hangs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thread(thread: u32, state: ThreadState, stepped_at_ms: i64) -> ThreadStatus {
        ThreadStatus { state, ..ThreadStatus::starting(thread, stepped_at_ms) }
    }

    #[test]
    fn a_thread_hangs_when_it_is_seen_in_the_same_round_too_often() {
        let mut detector = StallDetector::new(3);
        let mut look = |round_ms: i64| {
            detector.look(&[thread(0, ThreadState::Running, 100 + round_ms), thread(1, ThreadState::Running, 7)])
        };
        assert_eq!([look(0), look(1), look(2), look(3)], [None; 4]);
        assert_eq!(look(4), Some(1), "and the other one works");
    }

    #[test]
    fn a_long_time_without_a_look_is_no_hang() {
        let mut detector = StallDetector::new(3);
        for round in [1, 1, 1, 900_000, 900_000, 900_000] {
            assert_eq!(detector.look(&[thread(0, ThreadState::Running, round)]), None);
        }
    }

    #[test]
    fn a_thread_that_waits_to_begin_does_not_hang() {
        let mut detector = StallDetector::new(3);
        for state in [ThreadState::Starting, ThreadState::Replacing, ThreadState::Stopped].repeat(9) {
            assert_eq!(detector.look(&[thread(0, state, 0)]), None);
        }
    }
}
