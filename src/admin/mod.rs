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

/// What is said when the cluster does not answer, or refuses.
pub(crate) fn unreachable(error: BrokerError) -> Failure {
    if let Some(remedy) = error.remedy() {
        return Failure::refused(error, format_args!("check, in [kafka.properties], {remedy}").to_string());
    }
    Failure {
        remedy: Some(
            "is kafka.bootstrap_servers right, does the cluster run, and is kafka.properties.security.protocol what it speaks there?"
                .into(),
        ),
        ..Failure::failed(error)
    }
}
