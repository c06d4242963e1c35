//! The whole loop, from events to outcomes and their history, on a replay: processes of the stream and executors are killed at random,
//! the platform fails at random, and people decide meanwhile.

use std::path::PathBuf;
use std::time::Duration;

use cluster::clock::wait_for;
use domain::random::Generator;
use topology::wire::{FeedbackKind, Outcome, topics};

use crate::history;
use crate::instance::Instance;
use crate::person::Person;
use crate::platform::Platform;
use crate::rows;
use crate::stage::stream::APPLICATION;
use crate::stage::{PATIENCE, Stage, stop};
use crate::told::{Open, Told, each_tick_is_there_once};
use crate::topic::{lag, partitions, read};

/// What is replayed: three quarters of an hour of sessions with an audience, in four minutes.
const LOG: &[&str] = &["--sessions", "128", "--minutes", "40", "--stagger-minutes", "5"];
const SPEED: &str = "12";
/// Alarms are many, up to the end of a session; some decisions wait for a person, and some episodes are controls. In a replay that is so
/// fast the time between a decision and what comes of it is long by the clock of the events.
const SETTINGS: &[(&str, &str)] = &[
    ("CONDUCTOR__DECISION__MODE", "assist"),
    ("CONDUCTOR__DECISION__ASSIST_CONFIDENCE", "0.3"),
    ("CONDUCTOR__DECISION__WARNING_SCORE_MAX", "1.0"),
    ("CONDUCTOR__DECISION__BUDGET_SPAN_MS", "900000"),
    ("CONDUCTOR__DECISION__PROPOSAL_LIFE_MS", "600000"),
    ("CONDUCTOR__DECISION__APPROVED_LIFE_MS", "1800000"),
    ("CONDUCTOR__DETECTOR__LEVEL__WARNING", "0.6"),
    ("CONDUCTOR__DETECTOR__LEVEL__CRITICAL", "0.5"),
    ("CONDUCTOR__DETECTOR__LEVEL_90S__WARNING", "0.6"),
    ("CONDUCTOR__DETECTOR__LEVEL_90S__CRITICAL", "0.5"),
    ("CONDUCTOR__DETECTOR__Z__WARNING", "-1.5"),
    ("CONDUCTOR__DETECTOR__Z__CRITICAL", "-2.5"),
    ("CONDUCTOR__DETECTOR__Z_90S__WARNING", "-1.5"),
    ("CONDUCTOR__DETECTOR__Z_90S__CRITICAL", "-2.5"),
    ("CONDUCTOR__DETECTOR__EPISODE_REARM_MS", "60000"),
    ("CONDUCTOR__DETECTOR__PLANNED_END_BEFORE_MS", "0"),
    ("CONDUCTOR__ENGINE__IDLE_ADVANCE_MS", "2000"),
    ("CONDUCTOR__ENGINE__SESSION_TIMEOUT_MS", "3000"),
    ("CONDUCTOR__POLICY__LEARNING", "live"),
];
/// Less than this would prove little. How many of the commands are approved in time, and measured, depends on how fast the machine is: on a
/// slow one people come late, by the clock of a replay.
const COMMANDS_MIN: usize = 200;
const EXECUTED_MIN: usize = 100;
const MEASURED_MIN: usize = 50;
const FAULTS_MIN: u64 = 50;
const KILLS_MIN: usize = 5;
/// An executor is killed when the platform has just been called, if that happens this soon.
const CALLED_WITHIN: Duration = Duration::from_secs(5);

/// The two processes of each role.
struct Processes {
    streams: [Instance; 2],
    executors: [Instance; 2],
}

impl Processes {
    fn each(&mut self) -> impl Iterator<Item = &mut Instance> {
        self.streams.iter_mut().chain(&mut self.executors)
    }

    fn said(&self) -> String {
        let all = self.streams.iter().chain(&self.executors);
        all.map(|process| format!("{}:\n{}\n", process.name(), process.said())).collect()
    }
}

/// How often a process of each role was killed.
#[derive(Debug, Default)]
struct Kills {
    streams: usize,
    executors: usize,
}

