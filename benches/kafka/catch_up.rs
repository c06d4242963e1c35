//! A clock that starts in the past and is in no hurry to wait: whoever paces a load by it sends what is due until then at once, and
//! from then on at the speed of life.

use std::sync::atomic::{AtomicU64, Ordering};

use loadtest::clock::{Pacing, SystemClock};
use streams::clock::Clock;

pub(crate) struct CatchUp {
    clock: SystemClock,
    /// By how much it is late still.
    late_ms: AtomicU64,
}

impl CatchUp {
    /// Shows the time of the other clock, so much earlier.
    pub(crate) fn new(clock: SystemClock, late_ms: u64) -> Self {
        Self { clock, late_ms: AtomicU64::new(late_ms) }
    }

    /// Whether it shows the time of the other clock now.
    pub(crate) fn is_done(&self) -> bool {
        self.late_ms.load(Ordering::Relaxed) == 0
    }
}

impl Clock for CatchUp {
    fn now_ms(&self) -> i64 {
        self.clock.now_ms().saturating_sub_unsigned(self.late_ms.load(Ordering::Relaxed))
    }
}

impl Pacing for CatchUp {
    /// One thread waits by it.
    fn pass(&self, by_ms: u64) {
        let late_ms = self.late_ms.load(Ordering::Relaxed);
        let skipped_ms = late_ms.min(by_ms);
        self.late_ms.store(late_ms - skipped_ms, Ordering::Relaxed);
        if by_ms > skipped_ms {
            self.clock.pass(by_ms - skipped_ms);
        }
    }
}
