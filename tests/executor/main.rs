//! `conductor executor` on a real Apache Kafka and a real PostgreSQL, against an event platform over HTTP.
//!
//! - `kill`: executors are killed at random, and the platform fails at random; what was carried out and told must be right all the same
//! - `suspend`: an executor is suspended until its peer has done its work, and goes on
//! - `replay`: the whole loop, with processes of the stream beside the executors, all of them killed while a `person` decides; `told` is what
//!   its topics must say
//! - `history`, `rows`: what their database must hold of what the topics say, as one fold, and value by value
//! - `shown`: what it tells of itself, and what it does while its database is away
//! - `refusals`: what is said when a setting is missing or wrong
#![cfg(test)]

mod history;
// What is shared does more than is needed here.
#[allow(dead_code)]
#[path = "../shared/instance.rs"]
mod instance;
mod kill;
mod person;
mod platform;
mod refusals;
mod replay;
mod rows;
mod shown;
mod stage;
mod suspend;
mod told;
#[allow(dead_code)]
#[path = "../shared/topic.rs"]
mod topic;
