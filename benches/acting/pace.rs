//! Waiting, by the clock or for something; Ctrl-C ends both.

use std::time::Duration;

use engagement_conductor::clock::{Stopwatch, SystemClock};
use loadtest::interrupt::Interrupt;

use crate::shared::attempt::check;

/// The longest time in which nobody looks whether it is to end.
const NAP: Duration = Duration::from_millis(100);

/// Waits until so much time has gone by.
pub(crate) fn until(stopwatch: Stopwatch, at: Duration, interrupt: &Interrupt) {
    loop {
        check(interrupt);
        let left = at.saturating_sub(stopwatch.elapsed());
        if left.is_zero() {
            return;
        }
        SystemClock.sleep(left.min(NAP));
    }
}

/// Asks until there is an answer; when there is none in time, the measurement ends.
pub(crate) fn wait_for<T>(
    what: &str,
    patience: Duration,
    interrupt: &Interrupt,
    mut ask: impl FnMut() -> Option<T>,
) -> T {
    let answer = cluster::clock::wait_for(patience, || {
        check(interrupt);
        ask()
    });
    answer.unwrap_or_else(|| panic!("{what}: not within {} s", patience.as_secs()))
}
