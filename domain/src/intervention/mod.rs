//! To act or not to act: when a decision is due, what is allowed, who must agree, and the life of a command until its one result.
//!
//! In the order of a decision: [`gate`] says whether to act at all, [`mod@applicable`] what could be done, [`crate::bandit::held_out`] whether this
//! episode is a control, [`mode`] whether a person must agree first, and [`command`] carries the one open command from
//! there to its result. What the arms are worth, and whether an action worked, is not known here.

pub mod settings;

pub mod mode;

pub mod gate;
pub mod ledger;

pub mod applicable;

pub mod command;
pub mod transition;

#[cfg(test)]
mod tests;

pub use applicable::{Applicable, Choice, Occasion, Questions, Segment, Segments, Variant, applicable};
pub use command::{Command, Event, Intervention, Stage};
pub use gate::{Alarm, WhyNot, should_act};
pub use ledger::Ledger;
pub use mode::{Mode, Status, expires_at, status_for};
pub use settings::DecisionSettings;
pub use transition::{Because, Counted, Decision, Feedback, Outcome, Transition};
