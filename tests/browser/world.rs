//! A world in this process, for visits: an audience that says what it is told to, the stream that watches it, and the roles around it, as in
//! `conductor demo`.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use cluster::clock::wait_for;
use domain::audience::SessionPlan;
use domain::context::{AnomalyClass, SessionType};
use domain::time::{MINUTE, Millis, SECOND};
use engagement_conductor::act::{SimulatedEvent, SimulatedPlatform};
use engagement_conductor::demo::roles;
use engagement_conductor::embedded::{Embedded, OUTPUTS, Outlet};
use engagement_conductor::failure::Failure;
use engagement_conductor::output::Output;
use engagement_conductor::settings::{Settings, conductor_settings};
use tokio::runtime::Runtime;
use topology::codec::Format;
use topology::event_log::Speed;
use topology::graph;
use topology::simulated::{Input, blank};
use topology::wire::{
    CommandStatus, InterventionCommand, InterventionFeedback, InterventionKind, Mode, Session, SessionKind, topics,
};

use crate::npm::judge;
use crate::others::{Asked, Others};

const START: Millis = 1_767_607_200_000;
/// Who is awaited is not left behind: while something is under way, a second of the sessions takes so long.
const BREATH: Duration = Duration::from_millis(25);
/// A second of the sessions while somebody visits.
const VISITED: Duration = Duration::from_millis(200);
/// A visit that takes longer, in seconds of the sessions, is ended: ten minutes at least.
const VISIT_SECONDS_MAX: u32 = 3_000;
/// People wait for each other longer than usual, so that a slow machine finds them.
const PATIENT_MS: u64 = 1_800_000;

/// One session of the world.
pub(crate) struct Scene {
    pub(crate) session: &'static str,
    pub(crate) mode: Mode,
    /// What goes wrong, and in which minute.
    pub(crate) anomaly: (AnomalyClass, f64),
}

/// The world.
pub(crate) struct World {
    audience: SimulatedPlatform,
    /// Puts words into the audience's mouths; the number is that of the event.
    say: fn(&mut Input, usize),
    events: usize,
    now_ms: Millis,
    stream: Embedded,
    outlet: Outlet,
    pub(crate) others: Others,
    /// Approved, and not told of.
    open: BTreeSet<String>,
    pub(crate) commands: Vec<InterventionCommand>,
    pub(crate) feedback: Vec<InterventionFeedback>,
    /// Outcomes so far.
    pub(crate) results: usize,
    pub(crate) asked: Vec<Asked>,
    pub(crate) url: String,
    is_stopping: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<(), Failure>>>,
    _runtime: Runtime,
    _key: tempfile::NamedTempFile,
}

