//! When a part may not speak: because nothing can be said, because the plan explains what is seen, or because so few people are
//! there that silence means nothing.

use super::detector::DetectorInput;
use super::settings::DetectorSettings;
use crate::context::Phase;
use crate::time::Millis;

/// What may speak on this tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Too few people, too early, or the producer is out: INSUFFICIENT_DATA.
    InsufficientData,
    /// A break: nothing alarms, and nothing is learned about the session.
    Break,
    /// Around the planned end: nothing alarms.
    PlannedEnd,
    /// Around a change of phase: only the level against the prior speaks.
    PhaseChange,
    /// Everything.
    Open,
}

impl Gate {
    /// The gate of this tick.
    #[must_use]
    pub fn of(input: &DetectorInput, settings: &DetectorSettings) -> Self {
        let young = input.at.saturating_sub(input.started_at) < settings.warm_up;
        if input.outage || young || input.people < settings.people_min {
            Self::InsufficientData
        } else if input.phase == Phase::Break {
            Self::Break
        } else if near(input.until_end, settings.planned_end_before, settings.planned_end_after) {
            Self::PlannedEnd
        } else if near(input.until_phase_change, settings.phase_change_before, 0)
            || input.since_phase_change.is_some_and(|since| since < settings.phase_change_after)
        {
            Self::PhaseChange
        } else {
            Self::Open
        }
    }

    /// Whether leaves, falls and trends count.
    #[must_use]
    pub fn hears_drops(self) -> bool {
        self == Self::Open
    }

    /// Whether a low level counts.
    #[must_use]
    pub fn hears_levels(self) -> bool {
        matches!(self, Self::Open | Self::PhaseChange)
    }

    /// Whether this tick says what the session is usually like.
    #[must_use]
    pub fn teaches(self) -> bool {
        !matches!(self, Self::InsufficientData | Self::Break)
    }
}

fn near(until: Option<Millis>, before: Millis, after: Millis) -> bool {
    until.is_some_and(|until| until <= before && until >= after.saturating_neg())
}

/// In a small audience, whether something other than the chat says that engagement is low. The share of active people is
/// no witness: it falls whenever the chat is silent.
#[must_use]
pub fn corroborated(input: &DetectorInput, settings: &DetectorSettings) -> bool {
    let low = settings.small_audience_term;
    input.people >= settings.small_audience || input.terms.reactions <= low || input.terms.stay <= low
}
