//! Where health, metrics and tasks are shown: small texts over HTTP, for probes, scrapers and people.

use std::future::Future;
use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use streams::clock::Clock;
use streams::runtime::Instance;
use streams::store::rocks::RocksBackends;
use tokio::net::TcpListener;

use super::tasks::ThreadView;
use super::{health, lookout, metrics};
use crate::failure::Failure;
use crate::probes::verdict;

const INDEX: &str = "\
/healthz/live   200 while the process should go on as it is
/healthz/ready  200 while every task works; otherwise the reasons, a line each
/metrics        for Prometheus, under the names of Kafka Streams
/tasks          threads and tasks, as JSON: positions, lags, stream time, restores, why one waits
";

/// What is shown.
#[derive(Clone)]
pub(super) struct Shown {
    instance: Arc<Instance>,
    clock: Arc<dyn Clock>,
    backends: RocksBackends,
    stalled_after_ms: u64,
    prometheus: PrometheusHandle,
}

impl Shown {
    pub(super) fn new(
        instance: Arc<Instance>,
        clock: Arc<dyn Clock>,
        backends: RocksBackends,
        stalled_after_ms: u64,
    ) -> Result<Self, Failure> {
        Ok(Self { instance, clock, backends, stalled_after_ms, prometheus: metrics::install()? })
    }
}

/// Answers until `until` is over.
pub(super) async fn serve(
    listener: TcpListener,
    shown: Shown,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/", get(|| async { INDEX }))
        .route("/healthz/live", get(live))
        .route("/healthz/ready", get(ready))
        .route("/metrics", get(scrape))
        .route("/tasks", get(tasks))
        .with_state(shown);
    axum::serve(listener, router).with_graceful_shutdown(until).await
}

async fn live(State(shown): State<Shown>) -> impl IntoResponse {
    verdict(&health::not_alive(&shown.instance.threads(), shown.clock.now_ms(), shown.stalled_after_ms))
}

async fn ready(State(shown): State<Shown>) -> impl IntoResponse {
    verdict(&health::not_ready(&shown.instance.threads(), shown.clock.now_ms(), shown.stalled_after_ms))
}

async fn scrape(State(shown): State<Shown>) -> impl IntoResponse {
    metrics::observe(&shown.instance.threads());
    match shown.backends.statistics() {
        Ok(statistics) => metrics::observe_states(&statistics),
        Err(error) => tracing::warn!("the states do not say what they hold: {error}"),
    }
    ([("content-type", "text/plain; version=0.0.4")], shown.prometheus.render())
}

async fn tasks(State(shown): State<Shown>) -> impl IntoResponse {
    let threads: Vec<ThreadView> = shown.instance.threads().iter().map(ThreadView::of).collect();
    let warnings: Vec<String> = shown.instance.outlived().iter().map(lookout::words).collect();
    Json(serde_json::json!({ "threads": threads, "warnings": warnings }))
}
