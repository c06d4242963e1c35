//! A collector of traces on this machine, which reads what real ones read.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message as _;

/// What was collected of a span.
#[derive(Clone, Debug)]
pub(crate) struct Collected {
    pub(crate) name: String,
    pub(crate) trace_id: u128,
    pub(crate) span_id: u64,
    /// 0: it has none.
    pub(crate) parent: u64,
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
    pub(crate) is_error: bool,
}

#[derive(Clone, Default)]
pub(crate) struct Collector {
    spans: Arc<Mutex<Vec<Collected>>>,
    address: String,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let collector = Self { address: listener.local_addr().unwrap().to_string(), ..Self::default() };
        let router = Router::new().route("/v1/traces", post(collect)).with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        collector
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1/traces", self.address)
    }

    /// All spans, by when they began.
    pub(crate) fn spans(&self) -> Vec<Collected> {
        let mut spans = self.spans.lock().unwrap().clone();
        spans.sort_by_key(|span| (span.start_ms, span.is_error));
        spans
    }
}

async fn collect(State(collector): State<Collector>, body: Bytes) {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let spans = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    let spans = spans.flat_map(|scope| scope.spans).map(collected);
    collector.spans.lock().unwrap().extend(spans);
}

fn collected(span: Span) -> Collected {
    let id = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_be_bytes);
    Collected {
        name: span.name,
        trace_id: u128::from_be_bytes(span.trace_id.try_into().unwrap()),
        span_id: id(&span.span_id),
        parent: id(&span.parent_span_id),
        start_ms: span.start_time_unix_nano / 1_000_000,
        end_ms: span.end_time_unix_nano / 1_000_000,
        is_error: span.status.is_some_and(|status| status.code() == StatusCode::Error),
    }
}
