//! Stream and platform in one loop, on a clock that the loop moves: the same seed gives the same bytes.

use domain::time::{Millis, SECOND};
use topology::codec::{self, Format};
use topology::graph;
use topology::settings::ConductorSettings;
use topology::wire::{CommandStatus, InterventionCommand, topics};

use super::story::stage;
use super::{LENGTH, START, STEP, Watched};
use crate::act::{Platform, SimulatedPlatform};
use crate::cli::demo::Outputs;
use crate::clock::SystemClock;
use crate::embedded::{Embedded, OUTPUTS, Outlet};
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use crate::settings::conductor_settings;

/// How long the platform takes to carry a command out.
const PLATFORM_DELAY: Millis = 2 * SECOND;

/// The running demo.
struct Demo<'a> {
    platform: SimulatedPlatform,
    stream: Embedded,
    outlet: Outlet,
    /// Approved commands on their way to the platform, with the time of their arrival.
    pending: Vec<(Millis, InterventionCommand)>,
    outputs: &'a Outputs,
    value: Vec<u8>,
    events_in: u64,
}

/// Plays the demo to its end, or until nobody watches any more.
///
/// # Errors
/// A defect of the stream.
pub(super) fn run(settings: &Settings, outputs: &Outputs) -> Result<(), Failure> {
    let conductor = ConductorSettings { mode: settings.demo.mode, ..conductor_settings(settings) };
    let topology = graph::build(&conductor).map_err(Failure::failed)?;
    let dead_letters = topology.dead_letter_topic();
    let stream = Embedded::start(topology, settings.engine.partitions, &OUTPUTS)?;
    let outlet = stream.outlet(&OUTPUTS, Some(&dead_letters))?;
    let platform = stage(settings);
    let mut demo = Demo { platform, stream, outlet, pending: Vec::new(), outputs, value: Vec::new(), events_in: 0 };
    demo.play(settings)
}

impl Demo<'_> {
    fn play(&mut self, settings: &Settings) -> Result<(), Failure> {
        let clock = SystemClock;
        let watch = clock.stopwatch();
        let mut events = Vec::new();
        for played in (STEP..=LENGTH).step_by(STEP as usize) {
            let now = START + played;
            events.clear();
            self.platform.step(now, &mut events);
            self.events_in += super::send(&mut self.stream, self.outputs, &events)?;
            self.carry_out(now)?;
            self.stream.set_clock(now);
            self.stream.drain()?;
            if let Watched::No = self.show(now)? {
                return Ok(());
            }
            clock.sleep(settings.demo.speed.wait(played, watch.elapsed()));
        }
        Ok(())
    }

    /// Lets the platform carry out what has reached it, and reports back.
    fn carry_out(&mut self, now: Millis) -> Result<(), Failure> {
        let (due, pending) = core::mem::take(&mut self.pending).into_iter().partition(|(at, _)| *at <= now);
        self.pending = pending;
        let due: Vec<(Millis, InterventionCommand)> = due;
        for (_, command) in due {
            let feedback = self.platform.carry_out(&command, now);
            self.value.clear();
            codec::encode(&feedback, Format::Json, &mut self.value).map_err(Failure::failed)?;
            let key = command.session.as_bytes();
            self.stream.send(topics::INTERVENTION_FEEDBACK, Some(key), now, Some(&self.value))?;
            self.events_in += 1;
            let _ = self.outputs.send(Output::Feedback(Box::new(feedback)));
        }
        Ok(())
    }

    /// Passes on what the stream has written, and notes the commands that are to be carried out.
    fn show(&mut self, now: Millis) -> Result<Watched, Failure> {
        let (outputs, pending) = (self.outputs, &mut self.pending);
        self.outlet.take(|received| {
            let output = received.output()?;
            if let Output::Command(command) = &output
                && command.status == CommandStatus::Approved
            {
                pending.push((now + PLATFORM_DELAY, InterventionCommand::clone(command)));
            }
            let _ = outputs.send(output);
            Ok(())
        })?;
        super::report(&self.stream, self.outputs, self.events_in, now)
    }
}
