//! What people do: each a record on the topic `session`, or a reason why not.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use compact_str::CompactString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use tokio::time::timeout;
use topology::wire::{Decision, Mode, named};

use super::problem::Problem;
use super::{Served, events};
use crate::dashboard::control::Action;
use crate::dashboard::metrics;
use crate::dashboard::thread::{Answer, Request};

/// The longest key, in characters.
const KEY_CHARS_MAX: usize = 100;
/// How long the thread may take, which gives a record five seconds.
const PATIENCE: Duration = Duration::from_secs(8);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionBody {
    command: CompactString,
    #[serde(with = "named")]
    decision: Decision,
    content: Option<String>,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModeBody {
    #[serde(with = "named")]
    mode: Mode,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PausedBody {
    paused: bool,
}

pub(super) async fn decide(
    State(served): State<Arc<Served>>,
    Path(session): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    counted("decision", &served, session, &headers, &body, |body: DecisionBody| Action::Decide {
        command: body.command,
        decision: body.decision,
        content: body.content,
        reason: body.reason,
    })
    .await
}

pub(super) async fn set_mode(
    State(served): State<Arc<Served>>,
    Path(session): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    counted("mode", &served, session, &headers, &body, |body: ModeBody| Action::Mode(body.mode)).await
}

pub(super) async fn set_paused(
    State(served): State<Arc<Served>>,
    Path(session): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    counted("pause", &served, session, &headers, &body, |body: PausedBody| Action::Pause(body.paused)).await
}

async fn counted<T: DeserializeOwned>(
    name: &'static str,
    served: &Served,
    session: String,
    headers: &HeaderMap,
    body: &[u8],
    action: impl FnOnce(T) -> Action,
) -> Result<Response, Problem> {
    let answer = act(served, session, headers, body, action).await;
    metrics::count_action(
        name,
        answer.as_ref().map_or_else(|problem| problem.status, |_| StatusCode::ACCEPTED.as_u16()),
    );
    answer
}

async fn act<T: DeserializeOwned>(
    served: &Served,
    session: String,
    headers: &HeaderMap,
    body: &[u8],
    action: impl FnOnce(T) -> Action,
) -> Result<Response, Problem> {
    let actor = served.guard.admit(headers)?;
    events::check(&session)?;
    let key = key(headers)?;
    let revision = revision(headers)?;
    if !headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json")) {
        return Err(bad_request("Content-Type must be application/json."));
    }
    let body = serde_json::from_slice(body).map_err(|error| bad_request(format!("The body: {error}.")))?;
    let (sender, receiver) = oneshot::channel();
    let request = Request { session: session.into(), action: action(body), actor, key, revision, answer: sender };
    served.requests.try_send(request).map_err(|_| away())?;
    match timeout(PATIENCE, receiver).await {
        Ok(Ok(Answer::Recorded { at_ms })) => {
            Ok((StatusCode::ACCEPTED, Json(serde_json::json!({ "recorded_at_ms": at_ms }))).into_response())
        }
        Ok(Ok(Answer::Refused(refusal))) => Err(Problem::of(&refusal, served.now().session_ms)),
        Ok(Ok(Answer::Away) | Err(_)) | Err(_) => Err(away()),
    }
}

fn key(headers: &HeaderMap) -> Result<CompactString, Problem> {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    if key.is_empty() || key.chars().count() > KEY_CHARS_MAX {
        return Err(bad_request("Idempotency-Key must be there, with at most 100 characters."));
    }
    Ok(key.into())
}

fn revision(headers: &HeaderMap) -> Result<i64, Problem> {
    let Some(given) = headers.get(header::IF_MATCH) else {
        let detail = "If-Match must name the revision that was looked at.";
        return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "no revision", detail));
    };
    let number = given.to_str().ok().and_then(|given| given.trim().trim_matches('"').parse().ok());
    number.ok_or_else(|| bad_request("If-Match must be a revision in quotes."))
}

fn bad_request(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "not understood", detail)
}

fn away() -> Problem {
    let detail = "Kafka does not answer: perhaps it is recorded, perhaps not. Asking again with the same key is safe.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "away", detail)
}
