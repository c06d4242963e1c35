//! The outcome of an intervention: what engagement did after it, in two sums and six scalars that are stored with it.
//!
//! t0 is the first tick after the stream has processed `executed`; of a control, the tick of the decision. One result, at
//! t0 + 3 min. Before t0 + 1 min an effect has not spread over the 90-s window, after t0 + 3 min the anomaly has mostly
//! passed by itself.

use core::fmt;

use crate::context::{InterventionKind, names};
use crate::time::{MINUTE, Millis};

/// By how much engagement must have risen to count as a success.
pub const SUCCESS_RISE: f64 = 0.1;
/// From when on (exclusive) the change is averaged, after t0.
pub const AVERAGE_FROM: Millis = MINUTE;
/// When success is judged, after t0.
pub const JUDGED_AT: Millis = 2 * MINUTE;
/// When the result is there, after t0; the last tick of the average.
pub const RESULT_AT: Millis = 3 * MINUTE;

names! {
    /// How an intervention ended.
    Outcome {
        /// Its effect was measured: the only one that teaches.
        Measured = "measured",
        /// The platform could not do it.
        Failed = "failed",
        /// The platform, or the executor, would not.
        Refused = "refused",
        /// Nobody did it in time.
        Expired = "expired",
        /// A person said no.
        Declined = "declined",
        /// It was called off before it ran.
        Cancelled = "cancelled",
        /// It was approved and nothing was heard of it again.
        Unanswered = "unanswered",
        /// The session ended or broke off before the outcome was there.
        Censored = "censored",
    }
}

/// The values of one tick that an outcome is measured from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TickValues {
    /// The published 5-min score.
    pub score: f64,
    /// The published core over 90 s.
    pub core_90s: f64,
    /// The core over 90 s of the organic events alone: those that carry no command.
    pub organic_core_90s: f64,
    /// The same without the chat term.
    pub organic_core_90s_without_chat: f64,
}

impl TickValues {
    /// What the change is measured in: organic engagement without the term that the action itself feeds, or a prompt in the
    /// chat would win by being answered in the chat.
    #[must_use]
    pub fn response(&self, kind: InterventionKind) -> f64 {
        match kind {
            InterventionKind::ChatPrompt | InterventionKind::QnaPromote => self.organic_core_90s_without_chat,
            InterventionKind::Poll | InterventionKind::Nudge => self.organic_core_90s,
        }
    }
}

/// A measurement under way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// The arm; of a control, the one that would have run.
    pub kind: InterventionKind,
    /// t0.
    pub started_ms: Millis,
    /// The 5-min score at t0.
    pub score_before: f64,
    /// The core over 90 s at t0.
    pub core_before: f64,
    /// The response at t0.
    pub response_before: f64,
    /// The sum of the response over the ticks of the average so far.
    pub response_sum: f64,
    /// How many ticks those are.
    pub response_count: u32,
    /// The 5-min score and the core over 90 s at t0 + 2 min, from then on.
    pub judged: Option<(f64, f64)>,
}

/// The result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// t0.
    pub started_ms: Millis,
    /// The 5-min score at t0.
    pub score_before: f64,
    /// The 5-min score at t0 + 2 min.
    pub score_after: f64,
    /// The core over 90 s rose by more than 0.1 until t0 + 2 min.
    pub success: bool,
    /// The 5-min score did; reported, no target: its window still holds the dip.
    pub success_5min: bool,
    /// The mean response over (t0 + 1 min, t0 + 3 min] less the response at t0.
    pub change: f64,
}

impl Measured {
    /// The change, less what an anomaly of this class does by itself: the control mean on the command.
    #[must_use]
    pub fn reward(&self, control_mean: f64) -> f64 {
        self.change - control_mean
    }
}

impl Measure {
    /// Begins at the tick t0.
    #[must_use]
    pub fn start(kind: InterventionKind, started_ms: Millis, values: &TickValues) -> Self {
        Self {
            kind,
            started_ms,
            score_before: values.score,
            core_before: values.core_90s,
            response_before: values.response(kind),
            response_sum: 0.0,
            response_count: 0,
            judged: None,
        }
    }

    /// Takes in the tick at `tick`, later than all before; the result at t0 + 3 min, or at the first tick after it.
    pub fn observe(&mut self, tick: Millis, values: &TickValues) -> Option<Measured> {
        let elapsed = tick.saturating_sub(self.started_ms);
        if elapsed >= JUDGED_AT && self.judged.is_none() {
            self.judged = Some((values.score, values.core_90s));
        }
        // A tick past the average only counts if there was none within it.
        if elapsed > AVERAGE_FROM && (elapsed <= RESULT_AT || self.response_count == 0) {
            self.response_sum += values.response(self.kind);
            self.response_count = self.response_count.saturating_add(1);
        }
        if elapsed < RESULT_AT {
            return None;
        }
        let (score_after, core_after) = self.judged.unwrap_or((values.score, values.core_90s));
        Some(Measured {
            started_ms: self.started_ms,
            score_before: self.score_before,
            score_after,
            success: core_after - self.core_before > SUCCESS_RISE,
            success_5min: score_after - self.score_before > SUCCESS_RISE,
            change: self.response_sum / f64::from(self.response_count) - self.response_before,
        })
    }
}
