//! Traces: the header `traceparent` of W3C Trace Context (<https://www.w3.org/TR/trace-context/>), from events to commands and results.
//!
//! Headers are not a part of any value: what is decided, and the bytes of it, do not depend on them. The stream begins no trace, and
//! makes no span: it hands on what it was given.

use core::fmt::{self, Display, Formatter};
use core::str;
use std::sync::Arc;

use bytes::Bytes;
use streams::record::Headers;

/// The name of the header.
pub const TRACEPARENT: &str = "traceparent";
/// `00-`, the trace's id, the span's id, flags.
const LENGTH: usize = 55;
const SAMPLED: u8 = 1;

/// A place in a trace: what comes next is a child of its span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace; not zero.
    pub trace_id: u128,
    /// The span in it; not zero.
    pub span_id: u64,
    /// Whether those who trace keep this one.
    pub sampled: bool,
}

impl TraceContext {
    /// What the headers carry; nothing where there is no such header, or one that is not valid.
    #[must_use]
    pub fn of(headers: &Headers) -> Option<Self> {
        let (_, value) = headers.iter().find(|(name, _)| &**name == TRACEPARENT)?;
        Self::parse(str::from_utf8(value).ok()?)
    }

    /// Reads a `traceparent`; a later version than this one's is read as far as it is known (Trace Context, 3.2.4).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (known, rest) = text.split_at_checked(LENGTH)?;
        let mut parts = known.split('-');
        let version = hex(parts.next()?, 2)?;
        let is_whole = if version == 0 { rest.is_empty() } else { rest.is_empty() || rest.starts_with('-') };
        let trace_id = hex(parts.next()?, 32)?;
        let span_id = u64::try_from(hex(parts.next()?, 16)?).ok()?;
        let flags = u8::try_from(hex(parts.next()?, 2)?).ok()?;
        let is_valid = is_whole && version != 0xff && trace_id != 0 && span_id != 0 && parts.next().is_none();
        is_valid.then_some(Self { trace_id, span_id, sampled: flags & SAMPLED == SAMPLED })
    }

    /// The header that carries it.
    #[must_use]
    pub fn header(&self) -> (Arc<str>, Bytes) {
        (Arc::from(TRACEPARENT), self.to_string().into())
    }
}

impl Display for TraceContext {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, u8::from(self.sampled))
    }
}

/// A number of so many digits, all lower case as the specification wants it.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

/// A value, and where in a trace it belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct Traced<T> {
    /// The value.
    pub value: T,
    /// Its place, if it was traced.
    pub trace: Option<TraceContext>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_example_of_the_specification_is_read_and_written_back() {
        let context = TraceContext::parse(EXAMPLE).unwrap();
        assert_eq!(context.trace_id, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!((context.span_id, context.sampled), (0x00f0_67aa_0ba9_02b7, true));
        assert_eq!(context.to_string(), EXAMPLE);
        assert_eq!(TraceContext::of(&vec![context.header()]), Some(context));
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let later = EXAMPLE.replacen("00-", "01-", 1);
        assert_eq!(TraceContext::parse(&format!("{later}-more")), TraceContext::parse(EXAMPLE));
        assert_eq!(TraceContext::parse(&format!("{later}more")), None);
    }

    #[test]
    fn what_is_not_valid_is_none() {
        for text in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-+0f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceContext::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_context_is_read_back(trace_id in 1..u128::MAX, span_id in 1..u64::MAX, sampled: bool) {
            let context = TraceContext { trace_id, span_id, sampled };
            prop_assert_eq!(TraceContext::parse(&context.to_string()), Some(context));
        }

        #[test]
        fn any_text_is_read_or_none(text in "\\PC{0,80}") {
            let _ = TraceContext::parse(&text);
        }
    }
}
