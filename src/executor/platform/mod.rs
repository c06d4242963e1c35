//! The event platform, over HTTP (EVENTS): what carries commands out.
//!
//! - [`PlatformClient`]: sends a command
//! - [`response`]: what an answer means
//! - [`signature`]: by which a platform knows us

pub mod response;
pub mod signature;

#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use domain::time::Millis;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use topology::trace::{TRACEPARENT, TraceContext};
use topology::wire::{CommandTarget, InterventionCommand};

use crate::content::Content;
use crate::http::{HttpClient, HttpError};
use crate::settings::secret::Secret;

pub use response::Response;

/// What needs no encoding in a segment of a path, nor in a header (RFC 3986, 2.3; and colons, which ids of commands have).
const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// Where the platform is, and how it knows us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformSettings {
    /// Below which its paths begin.
    pub base_url: Url,
    /// Sent as `Authorization: Bearer TOKEN`.
    pub token: Option<Secret>,
    /// Requests are signed with it.
    pub signing_secret: Option<Secret>,
}

/// Sends commands to one platform.
#[derive(Clone, Debug)]
pub struct PlatformClient {
    http: HttpClient,
    settings: PlatformSettings,
}

/// What a platform is told.
#[derive(Debug, Serialize)]
struct Body<'a> {
    kind: &'static str,
    variant: Option<&'a str>,
    target: &'a CommandTarget,
    /// As people read it.
    content: String,
    /// The same of a poll, taken apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    poll: Option<PollBody<'a>>,
    parameters: &'a std::collections::BTreeMap<compact_str::CompactString, compact_str::CompactString>,
}

#[derive(Debug, Serialize)]
struct PollBody<'a> {
    question: &'a str,
    options: &'a [String],
}

/// The body of the request for a command: it is the same at each attempt.
///
/// # Errors
/// A defect: what is written here can always be written.
pub fn body(command: &InterventionCommand, content: &Content) -> Result<Vec<u8>, serde_json::Error> {
    let poll = match content {
        Content::Poll { question, options } => Some(PollBody { question, options }),
        Content::Line(_) => None,
    };
    serde_json::to_vec(&Body {
        kind: command.kind.name(),
        variant: command.variant.as_deref(),
        target: &command.target,
        content: content.to_string(),
        poll,
        parameters: &command.parameters,
    })
}

impl PlatformClient {
    /// A client of this platform.
    #[must_use]
    pub fn new(http: HttpClient, settings: PlatformSettings) -> Self {
        Self { http, settings }
    }

    /// Asks the platform to carry a command out, with the body that was written for it. It may be asked again: the key is the same.
    pub async fn carry_out(
        &self,
        session: &str,
        command: &str,
        body: Vec<u8>,
        trace: Option<TraceContext>,
        now_ms: Millis,
    ) -> Response {
        let Some(url) = self.url(session, command) else {
            return Response::Failed { error: "no path can name this session".to_owned() };
        };
        let Some(headers) = self.headers(&url, command, &body, trace, now_ms) else {
            return Response::Failed { error: "the token is not one that a header can carry".to_owned() };
        };
        match self.http.post(url, headers, body).await {
            Ok(answer) => {
                let now = SystemTime::UNIX_EPOCH + Duration::from_millis(now_ms.max(0).unsigned_abs());
                Response::of(answer.status, answer.retry_after.as_deref(), &answer.body, now)
            }
            Err(HttpError::NotAllowed(error)) => Response::Failed { error: error.to_string() },
            Err(HttpError::NotSent { reason }) => {
                Response::Retry { error: format!("no connection: {reason}"), after: None }
            }
            Err(HttpError::Unanswered { reason }) => Response::Unanswered { error: reason },
        }
    }

    /// Where a command is sent. Ids are other people's: each is one segment, whatever is in it.
    fn url(&self, session: &str, command: &str) -> Option<Url> {
        // A URL takes these for steps to elsewhere, encoded or not.
        if [session, command].iter().any(|id| matches!(*id, "" | "." | "..")) {
            return None;
        }
        let mut url = self.settings.base_url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/sessions/{}/interventions/{}", encoded(session), encoded(command)));
        url.set_query(None);
        Some(url)
    }

    fn headers(
        &self,
        url: &Url,
        command: &str,
        body: &[u8],
        trace: Option<TraceContext>,
        now_ms: Millis,
    ) -> Option<HeaderMap> {
        let key = encoded(command);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(trace) = trace {
            headers.insert(HeaderName::from_static(TRACEPARENT), HeaderValue::try_from(trace.to_string()).ok()?);
        }
        if let Some(secret) = &self.settings.signing_secret {
            let signed = signature::Signed { at_ms: now_ms, method: "POST", path: url.path(), key: &key, body };
            let value = signature::sign(secret.expose().as_bytes(), &signed);
            headers.insert(HeaderName::from_static(signature::HEADER), HeaderValue::try_from(value).ok()?);
        }
        headers.insert(HeaderName::from_static("idempotency-key"), HeaderValue::try_from(key).ok()?);
        if let Some(token) = &self.settings.token {
            let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose())).ok()?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Some(headers)
    }
}

fn encoded(id: &str) -> String {
    utf8_percent_encode(id, &PLAIN).to_string()
}
