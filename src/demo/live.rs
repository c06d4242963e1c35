//! The whole in one process, on one clock that goes faster than life: stream, executor, platform over HTTP, database, dashboard.
//!
//! ```text
//! this loop      moves the clock, lets audiences and stream go on       --> broker in memory
//! a thread each  the executor, the history, the dashboard               <-> the same broker, the same clock
//! tasks          the platform and the page, over HTTP on this machine
//! ```
//! Threads meet when they like, so it is not the same twice.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use domain::time::Millis;
use streams::clock::{Clock, ManualClock};
use topology::event_log::Speed;
use topology::graph;
use topology::settings::ConductorSettings;
use topology::simulated::{Input, blank};
use topology::wire::SessionKind;

use super::platform::EventPlatform;
use super::roles;
use super::story::stage;
use super::{LENGTH, START, STEP, Watched};
use crate::act::SimulatedEvent;
use crate::cli::demo::Outputs;
use crate::clock::SystemClock;
use crate::dashboard::run::runtime;
use crate::embedded::{Embedded, OUTPUTS, Outlet};
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::{Settings, conductor_settings};
use topology::wire::topics;

/// Time between two looks at who still watches, and whether the process is told to stop.
const LINGER: Duration = Duration::from_millis(100);

/// The running demo.
struct Demo<'a> {
    platform: EventPlatform,
    stream: Embedded,
    outlet: Outlet,
    clock: ManualClock,
    outputs: &'a Outputs,
    events_in: u64,
}

/// Plays the demo to its end; on a terminal, until nobody watches any more.
pub(super) fn run(settings: &Settings, outputs: &Outputs) -> Result<(), Failure> {
    let runtime = runtime()?;
    let conductor = ConductorSettings { mode: settings.demo.mode, ..conductor_settings(settings) };
    let topology = graph::build(&conductor).map_err(Failure::failed)?;
    let dead_letters = topology.dead_letter_topic();
    let stream = Embedded::shared(topology, settings.engine.partitions, &OUTPUTS)?;
    let watched: Vec<&str> = OUTPUTS.into_iter().chain([topics::INTERVENTION_FEEDBACK]).collect();
    let outlet = stream.outlet(&watched, Some(&dead_letters))?;
    stream.set_clock(START);
    let clock = stream.clock();
    let platform = EventPlatform::start(&runtime, stage(settings))?;
    // On a screen Ctrl-C is a key; everywhere else it is a signal.
    let is_told = crate::stop::install(&runtime)?;
    let is_stopping = Arc::new(AtomicBool::new(false));
    let started = roles::start(&runtime, settings, &stream, &platform.url, &is_stopping)?;
    // Whether anybody watches is asked once a step.
    let _ = outputs.send(Output::Serving { url: started.url.clone() });
    let mut demo = Demo { platform, stream, outlet, clock, outputs, events_in: 0 };
    let played = demo.play(settings, &is_told);
    is_stopping.store(true, Ordering::Release);
    let ended = started.threads.into_iter().map(joined).collect::<Result<Vec<()>, Failure>>();
    runtime.shutdown_timeout(Duration::from_secs(1));
    played.and(ended.map(drop))
}

fn joined(thread: JoinHandle<Result<(), Failure>>) -> Result<(), Failure> {
    thread.join().map_err(|_| Failure::failed("a role of the demo panicked"))?
}

impl Demo<'_> {
    /// To the end, or until the process is told to stop.
    fn play(&mut self, settings: &Settings, is_told: &AtomicBool) -> Result<(), Failure> {
        let wall = SystemClock;
        let watch = wall.stopwatch();
        let mut events = Vec::new();
        for played in (STEP..=LENGTH).step_by(STEP as usize) {
            let now = START + played;
            events.clear();
            self.platform.step(now, &mut events);
            self.events_in += super::send(&mut self.stream, self.outputs, &events)?;
            self.go_on(now)?;
            if let Watched::No = self.show(now)? {
                return Ok(());
            }
            let next = watch.elapsed().saturating_add(settings.demo.speed.wait(played, watch.elapsed()));
            while watch.elapsed() < next && !is_told.load(Ordering::Acquire) {
                wall.sleep(LINGER.min(next.saturating_sub(watch.elapsed())));
            }
            if is_told.load(Ordering::Acquire) {
                return Ok(());
            }
        }
        self.end(&mut events)?;
        let stays = settings.demo.stay && std::io::stdout().is_terminal();
        if !stays {
            return Ok(());
        }
        while !is_told.load(Ordering::Acquire) {
            self.go_on(self.clock.now_ms())?;
            if let Watched::No = self.show(self.clock.now_ms())? {
                return Ok(());
            }
            wall.sleep(LINGER);
        }
        Ok(())
    }

    fn go_on(&mut self, now: Millis) -> Result<(), Failure> {
        self.stream.set_clock(now);
        self.stream.drain()
    }

    /// The story is over, and the sessions with it: a page that stays says so.
    fn end(&mut self, events: &mut Vec<SimulatedEvent>) -> Result<(), Failure> {
        let now = START + LENGTH;
        events.clear();
        events.extend(self.platform.sessions().map(|session| SimulatedEvent {
            at_ms: now,
            session,
            input: Input::Session(blank::session(SessionKind::Ended)),
        }));
        self.events_in += super::send(&mut self.stream, self.outputs, events)?;
        self.go_on(now)?;
        self.show(now).map(drop)
    }

    /// Passes on what the stream and the executor have written.
    fn show(&mut self, now: Millis) -> Result<Watched, Failure> {
        let outputs = self.outputs;
        self.outlet.take(|received| {
            let _ = outputs.send(received.output()?);
            Ok(())
        })?;
        super::report(&self.stream, self.outputs, self.events_in, now)
    }
}

/// How fast the clock goes.
pub(super) fn times(speed: Speed) -> f64 {
    match speed {
        Speed::Times(times) => times,
        Speed::Max => 1.0,
    }
}
