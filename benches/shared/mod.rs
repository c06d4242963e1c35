//! What benches on a real Kafka share.
//!
//! - `child`: processes, their CPU and their memory; `conductor`: the binary, and what it is started with
//! - `attempt`: a measurement that Ctrl-C ends in order; `goal`: what was aimed at; `latency`: how long something took, each time

pub(crate) mod attempt;
pub(crate) mod child;
pub(crate) mod conductor;
pub(crate) mod goal;
pub(crate) mod latency;
