//! Runs a topology without a cluster, one record at a time: for the tests of applications, and for a first look.

mod driver;

pub use driver::{DriverError, TestRecord, TopologyTestDriver};
