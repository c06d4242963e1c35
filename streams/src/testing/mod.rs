//! Runs a topology without a cluster: one record at a time, for the tests of applications and for a first look; or in a
//! simulated cluster under seeded trouble.

mod driver;
#[cfg(any(test, feature = "testing"))]
pub mod faults;
#[cfg(any(test, feature = "testing"))]
pub mod simulation;

pub use driver::{DriverError, TestRecord, TopologyTestDriver};
