//! An event platform that carries out whatever it is sent, at once, and remembers when it came.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use engagement_conductor::clock::Stopwatch;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) command: String,
    pub(crate) body: Bytes,
    /// By the stopwatch.
    pub(crate) at: Duration,
}

#[derive(Clone)]
struct Seen {
    calls: Arc<Mutex<Vec<Call>>>,
    stopwatch: Stopwatch,
}

pub(crate) struct Platform {
    _runtime: Runtime,
    pub(crate) url: String,
    seen: Seen,
}

impl Platform {
    pub(crate) fn start(stopwatch: Stopwatch) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let seen = Seen { calls: Arc::default(), stopwatch };
        let router = Router::new().fallback(answer).with_state(seen.clone());
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/api", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { _runtime: runtime, url, seen }
    }

    /// How many requests have come.
    pub(crate) fn count(&self) -> u64 {
        self.seen.calls.lock().unwrap().len() as u64
    }

    /// What came, by command; nothing may come twice.
    pub(crate) fn calls(&self) -> BTreeMap<String, Call> {
        let calls = self.seen.calls.lock().unwrap();
        let by_command: BTreeMap<_, _> = calls.iter().map(|call| (call.command.clone(), call.clone())).collect();
        assert_eq!(by_command.len(), calls.len(), "commands, and requests: some were sent twice");
        by_command
    }
}

async fn answer(State(seen): State<Seen>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let at = seen.stopwatch.elapsed();
    let command = headers["idempotency-key"].to_str().unwrap().to_owned();
    seen.calls.lock().unwrap().push(Call { command, body, at });
    StatusCode::NO_CONTENT
}
