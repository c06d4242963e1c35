//! The domain: from what an audience does to a score, an alarm, a decision and what is learned from it.
//!
//! Pure logic: no I/O, no serde, no clock, no ambient randomness, no async; nothing here can fail. Floats go through
//! [`math`] (libm), so that the same log gives the same bytes on any machine.

pub mod time;

pub mod context;

pub mod audience;

pub mod math;
pub mod random;
