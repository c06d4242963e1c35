//! The domain: from what an audience does to a score, an alarm, a decision and what is learned from it.
//!
//! Pure logic: no I/O, no serde, no clock, no ambient randomness, no async; nothing here can fail. Floats go through
//! [`math`] (libm), so that the same log gives the same bytes on any machine.

pub mod time;

pub mod context;

pub mod activity;
pub mod attendee;
pub mod pane;
pub mod plan;
pub mod poll;
pub mod questions;
pub mod session;

mod interaction;
pub mod observe;
pub mod presence;

pub mod baseline;
pub mod calibration;
pub mod score;
pub mod signals;
pub mod tick;
pub mod window;

pub mod anomaly;
pub mod intervention;
pub mod outage;

pub mod bandit;
pub mod outcome;

pub mod audience;

pub mod math;
pub mod random;

#[cfg(test)]
mod room;
