//! Where a command, and each call for it, belongs in a trace, and the spans that tell of them.
//!
//! ```text
//! intervention      from when the stream wrote the command until its feedback is committed; a child of what its header says
//!   content         what was written for it
//!   call            one request to the platform, one span per attempt
//! ```
//! The ids are functions of the command's id: after a kill, the same again. Without a collector nothing begins here: what came with the
//! command is handed on, to the platform and to the feedback.

use domain::random::seed_of;
use domain::time::Millis;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use topology::trace::TraceContext;
use topology::wire::{InterventionCommand, InterventionFeedback};

use super::platform::Response;
use crate::spans::{Span, Spans};

/// The traces of commands.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    spans: Spans,
}

impl Traces {
    /// Those that tell of themselves there.
    #[must_use]
    pub fn new(spans: Spans) -> Self {
        Self { spans }
    }

    /// The place of all that is done for a command which came with this one: what its feedback carries.
    #[must_use]
    pub fn of(&self, command: &str, parent: Option<TraceContext>) -> Option<TraceContext> {
        if !self.makes_spans(parent) {
            return parent;
        }
        let trace_id = parent.map_or_else(|| trace_id(command), |parent| parent.trace_id);
        Some(TraceContext { trace_id, span_id: span_id(command, "intervention", 0), sampled: true })
    }

    /// The place of a call: what its request carries.
    #[must_use]
    pub fn call(&self, command: &str, parent: Option<TraceContext>, attempt: u32) -> Option<TraceContext> {
        if !self.makes_spans(parent) {
            return parent;
        }
        let of = self.of(command, parent)?;
        Some(TraceContext { span_id: span_id(command, "call", attempt), ..of })
    }

    /// A call was answered, or not.
    pub fn called(
        &self,
        command: &InterventionCommand,
        parent: Option<TraceContext>,
        attempt: u32,
        (start_ms, end_ms): (Millis, Millis),
        response: &Response,
    ) {
        let Some(of) = self.of_spans(&command.command, parent) else { return };
        let error = match response {
            Response::Executed => None,
            Response::Refused { error } | Response::Failed { error } | Response::Unanswered { error } => Some(error),
            Response::Retry { error, .. } => Some(error),
        };
        self.spans.send(Span {
            name: "call",
            kind: SpanKind::Client,
            place: TraceContext { span_id: span_id(&command.command, "call", attempt), ..of },
            parent: Some(of.span_id),
            start_ms,
            end_ms,
            attributes: vec![
                KeyValue::new("http.request.method", "POST"),
                KeyValue::new("http.request.resend_count", i64::from(attempt.saturating_sub(1))),
                KeyValue::new("conductor.outcome", response.name()),
            ],
            error: error.cloned(),
        });
    }

    /// A content was written.
    pub fn wrote(
        &self,
        command: &InterventionCommand,
        parent: Option<TraceContext>,
        (start_ms, end_ms): (Millis, Millis),
        provider: &str,
    ) {
        let Some(of) = self.of_spans(&command.command, parent) else { return };
        self.spans.send(Span {
            name: "content",
            kind: SpanKind::Internal,
            place: TraceContext { span_id: span_id(&command.command, "content", 0), ..of },
            parent: Some(of.span_id),
            start_ms,
            end_ms,
            attributes: vec![KeyValue::new("conductor.provider", provider.to_owned())],
            error: None,
        });
    }

    /// The feedback of a command that was written at `start_ms` is committed.
    pub fn ended(
        &self,
        command: &InterventionCommand,
        parent: Option<TraceContext>,
        (start_ms, end_ms): (Millis, Millis),
        feedback: &InterventionFeedback,
    ) {
        let Some(place) = self.of_spans(&command.command, parent) else { return };
        let text = |key: &'static str, value: &str| KeyValue::new(key, value.to_owned());
        self.spans.send(Span {
            name: "intervention",
            kind: SpanKind::Consumer,
            place,
            parent: parent.map(|parent| parent.span_id),
            start_ms,
            end_ms,
            attributes: vec![
                text("conductor.command", &command.command),
                text("conductor.session", &command.session),
                text("conductor.kind", command.kind.name()),
                text("conductor.outcome", feedback.kind.name()),
                KeyValue::new("conductor.attempts", i64::from(feedback.attempts)),
            ],
            error: feedback.error.as_deref().map(str::to_owned),
        });
    }

    fn of_spans(&self, command: &str, parent: Option<TraceContext>) -> Option<TraceContext> {
        self.of(command, parent).filter(|_| self.makes_spans(parent))
    }

    /// Who is not sampled is not told of.
    fn makes_spans(&self, parent: Option<TraceContext>) -> bool {
        self.spans.is_on() && parent.is_none_or(|parent| parent.sampled)
    }
}

fn trace_id(command: &str) -> u128 {
    let half = |which: &str| u128::from(seed_of(&[command.as_bytes(), which.as_bytes()]).max(1));
    half("trace, high") << 64 | half("trace, low")
}

fn span_id(command: &str, of: &str, number: u32) -> u64 {
    seed_of(&[command.as_bytes(), of.as_bytes(), &number.to_le_bytes()]).max(1)
}
