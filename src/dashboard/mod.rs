//! The dashboard: `conductor dashboard` shows live sessions to people, and takes their decisions.
//!
//! ```text
//! topics --> thread --> view --> live --> http --> viewers        (frames, made once for all who watch)
//!               ^                            |
//!               +------- control <-----------+                    (what people do: a record on the topic `session`)
//! ```
//! - [`view`]: what is known of the sessions; [`control`]: what may be done now; both are pure
//! - [`live`]: what viewers are sent
//! - [`thread`]: reads the topics, writes decisions
//! - [`http`]: the page, its events, what people do
//! - [`peers`]: how the other processes are; [`metrics`]: what is counted
//! - [`history`]: what is older than the view; `summary`: what is left of a session; `export`: all of it, to take along
//! - [`token`]: who may act; [`run`]: all of it, from the settings

pub mod control;
mod export;
pub mod history;
pub mod http;
pub mod live;
pub mod metrics;
pub mod peers;
pub mod run;
mod summary;
pub mod thread;
pub mod token;
pub mod view;

#[cfg(test)]
pub(crate) mod testing;
