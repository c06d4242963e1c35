//! How a process that runs until it is told to stop is told: SIGTERM or SIGINT.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::failure::Failure;

/// Set once the process is told to stop.
///
/// # Errors
/// What the system says.
pub fn install(runtime: &Runtime) -> Result<Arc<AtomicBool>, Failure> {
    let is_stopping = Arc::new(AtomicBool::new(false));
    let _guard = runtime.enter();
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let mut told = signal(kind).map_err(Failure::failed)?;
        let is_stopping = Arc::clone(&is_stopping);
        runtime.spawn(async move {
            told.recv().await;
            is_stopping.store(true, Ordering::Release);
        });
    }
    Ok(is_stopping)
}
