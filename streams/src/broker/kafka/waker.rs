//! Wakes a thread that waits for records or events.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A signal that stays until somebody has waited for it.
#[derive(Debug, Default)]
pub(super) struct Waker {
    is_signalled: Mutex<bool>,
    changed: Condvar,
}

impl Waker {
    /// Something came in. Called on the client's threads, with a queue locked: it must not do more than this.
    pub(super) fn signal(&self) {
        *self.is_signalled.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }

    /// Returns as soon as something came in since the last wait, or when the time has passed.
    pub(super) fn wait(&self, max_ms: u64) {
        let is_signalled = self.is_signalled.lock().unwrap_or_else(PoisonError::into_inner);
        let wait =
            self.changed.wait_timeout_while(is_signalled, Duration::from_millis(max_ms), |is_signalled| !*is_signalled);
        *wait.unwrap_or_else(PoisonError::into_inner).0 = false;
    }
}
