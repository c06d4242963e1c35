//! What an operator does to the cluster, to the registry and to what lies on disk, apart from running the stream.
//!
//! - [`topics`]: which there should be, and which there are
//! - [`members`]: those of the group that keep their place across restarts
//! - [`schemas`]: what the registry holds of the outputs' schemas
//! - [`policy`]: what was learned, and why something was decided
//! - [`dead_letters`]: what could not be used
//! - [`state`]: what a stopped instance has left on its disk
//! - [`reading`]: a topic, read to its end; [`text`]: other people's bytes and times, as they may stand on a terminal
//!
//! Apart from `topics create`, `schemas register` and `leave`, nothing here changes anything.

pub mod dead_letters;
pub mod members;
pub mod policy;
pub mod schemas;
pub mod state;
pub mod topics;

pub mod reading;
pub mod text;

use streams::broker::BrokerError;

use crate::failure::Failure;

/// What is said when the cluster does not answer.
pub(crate) fn unreachable(error: BrokerError) -> Failure {
    Failure {
        remedy: Some("is kafka.bootstrap_servers right, and does the cluster run?".into()),
        ..Failure::failed(error)
    }
}
