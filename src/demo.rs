//! The demo: simulated sessions, the stream that watches them, and a platform on which its commands take effect; all on one
//! clock that goes as fast as it is told to.

use compact_str::{CompactString, format_compact};
use domain::audience::SessionPlan;
use domain::context::{AnomalyClass, SessionType};
use domain::time::{MINUTE, Millis, SECOND};
use topology::codec::{self, Format};
use topology::graph;
use topology::settings::ConductorSettings;
use topology::simulated::Input;
use topology::wire::{CommandStatus, InterventionCommand, topics};

use crate::act::{Platform, SimulatedEvent, SimulatedPlatform};
use crate::cli::demo::Outputs;
use crate::clock::SystemClock;
use crate::embedded::{Embedded, OUTPUTS, Outlet};
use crate::failure::Failure;
use crate::output::{Output, Progress};
use crate::settings::Settings;
use crate::settings::conductor_settings;

/// How much session time is played.
const LENGTH: Millis = 20 * MINUTE;
/// Session time between two looks at the stream: as long as a platform needs to answer.
const STEP: Millis = SECOND;
/// When the sessions begin: 2026-01-05 10:00 UTC. No wall clock takes part.
const START: Millis = 1_767_607_200_000;
/// How long the platform takes to carry a command out.
const PLATFORM_DELAY: Millis = 2 * SECOND;

/// One session of the story.
struct Scene {
    /// What goes wrong, and in which minute it begins.
    anomaly: Option<(AnomalyClass, f64)>,
    session_type: SessionType,
    /// People in the audience.
    size: u32,
}

/// What happens in the sessions, in turn.
const STORY: [Scene; 6] = [
    Scene { anomaly: Some((AnomalyClass::SuddenDrop, 7.0)), session_type: SessionType::Workshop, size: 90 },
    Scene { anomaly: Some((AnomalyClass::GradualDecline, 5.5)), session_type: SessionType::Keynote, size: 220 },
    Scene { anomaly: Some((AnomalyClass::MassExit, 9.0)), session_type: SessionType::Panel, size: 140 },
    Scene { anomaly: None, session_type: SessionType::Panel, size: 60 },
    Scene { anomaly: Some((AnomalyClass::LowEngagement, 6.5)), session_type: SessionType::Workshop, size: 45 },
    Scene { anomaly: Some((AnomalyClass::SuddenDrop, 10.0)), session_type: SessionType::Keynote, size: 160 },
];

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

/// Whether somebody still watches.
enum Watched {
    Yes,
    No,
}

/// Plays the demo to its end, or until nobody watches any more.
///
/// # Errors
/// A defect of the stream.
pub fn run(settings: &Settings, outputs: &Outputs) -> Result<(), Failure> {
    let conductor = ConductorSettings { mode: settings.demo.mode, ..conductor_settings(settings) };
    let topology = graph::build(&conductor).map_err(Failure::failed)?;
    let dead_letters = topology.dead_letter_topic();
    let stream = Embedded::start(topology, settings.engine.partitions, &OUTPUTS)?;
    let outlet = stream.outlet(&OUTPUTS, Some(&dead_letters))?;
    let platform = stage(settings);
    let mut demo = Demo { platform, stream, outlet, pending: Vec::new(), outputs, value: Vec::new(), events_in: 0 };
    demo.play(settings)
}

/// Seats the audiences.
fn stage(settings: &Settings) -> SimulatedPlatform {
    let mut platform = SimulatedPlatform::default();
    let seed = settings.demo.seed;
    for (number, scene) in STORY.iter().cycle().take(settings.demo.sessions as usize).enumerate() {
        let anomalies: Vec<(AnomalyClass, f64)> = scene.anomaly.into_iter().collect();
        let plan_seed = domain::random::seed_of(&[&seed.to_le_bytes(), &number.to_le_bytes()]);
        // Longer than what is played: the planned end, with its farewell, is another story.
        let plan =
            SessionPlan::scripted(plan_seed, START, 2 * LENGTH, scene.session_type, scene.size, &anomalies).seated();
        // Side by side, sessions want titles of their own.
        let plan = plan.placed(seed.wrapping_add(number as u64));
        platform.open(session_id(seed, number), plan);
    }
    platform
}

fn session_id(seed: u64, number: usize) -> CompactString {
    format_compact!("demo{seed}-{:02}", number + 1)
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
            self.send(&events)?;
            self.carry_out(now)?;
            self.stream.set_clock(now);
            self.stream.drain()?;
            if let Watched::No = self.show(now, played)? {
                return Ok(());
            }
            clock.sleep(settings.demo.speed.wait(played, watch.elapsed()));
        }
        Ok(())
    }

    fn send(&mut self, events: &[SimulatedEvent]) -> Result<(), Failure> {
        for event in events {
            if let Input::Session(session) = &event.input
                && let Some(title) = &session.title
            {
                let titled = Output::Titled { session: event.session.clone(), title: title.clone() };
                // Whether anybody watches is asked once a step.
                let _ = self.outputs.send(titled);
            }
            self.value.clear();
            event.input.encode(Format::Json, &mut self.value).map_err(Failure::failed)?;
            let key = event.session.as_bytes();
            self.stream.send(event.input.topic(), Some(key), event.at_ms, Some(&self.value))?;
            self.events_in += 1;
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
    fn show(&mut self, now: Millis, played: Millis) -> Result<Watched, Failure> {
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
        let accounts = self.stream.accounts();
        if accounts.lost() > 0 {
            return Err(Failure::failed(format_args!("{} of {} records were lost", accounts.lost(), accounts.sent)));
        }
        let progress = Progress {
            fraction: played as f64 / LENGTH as f64,
            session_time_ms: now,
            events_in: self.events_in,
            late: accounts.late,
        };
        Ok(if outputs.send(Output::Progress(progress)).is_ok() { Watched::Yes } else { Watched::No })
    }
}
