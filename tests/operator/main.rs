//! What an operator asks, asked of the binary: about a stream that has run on a real Apache Kafka, and about one that can not be
//! reached.
#![cfg(test)]

#[path = "../shared/asked.rs"]
mod asked;
// What is shared does more than is needed here.
#[allow(dead_code)]
#[path = "../shared/instance.rs"]
mod instance;
#[allow(dead_code)]
#[path = "../shared/stage.rs"]
mod stage;
#[allow(dead_code)]
#[path = "../shared/topic.rs"]
mod topic;

mod answers;
mod away;
mod history;
