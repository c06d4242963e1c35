//! Simulated sessions as one event log.
//!
//! All sessions start on whole seconds after the first, and are stepped together, second by second: what happens within a second
//! in all of them is sorted and written. So memory holds the audiences that are live and one second of their events.

use domain::audience::{Audience, Happening, STEP, SessionPlan, World};
use domain::random::{Generator, seed_of};
use domain::time::{MINUTE, Millis};
use topology::simulated::{self, Commands};

use crate::args;
use crate::error::Error;
use crate::output::Output;
use crate::progress::Progress;
use crate::summary::Summary;
use crate::truth::TruthWriter;

/// A session that runs.
struct Live {
    session: String,
    audience: Audience,
}

/// Simulates the sessions that the arguments ask for.
///
/// # Errors
/// The files are there already, or cannot be written.
pub fn generate(arguments: &args::Generate) -> Result<Summary, Error> {
    if arguments.out == arguments.truth {
        return Err(Error::SameFile { path: arguments.out.clone() });
    }
    let mut output = Output::create(&arguments.out, arguments.force)?;
    let mut truth = TruthWriter::create(&arguments.truth, arguments.force)?;
    simulate(arguments, &mut output, &mut truth)?;
    // The truth first: a log never lies there without it.
    let notes = vec![("anomalies in the truth", truth.finish()?)];
    let counts = output.finish()?;
    Ok(Summary { log: arguments.out.clone(), sessions: u64::from(arguments.sessions), counts, notes })
}

fn simulate(arguments: &args::Generate, output: &mut Output, truth: &mut TruthWriter) -> Result<(), Error> {
    let starts = starts(arguments);
    let mut waiting = starts.iter().copied().peekable();
    let last = starts.last().map_or(0, |(start, _)| start - arguments.start_ms);
    let progress = Progress::new((last / STEP) as u64 + u64::from(arguments.minutes) * 60, "seconds");
    let mut live: Vec<Live> = Vec::new();
    let mut happenings: Vec<(usize, Happening)> = Vec::new();
    let mut now = arguments.start_ms;
    while !live.is_empty() || waiting.peek().is_some() {
        while let Some((start_ms, number)) = waiting.next_if(|(start_ms, _)| *start_ms <= now) {
            let (session, plan) = (format!("s-{number}"), plan(arguments, number, start_ms));
            truth.write(&session, &plan)?;
            live.push(Live { session, audience: Audience::new(plan, World::Normal) });
        }
        now += STEP;
        for (place, live) in live.iter_mut().enumerate() {
            live.audience.step(now, &mut |happening| happenings.push((place, happening)));
        }
        // Stable: what one audience does at one millisecond keeps its order.
        happenings.sort_by_key(|(_, happening)| happening.at_ms);
        write(&live, &mut happenings, output)?;
        live.retain(|live| !live.audience.has_ended());
        progress.advance(1);
    }
    Ok(())
}

fn write(live: &[Live], happenings: &mut Vec<(usize, Happening)>, output: &mut Output) -> Result<(), Error> {
    let commands = Commands::new();
    for (place, happening) in happenings.drain(..) {
        let Some(Live { session, audience }) = live.get(place) else { continue };
        let input = simulated::input(audience.plan(), &happening, &commands);
        output.write(session, happening.at_ms, &input)?;
    }
    Ok(())
}

/// When each session starts, in order of time: the first at once, the others uniformly over the span.
fn starts(arguments: &args::Generate) -> Vec<(Millis, u32)> {
    let mut generator = Generator::of(&[b"starts", &arguments.seed.to_le_bytes()]);
    let seconds = u64::from(arguments.stagger_minutes) * 60 + 1;
    let mut starts: Vec<_> = (0..arguments.sessions)
        .map(|number| {
            let second = if number == 0 { 0 } else { generator.below(seconds) };
            (arguments.start_ms + second as Millis * STEP, number)
        })
        .collect();
    starts.sort_unstable();
    starts
}

/// The plan of one session.
#[must_use]
pub fn plan(arguments: &args::Generate, number: u32, start_ms: Millis) -> SessionPlan {
    let seed = seed_of(&[b"session", &arguments.seed.to_le_bytes(), &number.to_le_bytes()]);
    let length = Millis::from(arguments.minutes) * MINUTE;
    let mut plan = SessionPlan::random(seed, start_ms, length).placed(u64::from(number));
    if arguments.healthy {
        plan.anomalies.clear();
    }
    plan
}

#[cfg(test)]
mod tests;