#[test]
fn a_replay_is_acted_on_measured_and_kept_exactly_once_whatever_is_killed() {
    let stage = Stage::new(Platform::faulty());
    let log = log(&stage);
    let mut processes = Processes {
        streams: ["a", "b"].map(|name| stage.stream(name, SETTINGS)),
        executors: ["one", "two"].map(|name| stage.executor(name)),
    };
    processes.streams[0].await_ready();
    let kills = std::thread::scope(|scope| {
        let replay = scope.spawn(|| stage.stream.replay(&log, SPEED));
        let kills = disturb(&stage, &mut processes, &|| replay.is_finished());
        replay.join().unwrap();
        kills
    });
    settle(&stage, &mut processes);
    let kept = history::all_is_kept(&stage, &mut processes.executors);
    stop(&mut processes.executors);
    for stream in &mut processes.streams {
        assert!(stream.stop().success(), "{}", stream.said());
    }

    let told = Told::by(&stage);
    told.each_command_ends_once();
    stage.platform.agrees_with(&told.feedback);
    let keys = stage.platform.keys();
    let unasked: Vec<_> = keys.keys().filter(|key| !told.approved().contains(key.as_str())).collect();
    assert!(unasked.is_empty(), "nobody has approved {unasked:?}");
    let scores = stage.values(topics::ENGAGEMENT_SCORES);
    each_tick_is_there_once(&scores);
    rows::agree(&stage, &kept);
    let dead_letters: usize =
        read(&stage.broker(), &format!("{APPLICATION}-dead-letters")).values().map(Vec::len).sum();
    assert_eq!(dead_letters, 0);

    let executed = told.feedback.iter().filter(|feedback| feedback.kind == FeedbackKind::Executed).count();
    let faults: u64 = keys.values().map(|known| known.faults).sum();
    let again = keys.values().filter(|known| known.calls > 1).count();
    let outcomes: Vec<_> = Outcome::ALL.iter().map(|outcome| (outcome.name(), told.count(*outcome))).collect();
    println!(
        "{kills:?}; {} commands, {} approved, {executed} executed; {faults} faults of {} calls, {again} called again; {outcomes:?}; \
         {} scores",
        told.decided().len(),
        told.approved().len(),
        stage.platform.calls(),
        scores.len()
    );
    assert!(kills.streams >= KILLS_MIN && kills.executors >= KILLS_MIN, "too little was killed");
    assert!(told.decided().len() >= COMMANDS_MIN, "too little was decided to prove anything");
    assert!(executed >= EXECUTED_MIN && faults >= FAULTS_MIN, "too little was done to prove anything");
    assert!(told.count(Outcome::Measured) >= MEASURED_MIN, "too little was measured to prove anything");
}

/// Of a platform that sends no heartbeats: they are most of a log, and decide little.
fn log(stage: &Stage) -> PathBuf {
    let events = std::fs::read_to_string(stage.stream.events(LOG)).unwrap();
    let lines = events.lines().filter(|line| !line.contains("\"kind\":\"heartbeat\""));
    let path = stage.stream.folder().join("log.jsonl");
    std::fs::write(&path, lines.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    path
}

/// Kills one process after the other, of both roles in turn, while people decide; until it is over.
fn disturb(stage: &Stage, processes: &mut Processes, is_over: &dyn Fn() -> bool) -> Kills {
    let mut chance = Generator::of(&[b"replay"]);
    let (mut person, mut kills) = (Person::default(), Kills::default());
    while !is_over() {
        let pause = Duration::from_millis(3_000 + chance.below(6_000));
        wait_for(pause, || {
            processes.each().for_each(Instance::check);
            is_over().then_some(())
        });
        person.act(stage);
        // Both roles are killed equally often.
        let victims = if kills.streams <= kills.executors {
            kills.streams += 1;
            &mut processes.streams
        } else {
            let before = stage.platform.calls();
            wait_for(CALLED_WITHIN, || (stage.platform.calls() > before).then_some(()));
            kills.executors += 1;
            &mut processes.executors
        };
        victims.iter_mut().for_each(Instance::start_if_dead);
        let victim = &mut victims[usize::from(chance.chance(0.5))];
        victim.kill();
        // Half of them come back at once, the others when the next of their role is killed: their peer takes over.
        if chance.chance(0.5) {
            victim.start();
        }
    }
    processes.each().for_each(Instance::start_if_dead);
    kills
}

/// Waits until every event is processed, every approved command has its feedback and every command its result.
fn settle(stage: &Stage, processes: &mut Processes) {
    let broker = stage.broker();
    let inputs: Vec<_> = topics::INPUTS.iter().flat_map(|topic| partitions(&broker, topic)).collect();
    let mut looks = 0_u32;
    let is_settled = wait_for(PATIENCE, || {
        processes.each().for_each(Instance::check);
        looks += 1;
        // Each look is a client of its own: seldom.
        let is_read = looks.is_multiple_of(40) && lag(&broker, APPLICATION, &inputs) == Some(0);
        (is_read && Told::by(stage).open() == Open::default()).then_some(())
    });
    if is_settled.is_none() {
        let lag = lag(&broker, APPLICATION, &inputs);
        panic!("{:?}; {lag:?} records left\n{}", Told::by(stage).open(), processes.said());
    }
}
