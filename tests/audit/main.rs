//! `conductor run` on a real Apache Kafka, as its operators meet it.
//!
//! - `kill`: exactly once. Instances are killed and suspended while a log is processed, and afterwards the topics must hold what an
//!   undisturbed run computes.
//! - `at_least_once`: without transactions, nothing is lost, and some is there twice.
//! - `replicas`: of three brokers one dies after the other.
//! - `outage`: the cluster goes away for a minute while sessions are live.
//! - `shutdown`: it is told to stop, whatever it is doing.
//! - `changes`: topics change under it, and members leave for good.
//! - `secured`: all of it by TLS, and with a password.
//! - `restore`: states and topics that do not fit each other any more.
#![cfg(test)]

// What is shared does more than is needed here.
#[allow(dead_code)]
#[path = "../shared/asked.rs"]
mod asked;
mod at_least_once;
mod changes;
#[path = "../shared/fold.rs"]
mod fold;
#[allow(dead_code)]
#[path = "../shared/instance.rs"]
mod instance;
mod judge;
mod kill;
mod outage;
mod replicas;
mod restore;
mod secured;
mod shutdown;
#[path = "../shared/stage.rs"]
mod stage;
#[path = "../shared/topic.rs"]
mod topic;
