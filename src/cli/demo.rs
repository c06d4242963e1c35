//! `conductor demo`: simulated sessions, watched and acted on before your eyes.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use clap::Args;
use topology::wire::Mode;

use crate::failure::{Failure, print};
use crate::output::Output;
use crate::settings::{Given, Settings};
use crate::summary::Summary;
use crate::terminal::{Face, show};
use ::topology::event_log::Speed;

const EXAMPLES: &str = "\
Examples:
  conductor demo                     six sessions at 20 times the speed of life, and a page to watch and decide on
  conductor demo --mode suggest      you approve, edit or decline what is proposed
  conductor demo --no-dashboard      in the terminal only: nothing listens
  conductor demo --speed max         as fast as this machine goes
  conductor demo --seed 8            other sessions; the same seed shows the same again
  conductor demo --mode off          what happens when nobody acts
  conductor demo --json | head       one JSON object a line, as in an event log";

/// Outputs that may wait to be shown: a screen that is slow slows the simulation instead of filling the memory.
const WAITING_MAX: usize = 1_024;

/// The arguments of `conductor demo`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub struct DemoArguments {
    /// The same seed shows the same sessions
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many sessions
    #[arg(long, value_name = "N")]
    pub sessions: Option<u32>,
    /// How many times faster than life, or max
    #[arg(long, value_name = "TIMES")]
    pub speed: Option<Speed>,
    /// How much is done without asking: off, suggest, assist or auto
    #[arg(long, value_name = "MODE", value_parser = mode)]
    pub mode: Option<Mode>,
    /// No page: the stream and a simulated platform alone
    #[arg(long)]
    pub no_dashboard: bool,
    /// The port of the page; 0 is one that is free
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// End when the story is over, though somebody may still look at the page
    #[arg(long)]
    pub no_stay: bool,
    /// Print one JSON object a line, without a page
    #[arg(long)]
    pub json: bool,
}

impl DemoArguments {
    /// The settings that these flags set.
    #[must_use]
    pub fn flags(&self) -> Vec<Given> {
        let seed = self.seed.map(|seed| Given::by_flag("--seed", "demo.seed", seed));
        let sessions = self.sessions.map(|sessions| Given::by_flag("--sessions", "demo.sessions", sessions));
        let speed = self.speed.map(|speed| Given::by_flag("--speed", "demo.speed", speed));
        let mode = self.mode.map(|mode| Given::by_flag("--mode", "demo.mode", mode));
        let port = self.port.map(|port| Given::by_flag("--port", "demo.port", port));
        let terminal_only = self.no_dashboard.then(|| Given::by_flag("--no-dashboard", "demo.dashboard", false));
        let for_machines = self.json.then(|| Given::by_flag("--json", "demo.dashboard", false));
        let leaves = self.no_stay.then(|| Given::by_flag("--no-stay", "demo.stay", false));
        [seed, sessions, speed, mode, port, terminal_only.or(for_machines), leaves].into_iter().flatten().collect()
    }
}

/// Where the simulation puts its outputs. Once nobody watches any more, `send` fails: then it should end.
pub type Outputs = SyncSender<Output>;

/// Shows what `simulate` puts out, while it runs on a thread of its own; at its end prints the totals. Quitting is no failure.
///
/// # Errors
/// What `simulate` says, or that the output cannot be written.
pub fn run<S>(arguments: &DemoArguments, settings: &Settings, simulate: S) -> Result<(), Failure>
where
    S: FnOnce(&Settings, &Outputs) -> Result<(), Failure> + Send,
{
    let face = Face::fitting(arguments.json);
    let summary = beside(settings, simulate, |outputs| show(outputs, face).map_err(Failure::failed))?;
    match face {
        Face::Json => Ok(()),
        Face::Screen | Face::Lines => print(&summary.to_string()),
    }
}

/// Runs the simulation beside its watcher, who may leave before it ends.
fn beside<S, W>(settings: &Settings, simulate: S, watch: W) -> Result<Summary, Failure>
where
    S: FnOnce(&Settings, &Outputs) -> Result<(), Failure> + Send,
    W: FnOnce(Receiver<Output>) -> Result<Summary, Failure>,
{
    let (sender, receiver) = sync_channel(WAITING_MAX);
    thread::scope(|scope| {
        let simulation = scope.spawn(move || simulate(settings, &sender));
        let summary = watch(receiver);
        simulation.join().map_err(|_| Failure::failed("the simulation panicked"))??;
        summary
    })
}

fn mode(name: &str) -> Result<Mode, String> {
    Mode::parse(name).ok_or_else(|| {
        let known: Vec<&str> = Mode::ALL.iter().map(|mode| mode.name()).collect();
        format!("expected one of {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Progress;

    fn endless(_: &Settings, outputs: &Outputs) -> Result<(), Failure> {
        while outputs.send(Output::Progress(Progress { events_in: 1, ..Progress::default() })).is_ok() {}
        Ok(())
    }

    #[test]
    fn a_watcher_who_leaves_ends_the_simulation() {
        let summary = beside(&Settings::default(), endless, |outputs| {
            let mut summary = Summary::default();
            outputs.iter().take(3).for_each(|output| summary.observe(&output));
            Ok(summary)
        });
        assert_eq!(summary.unwrap().events_in, 1);
    }

    #[test]
    fn what_the_simulation_says_is_the_outcome() {
        let failed = |_: &Settings, _: &Outputs| Err(Failure::failed("no"));
        let outcome = beside(&Settings::default(), failed, |_| Ok(Summary::default()));
        assert_eq!(outcome.unwrap_err(), Failure::failed("no"));
    }
}
