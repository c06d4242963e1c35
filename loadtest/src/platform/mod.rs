//! An event platform to try the executor with: it shows what it is asked to do, remembers its keys, and can fail on purpose.
//!
//! What it does with which call is a function of the key and of how often it was asked, so a run can be repeated.

mod answer;

use std::fmt;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;

use crate::args;
use crate::error::Error;
use crate::interrupt::Interrupt;
use answer::{Platform, Seen};

/// Larger requests are refused: a content is a few lines.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// How soon an end that is asked for is seen.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Calls that are not shown yet; a caller waits while there are so many.
const SHOWN_LATER_MAX: usize = 1_024;

/// What was asked of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Totals {
    /// Requests.
    pub calls: u64,
    /// Interventions that were carried out, each once.
    pub carried_out: u64,
    /// Calls for one that was carried out already.
    pub repeated: u64,
    /// Calls that failed on purpose.
    pub failed: u64,
}

/// Answers until an end is asked for.
///
/// # Errors
/// Nothing can listen at the address, or nothing can be shown.
pub fn serve(arguments: &args::Platform, interrupt: &Interrupt) -> Result<Totals, Error> {
    let listen = |source| Error::Listen { address: arguments.listen, source };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(listen)?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind(arguments.listen)).map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let (show, shown) = mpsc::sync_channel(SHOWN_LATER_MAX);
    let router = Router::new()
        .route("/sessions/{session}/interventions/{command}", post(answer::answer))
        .with_state(Platform::new(arguments.fail_percent, show))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    runtime.spawn(async move { axum::serve(listener, router).await });
    greet(address).map_err(Error::Show)?;
    let mut totals = Totals::default();
    while !interrupt.is_asked() {
        match shown.recv_timeout(LOOK_EVERY) {
            Ok(seen) => totals.take(&seen, arguments.json).map_err(Error::Show)?,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(totals)
}

fn greet(address: SocketAddr) -> std::io::Result<()> {
    writeln!(std::io::stderr(), "listening at http://{address}; Ctrl-C ends it")
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { calls, carried_out, repeated, failed } = self;
        write!(f, "{calls} calls: {carried_out} carried out, {repeated} repeated, {failed} failed on purpose")
    }
}

impl Totals {
    fn take(&mut self, seen: &Seen, as_json: bool) -> std::io::Result<()> {
        self.calls += 1;
        match seen.did {
            answer::Did::CarriedOut => self.carried_out += 1,
            answer::Did::Repeated => self.repeated += 1,
            answer::Did::Failed => self.failed += 1,
        }
        let mut out = std::io::stdout().lock();
        if as_json { writeln!(out, "{}", seen.json()) } else { writeln!(out, "{seen}") }
    }
}

#[cfg(test)]
mod tests;
