//! Exactly once on a real Apache Kafka: instances are killed and suspended while a log is processed, and afterwards the topics
//! must hold what an undisturbed run computes.
#![cfg(test)]

#[path = "../shared/fold.rs"]
mod fold;
mod instance;
mod judge;
mod kill;
mod stage;
#[path = "../shared/topic.rs"]
mod topic;
