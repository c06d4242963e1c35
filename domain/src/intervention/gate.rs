//! Whether to act at all.

use super::ledger::{DECISIONS_KEPT, Ledger};
use super::mode::Mode;
use super::settings::DecisionSettings;
use crate::anomaly::Level;
use crate::context::names;
use crate::time::Millis;

/// What one tick says of a session, as far as acting goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alarm {
    /// The level of this tick.
    pub level: Level,
    /// An episode is open: a level without one is the aftermath of an alarm that was dealt with.
    pub episode_open: bool,
    /// The published 5-min score, in `[0, 1]`.
    pub score: f64,
}

names! {
    /// Why nothing is done. Ordered as it is checked: what is wrong with the alarm, then with the session.
    WhyNot {
        /// The level is none, or no episode is open.
        NoAlarm = "no_alarm",
        /// A WARNING while the score is still fair.
        ScoreFair = "score_fair",
        /// The mode is off.
        ModeOff = "mode_off",
        /// A person has paused the session.
        Paused = "paused",
        /// Another command has no result yet.
        Open = "open",
        /// The budget is spent.
        BudgetSpent = "budget_spent",
        /// The session is in a break.
        Break = "break",
        /// All kinds that would apply are cooling down.
        Cooling = "cooling",
    }
}

impl WhyNot {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoAlarm => "no alarm is on",
            Self::ScoreFair => "a warning only, and the score is still fair",
            Self::ModeOff => "the mode of this session is off",
            Self::Paused => "the session is paused",
            Self::Open => "another intervention has no result yet",
            Self::BudgetSpent => "the session's budget of decisions is spent",
            Self::Break => "the session is in a break",
            Self::Cooling => "every kind that would apply was used a short while ago",
        }
    }
}

/// Whether a decision is due, or the first reason against it.
pub fn should_act(alarm: &Alarm, ledger: &Ledger, now: Millis, settings: &DecisionSettings) -> Result<(), WhyNot> {
    if !alarm.episode_open || alarm.level == Level::None {
        return Err(WhyNot::NoAlarm);
    }
    // Written so that a score that is not a number does not act on a mere warning.
    let low = alarm.score < settings.warning_score_max;
    if alarm.level == Level::Warning && !low {
        return Err(WhyNot::ScoreFair);
    }
    if ledger.mode == Mode::Off {
        return Err(WhyNot::ModeOff);
    }
    if ledger.paused {
        return Err(WhyNot::Paused);
    }
    if ledger.open.is_some() {
        return Err(WhyNot::Open);
    }
    if ledger.spent(now, settings) >= settings.budget.min(DECISIONS_KEPT) {
        return Err(WhyNot::BudgetSpent);
    }
    Ok(())
}
