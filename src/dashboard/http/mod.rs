//! The dashboard over HTTP, as `docs/dashboard-api.md` says.
//!
//! - `events`: what viewers get; `act`: what people do; `operators`: what operators see; `page`: the page itself
//! - `guard`: who may do something; `problem`: what is answered when something is not done
//! - `socket`: connections that can not hold anything up

mod act;
pub(super) mod events;
mod guard;
mod operators;
mod page;
pub(super) mod problem;
mod socket;

use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use axum::extract::{DefaultBodyLimit, Request as HttpRequest, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use streams::clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

pub use guard::Guard;

use super::history::{self, History};
use super::live::Now;
use super::peers::Peers;
use super::thread::{Request, Shared};
use super::{export, summary};
use crate::probes::verdict;
use problem::Problem;

/// The largest body, in bytes.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// What the answers are made from.
pub struct Served {
    /// What is shown, and who watches.
    pub shared: Shared,
    /// Where what people do goes.
    pub requests: SyncSender<Request>,
    /// Who may do something.
    pub guard: Guard,
    /// The other processes.
    pub peers: Peers,
    /// What is older than the view.
    pub history: History,
    /// The settings in force, redacted.
    pub configuration: serde_json::Value,
    /// How many may take an export along at once.
    pub exports: Arc<Semaphore>,
    /// How many may look at once.
    pub viewers: Arc<Semaphore>,
    /// The clock of the sessions.
    pub clock: Arc<dyn Clock>,
    /// That of the viewers.
    pub wall: Arc<dyn Clock>,
    /// The application.
    pub application_id: String,
    /// A thread that is silent for longer hangs.
    pub stalled_after_ms: u64,
    /// What is counted; nothing in a process that counts elsewhere.
    pub prometheus: Option<PrometheusHandle>,
}

impl Served {
    fn now(&self) -> Now {
        Now { session_ms: self.clock.now_ms(), wall_ms: self.wall.now_ms() }
    }

    /// Why the process should be started anew; nothing: it is alive.
    fn not_alive(&self) -> Vec<String> {
        let silent_ms = self.wall.now_ms().saturating_sub(self.shared.desk().stepped_ms).max(0).unsigned_abs();
        let hangs = silent_ms > self.stalled_after_ms;
        hangs.then(|| format!("the dashboard hangs: no round for {silent_ms} ms")).into_iter().collect()
    }

    /// Why not everything is shown; nothing: it is ready.
    fn not_ready(&self) -> Vec<String> {
        let mut reasons = self.not_alive();
        let desk = self.shared.desk();
        if let Some((why, _)) = &desk.away {
            reasons.push(format!("Kafka does not answer: {why}"));
        }
        if !desk.missing.is_empty() {
            reasons.push(format!("topics are missing: {}", desk.missing.join(", ")));
        }
        match desk.reading_back {
            None => reasons.push("nothing is read yet".to_owned()),
            Some(0) => {}
            Some(partitions) => reasons.push(format!("{partitions} partitions are read back")),
        }
        reasons
    }
}

/// Answers until `until` is over. Whoever still watches then is sent away.
///
/// # Errors
/// What the system says.
pub async fn serve(
    listener: TcpListener,
    served: Arc<Served>,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let serving = axum::serve(socket::Patient::new(listener), router(served));
    tokio::select! {
        result = serving => result,
        () = until => Ok(()),
    }
}

fn router(served: Arc<Served>) -> Router {
    let text = Router::new()
        .route("/", get(page::index))
        .route("/s/{session}", get(page::index))
        .route("/ops", get(page::index))
        .route("/assets/{*path}", get(page::asset))
        .route("/favicon.ico", get(page::asset))
        .route("/favicon.svg", get(page::asset))
        .route("/api/me", get(me))
        .route("/api/ops", get(operators::look))
        .route("/api/ops/configuration", get(operators::configuration))
        .route("/api/sessions/{session}/history", get(history::look))
        .route("/api/sessions/{session}/summary", get(summary::look))
        .route("/api/sessions/{session}/export/{file}", get(export::take))
        .layer(CompressionLayer::new());
    Router::new()
        .route("/api/sessions/events", get(events::list))
        .route("/api/sessions/{session}/events", get(events::session))
        .route("/api/sessions/{session}/decisions", post(act::decide))
        .route("/api/sessions/{session}/mode", post(act::set_mode))
        .route("/api/sessions/{session}/paused", post(act::set_paused))
        .merge(text)
        .layer(middleware::from_fn_with_state(Arc::clone(&served), check_host))
        // Probes come by whatever name.
        .route("/healthz/live", get(live))
        .route("/healthz/ready", get(ready))
        .route("/metrics", get(scrape))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(always(header::CONTENT_SECURITY_POLICY, "default-src 'self'; frame-ancestors 'none'; base-uri 'none'"))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::REFERRER_POLICY, "no-referrer"))
        .with_state(served)
}

fn always(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
}

async fn check_host(State(served): State<Arc<Served>>, request: HttpRequest, next: Next) -> Result<Response, Problem> {
    served.guard.check_host(request.headers())?;
    Ok(next.run(request).await)
}

async fn me(State(served): State<Arc<Served>>, headers: HeaderMap) -> Result<Response, Problem> {
    let actor = served.guard.actor(&headers)?;
    Ok(Json(serde_json::json!({ "actor": actor, "can_act": actor.is_some() })).into_response())
}

async fn live(State(served): State<Arc<Served>>) -> impl IntoResponse {
    verdict(&served.not_alive())
}

async fn ready(State(served): State<Arc<Served>>) -> impl IntoResponse {
    verdict(&served.not_ready())
}

async fn scrape(State(served): State<Arc<Served>>) -> impl IntoResponse {
    super::metrics::observe(&served.shared);
    let text = served.prometheus.as_ref().map(PrometheusHandle::render).unwrap_or_default();
    ([("content-type", "text/plain; version=0.0.4")], text)
}

#[cfg(test)]
mod tests;
