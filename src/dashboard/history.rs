//! What is older than the view.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};

use super::http::Served;
use super::view::point::Point;

/// A range of time.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Range {
    from_ms: Option<i64>,
    to_ms: Option<i64>,
}

/// What is answered.
#[derive(Debug, Serialize)]
pub(super) struct Points {
    points: Vec<Point>,
}

pub(super) async fn look(
    State(served): State<Arc<Served>>,
    Path(session): Path<String>,
    Query(range): Query<Range>,
) -> Json<Points> {
    let (from_ms, to_ms) = (range.from_ms.unwrap_or(i64::MIN), range.to_ms.unwrap_or(i64::MAX));
    let live = served.shared.live();
    let points = live.view.get(&session).into_iter().flat_map(super::view::session::SessionView::points);
    Json(Points { points: points.filter(|point| (from_ms..=to_ms).contains(&point.at_ms)).cloned().collect() })
}
