//! Time as the machine has it. The only file that reads its clock or sleeps: everything else takes a clock as an argument, so
//! that the same input gives the same bytes.
#![allow(clippy::disallowed_methods)]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl SystemClock {
    /// Milliseconds since the epoch, UTC. May jump when somebody sets the clock: for time stamps, never for durations.
    #[must_use]
    pub fn now_ms(self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |span| -span),
        }
    }

    /// Starts to measure a duration; never jumps.
    #[must_use]
    pub fn stopwatch(self) -> Stopwatch {
        Stopwatch { started: Instant::now() }
    }

    /// Waits. For pacing only: whoever waits for something to happen waits for that.
    pub fn sleep(self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

impl streams::clock::Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        SystemClock::now_ms(*self)
    }
}

/// Measures a duration.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    started: Instant,
}

impl Stopwatch {
    /// How long it has been running.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.started.elapsed()
    }
}
