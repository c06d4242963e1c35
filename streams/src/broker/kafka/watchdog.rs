//! Bounds a call into the client that may block for longer than it was told to.

use std::sync::mpsc::channel;
use std::time::Duration;

/// The call's value, if it comes in this time. Else the call goes on where it is, with all that it owns, and its value is lost.
pub(super) fn within<T: Send + 'static>(max_ms: u64, call: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = channel();
    let thread = std::thread::Builder::new().name("kafka-call".to_owned());
    // Nobody listens any more when it took too long.
    thread.spawn(move || drop(sender.send(call()))).ok()?;
    receiver.recv_timeout(Duration::from_millis(max_ms)).ok()
}
