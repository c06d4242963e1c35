//! Spans: sent to whoever collects traces, as OTLP over HTTP (<https://opentelemetry.io/docs/specs/otlp/>), by the SDK of OpenTelemetry.
//!
//! Ids and times are given, never drawn: whoever does the same again after a kill makes the same span, and a collector sees it once.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use domain::time::Millis;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor as _};
use topology::trace::TraceContext;

use crate::failure::Failure;
use crate::settings::TelemetrySection;

#[cfg(test)]
pub(crate) mod testing;

/// How long a batch may take on its way.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an end waits for the last batch.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Something that was done, from when to when.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// What.
    pub name: &'static str,
    /// Whether it called, was called, or took a message.
    pub kind: SpanKind,
    /// Its own place.
    pub place: TraceContext,
    /// The span that it is a part of; none where the trace begins with it.
    pub parent: Option<u64>,
    /// When it began, in milliseconds since the epoch.
    pub start_ms: Millis,
    /// When it ended.
    pub end_ms: Millis,
    /// What is to be known of it.
    pub attributes: Vec<KeyValue>,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

/// Where spans go. They wait in a queue of 2,048, from which a thread of its own sends them; what does not fit is dropped, and the log says so.
#[derive(Clone, Default)]
pub struct Spans(Option<Arc<BatchSpanProcessor>>);

impl Spans {
    /// To where the settings say; nowhere if they do not.
    ///
    /// # Errors
    /// The exporter can not be made.
    pub fn new(section: &TelemetrySection, service: &str, instance: &str) -> Result<Self, Failure> {
        if section.otlp_endpoint.is_empty() {
            return Ok(Self::default());
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(section.otlp_endpoint.as_str())
            .with_timeout(SEND_TIMEOUT)
            .build()
            .map_err(|error| {
                Failure::refused(
                    error,
                    "set telemetry.otlp_endpoint to a whole URL, such as http://localhost:4318/v1/traces",
                )
            })?;
        let mut processor = BatchSpanProcessor::builder(exporter).build();
        let instance = KeyValue::new("service.instance.id", instance.to_owned());
        let resource = Resource::builder().with_service_name(service.to_owned()).with_attribute(instance);
        processor.set_resource(&resource.build());
        Ok(Self(Some(Arc::new(processor))))
    }

    /// Whether spans go anywhere.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Sends a span, some time.
    pub fn send(&self, span: Span) {
        if let Some(processor) = &self.0 {
            processor.on_end(data(span));
        }
    }

    /// Sends what waits; what can not be sent soon is lost.
    pub fn close(&self) {
        let Some(processor) = &self.0 else { return };
        if let Err(error) = processor.shutdown_with_timeout(CLOSE_TIMEOUT) {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spans").field("is_on", &self.is_on()).finish()
    }
}

fn data(span: Span) -> SpanData {
    let TraceContext { trace_id, span_id, sampled } = span.place;
    let flags = if sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let (trace_id, span_id) = (TraceId::from(trace_id), SpanId::from(span_id));
    SpanData {
        span_context: SpanContext::new(trace_id, span_id, flags, false, TraceState::NONE),
        parent_span_id: span.parent.map_or(SpanId::INVALID, SpanId::from),
        parent_span_is_remote: span.kind == SpanKind::Consumer,
        span_kind: span.kind,
        name: span.name.into(),
        start_time: time(span.start_ms),
        end_time: time(span.end_ms.max(span.start_ms)),
        attributes: span.attributes,
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: span.error.map_or(Status::Unset, Status::error),
        instrumentation_scope: InstrumentationScope::builder(env!("CARGO_PKG_NAME"))
            .with_version(env!("CARGO_PKG_VERSION"))
            .build(),
    }
}

fn time(ms: Millis) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(ms.max(0).unsigned_abs())
}
