//! A platform on this machine, and what carries commands out on it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use streams::clock::ManualClock;
use tempfile::TempDir;
use tokio::sync::Semaphore;
use topology::trace::{TRACEPARENT, TraceContext};

use super::execution::Execution;
use super::platform::{PlatformClient, PlatformSettings};
use super::store::CommandStore;
use super::trace::Traces;
use crate::content::provider::Chain;
use crate::database::Database;
use crate::http::address::AllowedHosts;
use crate::http::circuit_breaker::{CircuitBreaker, CircuitBreakerSettings};
use crate::http::{HttpClient, HttpSettings};

/// How long a call may take: long for a busy machine, short for one that waits for it.
const CALL_MS: u64 = 1_000;

/// What a platform does with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Does {
    Answers(u16),
    Asks(&'static str),
    Hangs,
}

/// What a platform was sent, and does with what comes next; with nothing said it carries out.
#[derive(Clone, Default)]
pub(crate) struct Platform {
    seen: Arc<Mutex<Vec<(String, Bytes)>>>,
    traces: Arc<Mutex<Vec<Option<TraceContext>>>>,
    does: Arc<Mutex<VecDeque<Does>>>,
}

impl Platform {
    pub(crate) fn next(&self, does: impl IntoIterator<Item = Does>) {
        self.does.lock().unwrap().extend(does);
    }

    pub(crate) fn calls(&self) -> Vec<(String, Bytes)> {
        self.seen.lock().unwrap().clone()
    }

    /// Where each call belonged in a trace.
    pub(crate) fn traces(&self) -> Vec<Option<TraceContext>> {
        self.traces.lock().unwrap().clone()
    }

    async fn answer(State(platform): State<Self>, headers: HeaderMap, body: Bytes) -> axum::response::Response {
        let key = headers["idempotency-key"].to_str().unwrap().to_owned();
        platform.seen.lock().unwrap().push((key, body));
        let trace = headers.get(TRACEPARENT).and_then(|value| TraceContext::parse(value.to_str().unwrap()));
        platform.traces.lock().unwrap().push(trace);
        let does = platform.does.lock().unwrap().pop_front().unwrap_or(Does::Answers(204));
        match does {
            Does::Answers(status) => StatusCode::from_u16(status).unwrap().into_response(),
            Does::Asks(after) => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", after)]).into_response(),
            Does::Hangs => std::future::pending().await,
        }
    }
}

/// The store in this folder.
pub(crate) async fn store(folder: &TempDir) -> CommandStore {
    let url = format!("sqlite://{}", folder.path().join("commands.db").display());
    CommandStore::new(Database::open(&url, None).await.unwrap())
}

/// What carries commands out on the platform, which is served from now on.
pub(crate) async fn execution(platform: &Platform, clock: &ManualClock, folder: &TempDir) -> Execution {
    let router = Router::new().fallback(Platform::answer).with_state(platform.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let http = HttpClient::new(
        HttpSettings { connect_timeout_ms: 1_000, request_timeout_ms: CALL_MS },
        AllowedHosts::new(["127.0.0.1".to_owned()], true),
    );
    let http = http.unwrap();
    let writers = Chain {
        models: Vec::new(),
        http: http.clone(),
        deadline_ms: 1_000,
        language: "English".to_owned(),
        clock: Arc::new(clock.clone()),
    };
    let settings = PlatformSettings { base_url, token: None, signing_secret: None };
    Execution {
        store: store(folder).await,
        platform: PlatformClient::new(http, settings),
        writers,
        traces: Traces::default(),
        breaker: Mutex::new(CircuitBreaker::new(CircuitBreakerSettings { failures: 3, open_ms: 5_000 })),
        permits: Semaphore::new(2),
        limiter: None,
        clock: Arc::new(clock.clone()),
        call_timeout_ms: i64::try_from(CALL_MS).unwrap(),
        store_is_away: false.into(),
    }
}
