//! The demo: simulated sessions, the stream that watches them, and a platform on which its commands take effect; all on one
//! clock that goes as fast as it is told to.
//!
//! - `story`: what happens in the sessions
//! - `in_process`: stream and platform, in one loop: the same seed gives the same bytes
//! - `live`: the same stream with an executor that calls the platform over HTTP, a database, and the dashboard; `platform`, [`roles`]: those

mod in_process;
mod live;
mod platform;
pub mod roles;
mod story;

use domain::time::{MINUTE, Millis, SECOND};
use topology::codec::Format;
use topology::simulated::Input;

use crate::act::SimulatedEvent;
use crate::cli::demo::Outputs;
use crate::embedded::Embedded;
use crate::failure::Failure;
use crate::output::{Output, Progress};
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

/// Sends what happened to the stream, and titles to whoever watches; says how many events that were.
fn send(stream: &mut Embedded, outputs: &Outputs, events: &[SimulatedEvent]) -> Result<u64, Failure> {
    let mut value = Vec::new();
    for event in events {
        if let Input::Session(session) = &event.input
            && let Some(title) = &session.title
        {
            let titled = Output::Titled { session: event.session.clone(), title: title.clone() };
            // Whether anybody watches is asked once a step.
            let _ = outputs.send(titled);
        }
        value.clear();
        event.input.encode(Format::Json, &mut value).map_err(Failure::failed)?;
        stream.send(event.input.topic(), Some(event.session.as_bytes()), event.at_ms, Some(&value))?;
    }
    Ok(events.len() as u64)
}

/// Says how far the story has come; whether anybody has heard it.
fn report(stream: &Embedded, outputs: &Outputs, events_in: u64, now: Millis) -> Result<Watched, Failure> {
    let accounts = stream.accounts();
    if accounts.lost() > 0 {
        return Err(Failure::failed(format_args!("{} of {} records were lost", accounts.lost(), accounts.sent)));
    }
    let progress = Progress {
        fraction: (now - START) as f64 / LENGTH as f64,
        session_time_ms: now,
        events_in,
        late: accounts.late,
    };
    Ok(if outputs.send(Output::Progress(progress)).is_ok() { Watched::Yes } else { Watched::No })
}
