//! HTTP to others: to hosts that may be called, in bounded time, with bounded answers, and not to those that are down.
//!
//! - [`HttpClient`]: one request, one answer
//! - [`address`]: where requests may go
//! - [`circuit_breaker`]: who is left alone for a while

pub mod address;
pub mod circuit_breaker;

#[cfg(test)]
mod tests;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use address::{AddressError, AllowedHosts, GuardedResolver};

/// The most that is read of an answer.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// Until there is a connection.
    pub connect_timeout_ms: u64,
    /// Until the answer is there, connection included.
    pub request_timeout_ms: u64,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Header Retry-After, as it came.
    pub retry_after: Option<String>,
    /// The body, cut at [`ANSWER_BYTES_MAX`]; what is not UTF-8 in it is replaced.
    pub body: String,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The request may not go there.
    #[error(transparent)]
    NotAllowed(#[from] AddressError),
    /// There was no connection: nobody has seen the request.
    #[error("not sent: {reason}")]
    NotSent {
        /// What the client says.
        reason: String,
    },
    /// The request may have been seen.
    #[error("no answer: {reason}")]
    Unanswered {
        /// What the client says.
        reason: String,
    },
}

/// A client.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: reqwest::Client,
    allowed: Arc<AllowedHosts>,
}

impl HttpClient {
    /// One that calls these hosts. Nothing is connected yet.
    ///
    /// # Errors
    /// A machine without certificates.
    pub fn new(settings: HttpSettings, allowed: AllowedHosts) -> Result<Self, reqwest::Error> {
        let allowed = Arc::new(allowed);
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_millis(settings.connect_timeout_ms))
            .timeout(Duration::from_millis(settings.request_timeout_ms))
            // Nobody has allowed the place that a redirect leads to, and whoever tries again does so knowingly.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            // A proxy of the environment would look names up by itself.
            .no_proxy()
            .dns_resolver(GuardedResolver::new(Arc::clone(&allowed)))
            .user_agent(concat!("engagement-conductor/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, allowed })
    }

    /// Sends a body, and waits for what is answered.
    ///
    /// # Errors
    /// Why there is no answer, and whether the request may have been seen.
    pub async fn post(&self, url: Url, headers: HeaderMap, body: Vec<u8>) -> Result<Answer, HttpError> {
        self.allowed.check(&url)?;
        let sent = self.client.post(url).headers(headers).body(body).send().await;
        let mut response = sent.map_err(|error| failed(&error))?;
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut bytes = Vec::new();
        // The status says what became of it; a body that breaks off changes nothing.
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = ANSWER_BYTES_MAX.saturating_sub(bytes.len());
            bytes.extend(chunk.iter().take(room));
            if chunk.len() >= room {
                break;
            }
        }
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Answer { status: response.status().as_u16(), retry_after, body })
    }
}

fn failed(error: &reqwest::Error) -> HttpError {
    let mut deepest: &(dyn Error + 'static) = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
        if let Some(refused) = deepest.downcast_ref::<AddressError>() {
            return HttpError::NotAllowed(refused.clone());
        }
    }
    let reason = deepest.to_string();
    if error.is_connect() || error.is_builder() {
        HttpError::NotSent { reason }
    } else {
        HttpError::Unanswered { reason }
    }
}
