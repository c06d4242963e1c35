//! Server-sent events: what viewers get, for as long as they look.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use super::Served;
use super::problem::Problem;
use crate::dashboard::live::{Watching, heartbeat};

/// A connection over which nothing else goes is kept open with something.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// The longest id of a session, in bytes.
const SESSION_BYTES_MAX: usize = 256;

/// One session.
pub(super) async fn session(
    State(served): State<Arc<Served>>,
    Path(session): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check(&session)?;
    let permit = permit(&served)?;
    let last_seen = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let watching = served.shared.live().watch(&session, last_seen, served.now());
    Ok(events(served, watching, permit))
}

/// All of them.
pub(super) async fn list(State(served): State<Arc<Served>>) -> Result<Response, Problem> {
    let permit = permit(&served)?;
    let watching = served.shared.live().watch_list(served.now());
    Ok(events(served, watching, permit))
}

/// Sessions are called by short names.
///
/// # Errors
/// 400 for one that can not be one's.
pub(in crate::dashboard) fn check(session: &str) -> Result<(), Problem> {
    let fits = !session.is_empty() && session.len() <= SESSION_BYTES_MAX;
    let refused = || Problem::new(StatusCode::BAD_REQUEST, "no session", "A session's id has 1 to 256 bytes.");
    fits.then_some(()).ok_or_else(refused)
}

fn permit(served: &Arc<Served>) -> Result<OwnedSemaphorePermit, Problem> {
    Arc::clone(&served.viewers).try_acquire_owned().map_err(|_| {
        let detail = "So many look already that no more are let in; dashboard.viewers_max says how many.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "full", detail)
    })
}

/// What one viewer is sent, and where it stands.
struct Viewer {
    served: Arc<Served>,
    first: std::vec::IntoIter<Bytes>,
    later: tokio::sync::broadcast::Receiver<Bytes>,
    /// Given back when the viewer goes.
    _permit: OwnedSemaphorePermit,
}

impl Viewer {
    /// The next frame; nothing once frames were lost: the viewer is too slow, and comes back for a snapshot.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if let Some(frame) = self.first.next() {
            return Some((Ok(frame), self));
        }
        let frame = match timeout(HEARTBEAT, self.later.recv()).await {
            Ok(Ok(frame)) => frame,
            Ok(Err(RecvError::Lagged(_) | RecvError::Closed)) => return None,
            Err(_) => heartbeat(self.served.now().session_ms),
        };
        Some((Ok(frame), self))
    }
}

fn events(served: Arc<Served>, watching: Watching, permit: OwnedSemaphorePermit) -> Response {
    let viewer = Viewer { served, first: watching.first.into_iter(), later: watching.later, _permit: permit };
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // A proxy that collects what it passes on would show everything late.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(stream::unfold(viewer, Viewer::next))).into_response()
}
