//! What is older than the view, from the database, once there is one; until then, from the view itself.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::http::Served;
use super::http::problem::Problem;
use crate::database::{Database, DatabaseError};
use crate::history::store::HistoryStore;
use crate::settings::secret::Secret;

/// How often it is looked for a database that is not there.
pub const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Points of an answer: more than a chart is wide.
const POINTS_MAX: u32 = 2_000;
/// Ticks are so far apart.
const TICK_MS: i64 = 5_000;

/// The history that an executor writes, once there is one. A dashboard makes no database, and may be there first.
#[derive(Clone, Debug, Default)]
pub struct History(Arc<OnceLock<HistoryStore>>);

impl History {
    /// One that is there.
    #[must_use]
    pub fn of(store: HistoryStore) -> Self {
        Self(Arc::new(OnceLock::from(store)))
    }

    /// Where it is; nothing: it is not there yet.
    #[must_use]
    pub fn get(&self) -> Option<&HistoryStore> {
        self.0.get()
    }

    /// Looks for it once.
    ///
    /// # Errors
    /// There is no database, or none with history in it.
    pub async fn look(&self, url: &str, password: Option<&Secret>) -> Result<(), DatabaseError> {
        let store = HistoryStore::new(Database::open_existing(url, password.map(Secret::expose)).await?);
        store.check().await?;
        // Whoever was first has found the same.
        let _ = self.0.set(store);
        Ok(())
    }

    /// Looks for it again and again, until it is there.
    pub async fn find(self, url: String, password: Option<Secret>, every: Duration) {
        while self.get().is_none() {
            tokio::time::sleep(every).await;
            if self.look(&url, password.as_ref()).await.is_ok() {
                tracing::info!("the history is there: the page shows what is older, too");
            }
        }
    }
}

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
    if let Some(history) = served.history.get() {
        let points = history.points(&session, from_ms, to_ms, POINTS_MAX).await.map_err(away)?;
        return Ok(Json(points).into_response());
    }
    let live = served.shared.live();
    let points = live.view.get(&session).into_iter().flat_map(super::view::session::SessionView::points);
    let points: Vec<_> = points.filter(|point| (from_ms..=to_ms).contains(&point.at_ms)).collect();
    Ok(Json(serde_json::json!({ "points": points, "step_ms": TICK_MS })).into_response())
}

/// What is said when the database does not answer.
pub(super) fn away(error: impl std::fmt::Display) -> Problem {
    tracing::warn!(%error, "the history can not be read");
    let detail = "The database does not answer; what happens now is shown all the same.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no history", detail)
}

#[cfg(test)]
mod tests {
    use cluster::clock::wait_for;

    use super::*;
    use crate::database::testing::Stage;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_history_that_comes_later_is_found_without_a_restart() {
        let stage = Stage::file();
        let history = History::default();
        assert!(matches!(history.look(&stage.url(), None).await, Err(DatabaseError::Missing { .. })));
        let looking = tokio::spawn(history.clone().find(stage.url(), None, Duration::from_millis(10)));
        // Somebody has begun to make it: a file without tables is no history.
        let path = stage.url().trim_start_matches("sqlite://").to_owned();
        std::fs::write(&path, "").unwrap();
        assert!(matches!(history.look(&stage.url(), None).await, Err(DatabaseError::Sql(_))));
        assert!(history.get().is_none());
        let database = stage.open().await;
        let found = || history.get().is_some().then_some(());
        assert!(tokio::task::block_in_place(|| wait_for(Duration::from_secs(20), found)).is_some());
        looking.await.unwrap();
        drop(database);
        let points = history.get().unwrap().points("s", 0, 1, 10).await.unwrap();
        assert_eq!(points.points, []);
    }
}
