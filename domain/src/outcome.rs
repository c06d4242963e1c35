//! The outcome of an intervention: what engagement did after it, in two sums and six scalars that are stored with it.
//!
//! t0 is the first tick after the stream has processed `executed`; of a control, the tick of the decision. One result, at
//! t0 + 3 min. Before t0 + 1 min an effect has not spread over the 90-s window, after t0 + 3 min the anomaly has mostly
//! passed by itself.

use crate::context::InterventionKind;
use crate::time::{MINUTE, Millis};

/// By how much engagement must have risen to count as a success.
pub const SUCCESS_RISE: f64 = 0.1;
/// From when on (exclusive) the change is averaged, after t0.
pub const AVERAGE_FROM: Millis = MINUTE;
/// When success is judged, after t0.
pub const JUDGED_AT: Millis = 2 * MINUTE;
/// When the result is there, after t0; the last tick of the average.
pub const RESULT_AT: Millis = 3 * MINUTE;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::TICK;

    fn values(core: f64, without_chat: f64) -> TickValues {
        TickValues {
            score: core - 0.05,
            core_90s: core,
            organic_core_90s: core,
            organic_core_90s_without_chat: without_chat,
        }
    }

    /// Every tick after t0 = 0, until the result.
    fn run(kind: InterventionKind, step: Millis, at: impl Fn(Millis) -> TickValues) -> (Millis, Measured) {
        let mut measure = Measure::start(kind, 0, &at(0));
        let mut tick = 0;
        loop {
            tick += step;
            if let Some(measured) = measure.observe(tick, &at(tick)) {
                return (tick, measured);
            }
        }
    }

    #[test]
    fn the_result_is_there_three_minutes_after_the_start() {
        let (tick, measured) = run(InterventionKind::Poll, TICK, |_| values(0.5, 0.5));
        assert_eq!(tick, 3 * MINUTE);
        assert_eq!((measured.change, measured.success, measured.success_5min), (0.0, false, false));
    }

    #[test]
    fn the_change_is_the_mean_from_after_the_first_minute_to_the_third() {
        // Worth 0.9 up to 1 min and after 3 min, 0.6 in between, 0.4 at the start: only the 0.6 counts.
        let (_, measured) = run(InterventionKind::Nudge, TICK, |tick| {
            let within = tick > MINUTE && tick <= 3 * MINUTE;
            values(
                if tick == 0 {
                    0.4
                } else if within {
                    0.6
                } else {
                    0.9
                },
                0.0,
            )
        });
        assert!((measured.change - 0.2).abs() < 1e-12, "{}", measured.change);
        assert!((measured.reward(0.05) - 0.15).abs() < 1e-12);
    }

    #[test]
    fn success_is_judged_at_two_minutes_by_the_published_values() {
        for (rise, success) in [(0.09, false), (0.11, true)] {
            let (_, measured) = run(InterventionKind::Poll, TICK, |tick| {
                values(0.4 + if tick == 2 * MINUTE { rise } else { 0.0 }, 0.0)
            });
            assert_eq!((measured.success, measured.success_5min), (success, success), "{rise}");
            assert!((measured.score_before - 0.35).abs() < 1e-12);
            assert!((measured.score_after - 0.35 - rise).abs() < 1e-12);
        }
    }

    #[test]
    fn an_action_that_feeds_the_chat_is_not_rewarded_by_the_chat() {
        let chat_alone = |tick| values(if tick == 0 { 0.4 } else { 0.8 }, 0.4);
        for (kind, change) in [
            (InterventionKind::ChatPrompt, 0.0),
            (InterventionKind::QnaPromote, 0.0),
            (InterventionKind::Poll, 0.4),
            (InterventionKind::Nudge, 0.4),
        ] {
            assert!((run(kind, TICK, chat_alone).1.change - change).abs() < 1e-12, "{kind}");
        }
    }

    #[test]
    fn a_measurement_that_missed_its_ticks_ends_at_the_next_one() {
        let (tick, measured) =
            run(InterventionKind::Poll, 10 * MINUTE, |tick| values(if tick == 0 { 0.4 } else { 0.7 }, 0.0));
        assert_eq!(tick, 10 * MINUTE);
        assert!((measured.change - 0.3).abs() < 1e-12 && measured.success);
    }
}
