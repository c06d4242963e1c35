//! For tests: faults at the seams, and a simulated cluster.

pub mod faults;
pub mod simulation;
