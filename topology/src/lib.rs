//! The application: what travels, and the graph that computes it.
//!
//! # Layout
//! - [`wire`]: one struct per value that travels on a topic
//! - [`codec`]: those structs as bytes, in Avro and in JSON
//! - [`event_log`]: records in a file, to replay or to compute over without a broker
//! - [`simulated`]: the simulated audience on the wire

pub mod codec;
pub mod event_log;
pub mod simulated;
pub mod wire;
