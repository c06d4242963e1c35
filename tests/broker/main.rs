//! The seam on a real Apache Kafka: the promises that every implementation keeps, and the traps of this one.
//!
//! One cluster for the seam, behind a proxy that can cut a client off as the end of its process would. Names are unique, so
//! the tests run side by side.
#![cfg(test)]

mod conformance;
mod coordinator;
mod harness;
mod proxy;
mod replay;
mod secured;
mod traps;
