//! Time as the machine has it. The only file of this crate that reads its clock or sleeps: everything else takes a clock as an
//! argument.
#![allow(clippy::disallowed_methods)]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use streams::clock::Clock;

/// A clock that one can wait by.
pub trait Pacing: Clock {
    /// Lets so many milliseconds pass. For pacing only: whoever waits for something to happen waits for that.
    fn pass(&self, by_ms: u64);
}

/// The machine's clock, looked at once: from there on it goes evenly, also when somebody sets the machine's.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
    started_ms: i64,
}

impl SystemClock {
    /// A clock that shows the machine's time.
    #[must_use]
    pub fn start() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started: Instant::now(), started_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX) }
    }
}

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        self.started_ms.saturating_add(i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX))
    }
}

impl Pacing for SystemClock {
    fn pass(&self, by_ms: u64) {
        std::thread::sleep(Duration::from_millis(by_ms));
    }
}
