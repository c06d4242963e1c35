//! The executor: carries commands out on an event platform, and reports what became of each.
//!
//! Three judges, and no more: the topic decides which feedback exists, the store decides which body is sent and which verdict stands, and
//! the platform's own memory of keys decides that a command is carried out at most once.
//!
//! - [`partition`]: which commands are open, what stops them, which offsets are to be committed
//! - [`command`]: what to do next with one of them
//! - [`execution`]: one command, from its turn to its verdict
//! - [`thread`]: reads, lets commands be carried out, and reports
//! - [`store`]: what survives a kill, in SQL
//! - [`platform`]: what a platform is sent, and what its answers mean
//! - [`trace`]: what those see of it who collect traces
//! - [`status`]: what is shown of it
//! - [`run`]: all of it, from the settings

pub mod command;
pub mod execution;
pub mod partition;
pub mod platform;
pub mod run;
pub mod status;
pub mod store;
pub mod thread;
pub mod trace;

#[cfg(test)]
mod testing;
