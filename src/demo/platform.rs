//! The event platform of the demo, over HTTP on this machine: the simulated audience reacts to what it is sent. As every platform must,
//! it acts once per key.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use compact_str::CompactString;
use domain::context::InterventionKind;
use domain::time::Millis;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use topology::wire::named;

use crate::act::{SimulatedEvent, SimulatedPlatform};
use crate::failure::Failure;

/// The largest body, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// What the audience is to react to.
struct Order {
    session: CompactString,
    command: CompactString,
    kind: InterventionKind,
    variant: Option<CompactString>,
    answer: oneshot::Sender<bool>,
}

/// A platform with an address.
pub(super) struct EventPlatform {
    platform: SimulatedPlatform,
    orders: Receiver<Order>,
    /// Below it sessions begin.
    pub(super) url: String,
}

impl EventPlatform {
    /// Takes orders for this platform from now on.
    pub(super) fn start(runtime: &Runtime, platform: SimulatedPlatform) -> Result<Self, Failure> {
        let (sender, orders) = channel();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).map_err(Failure::failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(Failure::failed)?);
        let desk = Desk { orders: sender, answered: Arc::default() };
        let router = Router::new()
            .route("/sessions/{session}/interventions/{command}", post(take))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .with_state(desk);
        runtime.spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the platform answers no more");
            }
        });
        Ok(Self { platform, orders, url })
    }

    /// The sessions.
    pub(super) fn sessions(&self) -> impl Iterator<Item = CompactString> {
        self.platform.sessions()
    }

    /// Lets the audience react to what was ordered, and go on to `to_ms` (exclusive).
    pub(super) fn step(&mut self, to_ms: Millis, events: &mut Vec<SimulatedEvent>) {
        while let Ok(order) = self.orders.try_recv() {
            let Order { session, command, kind, variant, answer } = order;
            let acted = self.platform.act(&session, &command, kind, variant.as_deref(), to_ms);
            // Who asked may have given up: it asks again, and is answered the same.
            let _ = answer.send(acted.is_some());
        }
        self.platform.step(to_ms, events);
    }
}

#[derive(Clone)]
struct Desk {
    orders: Sender<Order>,
    answered: Arc<Mutex<HashMap<String, StatusCode>>>,
}

#[derive(Deserialize)]
struct Body {
    #[serde(with = "named")]
    kind: InterventionKind,
    variant: Option<CompactString>,
}

async fn take(
    State(desk): State<Desk>,
    Path((session, command)): Path<(String, String)>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> StatusCode {
    let Some(key) = headers.get("idempotency-key").and_then(|key| key.to_str().ok()) else {
        return StatusCode::BAD_REQUEST;
    };
    let Ok(body) = serde_json::from_slice::<Body>(&body) else { return StatusCode::BAD_REQUEST };
    let answered = || desk.answered.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(status) = answered().get(key).copied() {
        return status;
    }
    let (answer, acted) = oneshot::channel();
    let Body { kind, variant } = body;
    let order = Order { session: session.into(), command: command.into(), kind, variant, answer };
    if desk.orders.send(order).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let status = match acted.await {
        Ok(true) => StatusCode::NO_CONTENT,
        Ok(false) => StatusCode::GONE,
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE,
    };
    answered().insert(key.to_owned(), status);
    status
}
