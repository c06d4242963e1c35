//! Rows of traces: one of a session in the store `sessions`, one of a command in the store `interventions`, beside those that they
//! belong to. There is none of what was not traced.

use domain::time::Millis;
use serde_json::Value;

use super::row::{Row, row};
use crate::trace::TraceContext;

/// The kind of row, behind the session's id; and behind the key of a command.
pub(crate) const TRACE: &str = "trace";

/// The newest event of a session that was sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventTrace {
    /// When it happened.
    pub(crate) at: Millis,
    /// Its place.
    pub(crate) context: TraceContext,
}
row!(EventTrace { at, context });

impl Row for TraceContext {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.trace_id.to_le_bytes());
        out.extend_from_slice(&self.span_id.to_le_bytes());
        self.sampled.write(out);
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        let (trace_id, rest) = input.split_first_chunk()?;
        let (span_id, rest) = rest.split_first_chunk()?;
        *input = rest;
        let sampled = Row::read(input)?;
        Some(Self { trace_id: u128::from_le_bytes(*trace_id), span_id: u64::from_le_bytes(*span_id), sampled })
    }

    fn show(&self) -> Value {
        self.to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rows::row::testing::there_and_back;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_trace_is_read_back(at: Millis, trace_id: u128, span_id: u64, sampled: bool) {
            there_and_back(&EventTrace { at, context: TraceContext { trace_id, span_id, sampled } });
        }
    }
}