impl World {
    pub(crate) fn new(scenes: &[Scene], say: fn(&mut Input, usize)) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let others = Others::start(&runtime);
        let key = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(key.path(), "key").unwrap();
        let settings = settings(&others, key.path());
        let topology = graph::build(&conductor_settings(&settings)).unwrap();
        let dead_letters = topology.dead_letter_topic();
        let stream = Embedded::shared(topology, 2, &OUTPUTS).unwrap();
        let watched: Vec<&str> = OUTPUTS.into_iter().chain([topics::INTERVENTION_FEEDBACK]).collect();
        let outlet = stream.outlet(&watched, Some(&dead_letters)).unwrap();
        stream.set_clock(START);
        let is_stopping = Arc::new(AtomicBool::new(false));
        let started = roles::start(&runtime, &settings, &stream, &others.platform_url, &is_stopping).unwrap();
        let url = started.url.split_whitespace().next().unwrap().to_owned();
        let mut world = Self {
            audience: SimulatedPlatform::default(),
            say,
            events: 0,
            now_ms: START,
            stream,
            outlet,
            others,
            open: BTreeSet::new(),
            commands: Vec::new(),
            feedback: Vec::new(),
            results: 0,
            asked: Vec::new(),
            url,
            is_stopping,
            threads: started.threads,
            _runtime: runtime,
            _key: key,
        };
        for (number, scene) in scenes.iter().enumerate() {
            world.seat(number as u64, scene);
        }
        world
    }

    fn seat(&mut self, number: u64, scene: &Scene) {
        let plan = SessionPlan::scripted(number, START, 60 * MINUTE, SessionType::Workshop, 90, &[scene.anomaly]);
        self.audience.open(scene.session.into(), plan.seated().placed(number));
        self.tell(
            scene.session,
            Session { mode: Some(scene.mode), actor: Some("test".into()), ..blank::session(SessionKind::Mode) },
        );
    }

    /// Says something of a session.
    fn tell(&mut self, session: &str, told: Session) {
        self.send(SimulatedEvent { at_ms: self.now_ms, session: session.into(), input: Input::Session(told) });
    }

    /// Sends what no reader can use.
    pub(crate) fn send_raw(&mut self, topic: &str, session: &str, value: &[u8]) {
        assert!(self.stream.send(topic, Some(session.as_bytes()), self.now_ms, Some(value)).unwrap());
    }

    fn send(&mut self, mut event: SimulatedEvent) {
        self.events += 1;
        (self.say)(&mut event.input, self.events);
        let mut value = Vec::new();
        event.input.encode(Format::Json, &mut value).unwrap();
        let key = event.session.as_bytes();
        assert!(self.stream.send(event.input.topic(), Some(key), event.at_ms, Some(&value)).unwrap());
    }

    /// Goes on until something is so, for at most so long by the sessions' clock.
    pub(crate) fn until(&mut self, what: &str, span: Millis, is_so: impl Fn(&Self) -> bool) {
        let end = self.now_ms + span;
        while !is_so(self) {
            assert!(self.now_ms < end, "it did not come: {what}; {} commands", self.commands.len());
            self.step();
            if !self.open.is_empty() {
                wait_for(BREATH, || {
                    self.listen();
                    self.open.is_empty().then_some(())
                });
            }
        }
    }

    /// The sessions are over.
    pub(crate) fn end(&mut self) {
        for session in self.audience.sessions().collect::<Vec<_>>() {
            self.tell(&session, blank::session(SessionKind::Ended));
        }
        self.audience = SimulatedPlatform::default();
        self.step();
    }

    /// Goes on while somebody visits; the visit must end well.
    pub(crate) fn host(&mut self, scenario: &str, mut visit: Command) {
        let mut visitor = visit.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut seconds = 0;
        while wait_for(VISITED, || visitor.try_wait().unwrap()).is_none() {
            seconds += 1;
            if seconds > VISIT_SECONDS_MAX {
                visitor.kill().unwrap();
            }
            self.step();
        }
        judge(scenario, visitor.wait_with_output().unwrap());
    }

    /// A second.
    fn step(&mut self) {
        self.now_ms += SECOND;
        let mut events = Vec::new();
        self.audience.step(self.now_ms, &mut events);
        events.into_iter().for_each(|event| self.send(event));
        self.stream.set_clock(self.now_ms);
        self.stream.drain().unwrap();
        self.listen();
    }

    fn listen(&mut self) {
        let Self { outlet, commands, feedback, open, results, .. } = self;
        outlet
            .take(|received| {
                match received.output()? {
                    Output::Command(command) => {
                        if command.status == CommandStatus::Approved {
                            open.insert(command.command.to_string());
                        }
                        commands.push(*command);
                    }
                    Output::Feedback(told) => {
                        open.remove(told.command.as_str());
                        feedback.push(*told);
                    }
                    Output::Result(_) => *results += 1,
                    _ => {}
                }
                Ok(())
            })
            .unwrap();
        for asked in self.others.asked() {
            let kind = InterventionKind::parse(asked.body["kind"].as_str().unwrap()).unwrap();
            let variant = asked.body["variant"].as_str();
            self.audience.act(&asked.session, &asked.command, kind, variant, self.now_ms);
            self.asked.push(asked);
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.is_stopping.store(true, Ordering::Release);
        for thread in self.threads.drain(..) {
            // A test that has failed already says why.
            let _ = thread.join();
        }
    }
}

fn settings(others: &Others, key: &std::path::Path) -> Settings {
    let mut settings = Settings::default();
    settings.demo.port = 0;
    settings.demo.speed = Speed::Times(5.0);
    settings.decision.mode = Mode::Auto;
    settings.decision.hold_out = 0.0;
    settings.decision.proposal_life_ms = PATIENT_MS;
    settings.decision.approved_life_ms = PATIENT_MS;
    settings.content.allow_private_addresses = true;
    settings.content.openai.url.clone_from(&others.model_url);
    settings.content.openai.model = "obedient".to_owned();
    settings.content.openai.key_file = key.display().to_string();
    settings
}
