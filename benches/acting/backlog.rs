//! Many approved commands that lie there, as after an outage, and one executor that carries them out; beside it a bare loop that sends the
//! same bodies to the same platform, as many at once. The platform answers at once and is in this process.
//!
//! The commands of a session go one after the other, each once the feedback of the one before is committed: with three of each session
//! that happens here, too. History is written meanwhile, as it is by default.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use engagement_conductor::clock::{Stopwatch, SystemClock};
use loadtest::interrupt::Interrupt;
use streams::broker::{Admin, Broker, Consumer, TopicPartition};
use topology::codec::decode;
use topology::wire::{FeedbackKind, InterventionFeedback, topics};

use crate::args::Arguments;
use crate::pace;
use crate::peer::{self, Task};
use crate::platform::Platform;
use crate::process::Process;
use crate::rate::{Moment, Rate, warm_up};
use crate::records::{TICK_MS, command, this_tick_ms};
use crate::stage::{DatabaseKind, Stage};
use crate::writer::Writer;

/// Of one session.
const COMMANDS_EACH: u64 = 3;
/// Calls under way at once: the default of `executor.calls_max`.
const CALLS_MAX: usize = 64;
const PATIENCE: Duration = Duration::from_secs(180);

/// What was measured.
pub(crate) struct Backlog {
    pub(crate) database: DatabaseKind,
    pub(crate) executor: Rate,
    pub(crate) bare: Rate,
    pub(crate) peak_mib: f64,
}

pub(crate) fn run(stage: &Stage, arguments: &Arguments, interrupt: &Interrupt) -> Backlog {
    let (count, first_ms) = (arguments.commands, this_tick_ms());
    let one = |number| {
        command(&format!("s-{}", number / COMMANDS_EACH), first_ms + (number % COMMANDS_EACH) as i64 * TICK_MS)
    };
    let commands: Vec<_> = (0..count).map(one).collect();
    Writer::new(stage, topics::INTERVENTION_COMMANDS).write_all(&commands);

    eprintln!("Carrying out {count} commands, with {}", stage.database().name());
    let stopwatch = SystemClock.stopwatch();
    let platform = Platform::start(stopwatch);
    let mut executor = stage.executor(&platform.url, &["executor.calls_per_s_max=0"]);
    let from = reached(&platform, &mut executor, warm_up(count), stopwatch, interrupt);
    let to = reached(&platform, &mut executor, count, stopwatch, interrupt);
    let peak_mib = executor.child.peak_mib();
    // Told to end, it commits what it knows.
    executor.child.terminate();
    judge(stage, &platform, count);

    eprintln!("Sending the same without an executor");
    let bodies = bodies(stage, &platform);
    let bare_platform = Platform::start(stopwatch);
    let url = bare_platform.url.clone();
    let bare = peer::measure(&Task::Post { url, bodies, count, at_once: CALLS_MAX }, interrupt);
    assert_eq!(bare_platform.calls().len() as u64, count, "requests of the bare loop");
    Backlog { database: stage.database(), executor: Rate::between(from, to), bare, peak_mib }
}

fn reached(
    platform: &Platform,
    executor: &mut Process,
    count: u64,
    stopwatch: Stopwatch,
    interrupt: &Interrupt,
) -> Moment {
    pace::wait_for("commands that are carried out", PATIENCE, interrupt, || {
        executor.child.check();
        let here = platform.count();
        let moment = Moment {
            count: here,
            seconds: stopwatch.elapsed().as_secs_f64(),
            cpu_seconds: executor.child.cpu_seconds(),
        };
        (here >= count).then_some(moment)
    })
}

/// Every command was carried out once, and told once.
fn judge(stage: &Stage, platform: &Platform, count: u64) {
    assert_eq!(platform.calls().len() as u64, count, "commands that were carried out");
    let told = feedback(stage);
    let executed = told.iter().filter(|feedback| feedback.kind == FeedbackKind::Executed);
    let commands: BTreeSet<_> = executed.map(|feedback| &feedback.command).collect();
    assert_eq!((told.len() as u64, commands.len() as u64), (count, count), "feedback, and commands told as executed");
}

/// All feedback that is committed.
fn feedback(stage: &Stage) -> Vec<InterventionFeedback> {
    let broker = stage.broker();
    let topic = topics::INTERVENTION_FEEDBACK;
    let partitions = broker.admin().unwrap().describe_topic(topic).unwrap().unwrap().spec.partitions;
    let partitions: Vec<_> = (0..partitions).map(|partition| TopicPartition::new(topic, partition)).collect();
    let mut reader = broker.reader().unwrap();
    let ends = cluster::clock::wait_for(PATIENCE, || reader.ends(&partitions).ok()).unwrap();
    let from: Vec<_> = partitions.iter().cloned().zip(ends.iter().map(|ends| ends.log_start)).collect();
    reader.assign(&from).unwrap();
    let mut records = Vec::new();
    for (partition, ends) in partitions.iter().zip(&ends) {
        let read = cluster::clock::wait_for(PATIENCE, || {
            reader.fetch(partition, 10_000, &mut records).unwrap();
            reader.position(partition).is_some_and(|position| position >= ends.last_stable).then_some(())
        });
        assert!(read.is_some(), "the end of {partition} is not reached");
    }
    records.iter().map(|record| decode(record.value.as_deref().unwrap()).unwrap()).collect()
}

/// What was sent, a body a line: JSON has no line breaks.
fn bodies(stage: &Stage, platform: &Platform) -> PathBuf {
    let path = stage.folder().join("bodies.jsonl");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    for call in platform.calls().values() {
        file.write_all(&call.body).unwrap();
        file.write_all(b"\n").unwrap();
    }
    file.flush().unwrap();
    path
}
