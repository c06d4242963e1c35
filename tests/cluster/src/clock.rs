//! Waiting for what others do. The only file of this crate that reads the machine's clock or sleeps: a server in another
//! process tells nobody when it is ready or gone, so it is asked until it is, or until a deadline.
#![allow(clippy::disallowed_methods)]

use std::time::{Duration, Instant};

/// Between two questions. Short beside a start of some seconds, long enough to leave a busy machine alone.
const BETWEEN: Duration = Duration::from_millis(25);

/// Asks until there is an answer; `None` when there was none after `patience`.
pub fn wait_for<T>(patience: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if started.elapsed() >= patience {
            return None;
        }
        std::thread::sleep(BETWEEN);
    }
}

/// Asks until there is an answer, however long it takes.
pub fn wait<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(answer) = wait_for(Duration::MAX, &mut ask) {
            return answer;
        }
    }
}
