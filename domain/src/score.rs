//! The score: every signal mapped to the range from 0 to 1 against its baseline, 0.70 meaning "as usual for this kind of session".

use crate::baseline::Rates;
use crate::context::names;
use crate::math;
use crate::poll::PollTerm;
use crate::time::{LONG_WINDOW, Millis, PANE};
use crate::window::Window;

/// Shrinkage, in persons and in person-minutes: few people move the score little.
pub const SHRINKAGE: f64 = 8.0;
/// Shrinkage of a poll, in eligible people.
pub const POLL_SHRINKAGE: f64 = 5.0;
/// What "as usual" maps to.
pub const USUAL: f64 = 0.70;

/// The weights of the terms.
pub mod weight {
    /// Chat.
    pub const CHAT: f64 = 0.25;
    /// Polls, times their fade.
    pub const POLL: f64 = 0.30;
    /// Active users.
    pub const ACTIVE: f64 = 0.20;
    /// Reactions.
    pub const REACTIONS: f64 = 0.15;
    /// Staying.
    pub const STAY: f64 = 0.10;
}

/// What a window holds of what the score is made of.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Amounts {
    /// Messages.
    pub messages: f64,
    /// Reactions.
    pub reactions: f64,
    /// Unique users with any interaction.
    pub users: f64,
    /// Leaves, told or not.
    pub leaves: f64,
    /// Person-minutes.
    pub person_minutes: f64,
    /// Mean number present.
    pub present: f64,
    /// How much of the window the session has lived.
    pub lived_ms: Millis,
}

/// The terms, each within 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// Chat messages.
    pub chat: f64,
    /// Poll participation; absent without a poll that counts.
    pub poll: Option<f64>,
    /// The part of the poll's weight that is in force, within 0 and 1.
    pub poll_fade: f64,
    /// Active users.
    pub active: f64,
    /// Reactions.
    pub reactions: f64,
    /// Staying.
    pub stay: f64,
}

names! {
    /// The published bands of a score.
    Band {
        /// Below .40.
        Low = "low",
        /// Below .60.
        Fair = "fair",
        /// Below .80.
        Usual = "usual",
        /// The rest.
        High = "high",
    }
}

impl Band {
    /// The band of a score.
    #[must_use]
    pub fn of(score: f64) -> Self {
        match score {
            s if s < 0.40 => Self::Low,
            s if s < 0.60 => Self::Fair,
            s if s < 0.80 => Self::Usual,
            _ => Self::High,
        }
    }
}

/// x / (x + 3b/7): 0 to 0, b to .70, 2b to .82; monotone, never flat. As usual where nothing is expected and nothing came.
#[must_use]
pub fn against(x: f64, b: f64) -> f64 {
    let all = x + 3.0 * b / 7.0;
    if all > 0.0 { (x / all).clamp(0.0, 1.0) } else { USUAL }
}

/// The share of the present that is expected to interact in the part of the window that the session has lived: at a constant
/// hazard, reaching the baseline when the window is full. Otherwise every session would begin as a lull.
#[must_use]
pub fn active_expected(window: Window, lived_ms: Millis, rates: &Rates) -> f64 {
    let full = match window {
        Window::Short => rates.active_short,
        Window::Long => rates.active_long,
    };
    let lived = lived_share(window, lived_ms);
    if lived >= 1.0 || full >= 1.0 { full } else { 1.0 - math::pow(1.0 - full, lived) }
}

/// The leaves per present person that are expected in the part of the window that the session has lived.
#[must_use]
pub fn leaves_expected(window: Window, lived_ms: Millis, rates: &Rates) -> f64 {
    rates.stay * lived_share(window, lived_ms) * window.span() as f64 / LONG_WINDOW as f64
}

fn lived_share(window: Window, lived_ms: Millis) -> f64 {
    lived_ms.clamp(PANE, window.span()) as f64 / window.span() as f64
}

impl Terms {
    /// The terms of a window.
    #[must_use]
    pub fn of(window: Window, amounts: &Amounts, poll: PollTerm, rates: &Rates) -> Self {
        let rate = |count: f64, b: f64| against((count + SHRINKAGE * b) / (amounts.person_minutes + SHRINKAGE), b);
        let share = |count: f64, b: f64| (count + SHRINKAGE * b) / (amounts.present + SHRINKAGE);
        let active = active_expected(window, amounts.lived_ms, rates);
        let leaving = leaves_expected(window, amounts.lived_ms, rates);
        Self {
            chat: rate(amounts.messages, rates.chat),
            poll: (poll.fade > 0.0).then_some(poll.value),
            poll_fade: poll.fade,
            active: against(share(amounts.users, active), active),
            reactions: rate(amounts.reactions, rates.reactions),
            stay: leaving / (leaving + 3.0 * share(amounts.leaves, leaving) / 7.0),
        }
    }

    /// The weighted mean of all terms.
    #[must_use]
    pub fn score(&self) -> f64 {
        self.mean(weight::CHAT, weight::POLL * self.poll_fade)
    }

    /// The same without polls: what detector, success and reward look at.
    #[must_use]
    pub fn core(&self) -> f64 {
        self.mean(weight::CHAT, 0.0)
    }

    /// The core without chat, which CHAT_PROMPT and QNA_PROMOTE feed themselves.
    #[must_use]
    pub fn core_without_chat(&self) -> f64 {
        self.mean(0.0, 0.0)
    }

    /// The mean with these weights of chat and poll; the other terms are always there, so it is never empty.
    fn mean(&self, chat: f64, poll: f64) -> f64 {
        let weighted = [
            (chat, self.chat),
            (poll, self.poll.unwrap_or(0.0)),
            (weight::ACTIVE, self.active),
            (weight::REACTIONS, self.reactions),
            (weight::STAY, self.stay),
        ];
        let (sum, weights) = weighted.iter().fold((0.0, 0.0), |(sum, weights), (w, s)| (sum + w * s, weights + w));
        sum / weights
    }
}

#[cfg(test)]
mod tests;
