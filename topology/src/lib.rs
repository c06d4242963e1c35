//! The application: what travels, and the graph that computes it.
//!
//! # Layout
//! - [`wire`]: one struct per value that travels on a topic
//! - [`codec`]: those structs as bytes, in Avro and in JSON
//! - [`graph`]: sources, processors, stores and sinks, on one screen; its processors are `perceive`, `decide` and `learn`
//! - [`calibration`]: its watching half alone, to measure what is usual
//! - [`settings`]: what can be set about them
//! - `rows`: what the stores hold, one file per kind of row; [`inspect`]: those rows for people
//! - [`trace`]: the header that carries where a record belongs in a trace
//! - [`explain`]: a decision, computed again from its command
//! - [`event_log`]: records in a file, to replay or to compute over without a broker
//! - [`simulated`]: the simulated audience on the wire

pub mod codec;
pub mod event_log;
pub mod simulated;
pub mod wire;

pub mod calibration;
pub mod explain;
pub mod graph;
pub mod inspect;
pub mod settings;
pub mod trace;

mod event;
mod moment;

mod decide;
mod learn;
mod perceive;

mod rows;
mod stores;
mod tables;

pub use tables::{PolicyRecord, band_name, read_policy};

#[cfg(test)]
mod cpu_time;
