//! The processor time of a test's own thread: a busy machine does not change it as it changes the time on the wall.

use std::time::Duration;

/// How long this thread has run; zero where the system does not say (it is only printed).
pub(crate) fn cpu_time() -> Duration {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = schedstat.split_whitespace().next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default();
    Duration::from_nanos(nanos)
}
