//! An event platform that remembers its keys, and fails in all the ways that platforms have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use domain::random::seed_of;
use tokio::runtime::Runtime;
use topology::wire::{FeedbackKind, InterventionFeedback};

/// What it knows of a key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// How often it was asked.
    pub(crate) calls: u64,
    /// How often it did not answer that it had acted.
    pub(crate) faults: u64,
    /// How often it acted.
    pub(crate) acted: u64,
    /// What it was sent.
    pub(crate) bodies: BTreeSet<Vec<u8>>,
}

type Keys = Arc<Mutex<BTreeMap<String, Known>>>;

/// The platform; it ends with the test.
pub(crate) struct Platform {
    _runtime: Runtime,
    pub(crate) url: String,
    keys: Keys,
}

impl Platform {
    /// One that carries out whatever it is sent.
    pub(crate) fn reliable() -> Self {
        Self::new(false)
    }

    /// One that fails half of the time.
    pub(crate) fn faulty() -> Self {
        Self::new(true)
    }

    fn new(is_faulty: bool) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let keys = Keys::default();
        let router = Router::new().fallback(answer).with_state((Arc::clone(&keys), is_faulty));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/api", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { _runtime: runtime, url, keys }
    }

    /// How often it was called.
    pub(crate) fn calls(&self) -> u64 {
        self.keys.lock().unwrap().values().map(|known| known.calls).sum()
    }

    /// What is told is what was done: each command is told once, it was done at most once per key, with the same bytes each time, and
    /// executed is what it says.
    pub(crate) fn agrees_with(&self, feedback: &[InterventionFeedback]) {
        let (keys, mut told) = (self.keys(), BTreeSet::new());
        for one in feedback {
            assert!(told.insert(one.command.as_str()), "{} is told twice", one.command);
            let known = keys.get(one.command.as_str()).cloned().unwrap_or_default();
            assert!(known.acted <= 1 && known.bodies.len() <= 1, "{}: {known:?}", one.command);
            if one.kind == FeedbackKind::Executed {
                assert_eq!(known.acted, 1, "{} is told as executed and was not", one.command);
            }
        }
    }

    pub(crate) fn keys(&self) -> BTreeMap<String, Known> {
        self.keys.lock().unwrap().clone()
    }
}

async fn answer(
    State((keys, is_faulty)): State<(Keys, bool)>,
    headers: HeaderMap,
    body: Bytes,
) -> axum::response::Response {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    // What happens to which call of which key is the same in every run.
    let fate = {
        let mut keys = keys.lock().unwrap();
        let known = keys.entry(key.clone()).or_default();
        known.calls += 1;
        known.bodies.insert(body.to_vec());
        // Whoever asks often enough is served: what is tested is not how long executors can wait.
        let fate =
            if known.calls > 3 || !is_faulty { 2 } else { seed_of(&[key.as_bytes(), &known.calls.to_le_bytes()]) % 10 };
        if matches!(fate, 0..=6) && known.acted == 0 {
            known.acted += 1;
        }
        known.faults += u64::from(!matches!(fate, 2..=6));
        fate
    };
    match fate {
        // It has acted, and the answer is lost, or says the opposite.
        0 => std::future::pending().await,
        1 => StatusCode::GATEWAY_TIMEOUT.into_response(),
        2..=6 => StatusCode::NO_CONTENT.into_response(),
        7 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        8 => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response(),
    }
}
