//! What is answered when something is not done, as `application/problem+json` (RFC 9457).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use compact_str::CompactString;
use serde::Serialize;

use crate::dashboard::control::Refusal;

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// In a few words.
    pub title: &'static str,
    /// The same number as the answer's.
    pub status: u16,
    /// In a sentence for whoever asked.
    pub detail: String,
    /// Who was first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<CompactString>,
    /// When, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at_ms: Option<i64>,
}

impl Problem {
    /// Without more to say than this.
    #[must_use]
    pub fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self { title, status: status.as_u16(), detail: detail.into(), decided_by: None, decided_at_ms: None }
    }

    /// Of something that may not be done, at this time of the sessions.
    #[must_use]
    pub fn of(refusal: &Refusal, now_ms: i64) -> Self {
        let said = |status, title| Self::new(status, title, sentence(&refusal.to_string()));
        match refusal {
            Refusal::Unknown => said(StatusCode::NOT_FOUND, "unknown"),
            Refusal::Decided { by, at_ms, .. } => {
                let ago = now_ms.saturating_sub(*at_ms).max(0) / 1_000;
                Self {
                    detail: format!("{refusal} {ago} s ago."),
                    decided_by: Some(by.clone()),
                    decided_at_ms: Some(*at_ms),
                    ..said(StatusCode::CONFLICT, "decided already")
                }
            }
            Refusal::NotAwaited { .. } => said(StatusCode::CONFLICT, "not awaited"),
            Refusal::Expired => said(StatusCode::GONE, "expired"),
            Refusal::Changed => said(StatusCode::PRECONDITION_FAILED, "changed"),
            Refusal::Content(_) => said(StatusCode::BAD_REQUEST, "content"),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_know() {
        let decided = Refusal::Decided { what: "Approved", by: "ana".into(), at_ms: 58_000 };
        let problem = Problem::of(&decided, 60_100);
        assert_eq!((problem.status, problem.detail.as_str()), (409, "Approved by ana 2 s ago."));
        assert_eq!((problem.decided_by.as_deref(), problem.decided_at_ms), (Some("ana"), Some(58_000)));
        for (refusal, status, detail) in [
            (Refusal::Unknown, 404, "There is no such proposal in this session."),
            (Refusal::Expired, 410, "It has expired."),
            (Refusal::Changed, 412, "It has changed since you looked."),
        ] {
            let problem = Problem::of(&refusal, 0);
            assert_eq!((problem.status, problem.detail.as_str()), (status, detail));
        }
    }
}
