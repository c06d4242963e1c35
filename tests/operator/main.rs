//! What an operator asks, asked of the binary: about a stream that has run on a real Apache Kafka, and about one that can not be
//! reached.
#![cfg(test)]

// The audit's stage does more than is needed here.
#[allow(dead_code)]
#[path = "../audit/instance.rs"]
mod instance;
#[allow(dead_code)]
#[path = "../audit/stage.rs"]
mod stage;
#[allow(dead_code)]
#[path = "../audit/topic.rs"]
mod topic;

mod answers;
mod asked;
mod away;
