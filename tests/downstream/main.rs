//! Whoever reads the outputs, in whatever language: a consumer in Python and one in Java read scores through a schema registry, kcat reads
//! commands as JSON, and all of them must see what a backtest of the same log writes. The two programs are examples to copy.
#![cfg(test)]

mod consumers;
mod evolution;
mod explained;
mod programs;
mod refusals;
mod stage;
#[path = "../shared/topic.rs"]
mod topic;
