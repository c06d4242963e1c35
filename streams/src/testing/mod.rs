//! For tests: faults at the seams.

pub mod faults;
