//! The demo: simulated sessions, the stream that watches them, and a platform on which its commands take effect; all on one
//! clock that goes as fast as it is told to.
//!
//! - `story`: what happens in the sessions
//! - `in_process`: stream and platform, in one loop: the same seed gives the same bytes
//! - `live`: the same stream with an executor that calls the platform over HTTP, a database, and the dashboard; `platform`, `roles`: those

mod in_process;
mod live;
mod platform;
mod roles;
mod story;

use domain::time::{MINUTE, Millis, SECOND};

use crate::cli::demo::Outputs;
use crate::failure::Failure;
use crate::settings::Settings;

/// How much session time is played.
const LENGTH: Millis = 20 * MINUTE;
/// Session time between two looks at the stream: as long as a platform needs to answer.
const STEP: Millis = SECOND;
/// When the sessions begin: 2026-01-05 10:00 UTC. No wall clock takes part.
const START: Millis = 1_767_607_200_000;

/// Plays the demo to its end, or until nobody watches any more.
///
/// # Errors
/// A defect of the stream; with a dashboard, an address that is taken, too.
pub fn run(settings: &Settings, outputs: &Outputs) -> Result<(), Failure> {
    if settings.demo.has_dashboard() { live::run(settings, outputs) } else { in_process::run(settings, outputs) }
}

/// Whether somebody still watches.
enum Watched {
    Yes,
    No,
}
