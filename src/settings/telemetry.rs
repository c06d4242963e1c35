//! Section `telemetry`: who collects traces.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::{OutOfRange, check};

/// Section `telemetry`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetrySection {
    /// Where the executor sends spans, as OTLP over HTTP: the whole URL, such as `http://localhost:4318/v1/traces`; nothing: it makes none.
    /// Headers that a collector wants go into the environment, as OTEL_EXPORTER_OTLP_HEADERS.
    pub otlp_endpoint: String,
}

impl TelemetrySection {
    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        let is_web = self.otlp_endpoint.starts_with("http://") || self.otlp_endpoint.starts_with("https://");
        check(
            self.otlp_endpoint.is_empty() || (is_web && !self.otlp_endpoint.contains(['@', '?', '#', ' '])),
            "telemetry.otlp_endpoint",
            "http:// or https://, host, port and path, such as http://localhost:4318/v1/traces, without a user",
        )
    }
}
