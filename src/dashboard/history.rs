//! What is older than the view, from the database; without one, from the view itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::http::Served;
use super::http::problem::Problem;

/// Points of an answer: more than a chart is wide.
const POINTS_MAX: u32 = 2_000;
/// Ticks are so far apart.
const TICK_MS: i64 = 5_000;

/// A range of time, its ends included.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Range {
    from_ms: Option<i64>,
    to_ms: Option<i64>,
}

pub(super) async fn look(
    State(served): State<Arc<Served>>,
    Path(session): Path<String>,
    Query(range): Query<Range>,
) -> Result<Response, Problem> {
    let (from_ms, to_ms) = (range.from_ms.unwrap_or(0), range.to_ms.unwrap_or(i64::MAX));
    if let Some(history) = &served.history {
        let points = history.points(&session, from_ms, to_ms, POINTS_MAX).await.map_err(|error| {
            tracing::warn!(%error, "the history can not be read");
            let detail = "The database does not answer; what happens now is shown all the same.";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no history", detail)
        })?;
        return Ok(Json(points).into_response());
    }
    let live = served.shared.live();
    let points = live.view.get(&session).into_iter().flat_map(super::view::session::SessionView::points);
    let points: Vec<_> = points.filter(|point| (from_ms..=to_ms).contains(&point.at_ms)).collect();
    Ok(Json(serde_json::json!({ "points": points, "step_ms": TICK_MS })).into_response())
}
