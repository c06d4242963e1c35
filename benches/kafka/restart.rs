//! A process with a large state is killed in the middle of its work and started again: how long until it has done something new?

use loadtest::interrupt::Interrupt;
use streams::clock::Clock;

use crate::args::Arguments;
use crate::contestant;
use crate::java;
use crate::job::{Contestant, Job, Scenario, name};
use crate::load;
use crate::stage::Stage;
use crate::watch::Watch;

/// A tenth more comes after the state is there, so that the kill hits somebody who works.
const MORE: u64 = 10;

/// A row of the table.
pub(crate) struct Restart {
    pub(crate) contestant: Contestant,
    pub(crate) state_mib: u64,
    /// From the start of the second process to its first commit.
    pub(crate) first_commit_ms: i64,
    pub(crate) peak_mib: f64,
}

pub(crate) fn run(
    stage: &Stage,
    contestant: Contestant,
    java: Option<&java::Program>,
    arguments: &Arguments,
    interrupt: &Interrupt,
) -> Restart {
    let what = format!("restart-{}", name(contestant));
    eprintln!("Running {what}");
    let job = Job {
        scenario: Scenario::Restart,
        bootstrap_servers: stage.servers(),
        application: format!("bench-{what}"),
        input: format!("input-{what}"),
        output: String::new(),
        state_dir: stage.folder(&what),
    };
    let rows = arguments.state_mib * 1_024;
    load::load(stage, &job.input, &load::rows(0, rows), interrupt);
    let watch = Watch::new(&job.bootstrap_servers, &job.application, &[&job.input], interrupt);
    let mut child = contestant::start(contestant, &job, java);
    watch.wait_for(&mut child, rows);
    let more = (rows / MORE).max(1_000);
    load::append(stage, &job.input, &load::rows(rows, more), interrupt);
    watch.wait_for(&mut child, rows + 1);
    // Dropped, it is killed.
    drop(child);
    // What it has done meanwhile is not its successor's. With nothing left, there must be something new.
    let mut done = watch.committed();
    if done >= rows + more {
        done = rows + more;
        load::append(stage, &job.input, &load::rows(rows + more, more), interrupt);
    }
    let started_ms = watch.clock.now_ms();
    let mut child = contestant::start(contestant, &job, java);
    let first = watch.wait_for(&mut child, done + 1);
    let peak_mib = child.peak_mib();
    Restart { contestant, state_mib: arguments.state_mib, first_commit_ms: first.at_ms - started_ms, peak_mib }
}
