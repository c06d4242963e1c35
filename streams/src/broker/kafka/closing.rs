//! Clients are closed on a thread of their own: closing polls until the broker has answered, and nobody else must wait for that.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Drops `client` elsewhere.
pub(super) fn close<T: Send + 'static>(client: T) {
    close_within(client, 0);
}

/// Drops `client` elsewhere and waits for that, at most so long; says whether it is closed.
pub(super) fn close_within<T: Send + 'static>(client: T, max_ms: u64) -> bool {
    let (closed, is_closed) = channel::<()>();
    let thread = std::thread::Builder::new().name("kafka-close".to_owned());
    let spawned = thread.spawn(move || {
        drop(client);
        drop(closed);
    });
    // Without a thread the client was dropped right here, with the closure.
    spawned.is_err()
        || matches!(is_closed.recv_timeout(Duration::from_millis(max_ms)), Err(RecvTimeoutError::Disconnected))
}
