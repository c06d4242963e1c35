//! One contestant, from the start of its process to the last record, and then without any.

use streams::broker::Cleanup;

use crate::args::Arguments;
use crate::contestant;
use crate::java;
use crate::job::{Contestant, Job, Scenario, name};
use crate::judge;
use crate::load::Load;
use crate::stage::Stage;
use crate::watch::Watch;
use loadtest::clock::Pacing;
use loadtest::interrupt::Interrupt;
use streams::clock::Clock;

/// Settling down: what is left of the work (reports, a flush) is no idleness.
const SETTLE_MS: u64 = 2_000;

/// A row of the table.
pub(crate) struct Race {
    pub(crate) scenario: Scenario,
    pub(crate) contestant: Contestant,
    /// Records that count: those after the warm-up.
    pub(crate) records: u64,
    pub(crate) cpu_seconds: f64,
    pub(crate) seconds: f64,
    pub(crate) peak_mib: f64,
    /// From the start of the process.
    pub(crate) first_commit_ms: i64,
    /// Share of one core without input.
    pub(crate) idle_percent: Option<f64>,
}

pub(crate) fn run(
    stage: &Stage,
    load: &Load,
    scenario: Scenario,
    contestant: Contestant,
    java: Option<&java::Program>,
    arguments: &Arguments,
    interrupt: &Interrupt,
) -> Race {
    let what = format!("{}-{}", name(scenario), name(contestant));
    eprintln!("Running {what}");
    let job = Job {
        scenario,
        bootstrap_servers: stage.servers(),
        application: format!("bench-{what}"),
        input: load.topic.clone(),
        output: format!("output-{what}"),
        state_dir: stage.folder(&what),
    };
    stage.create_topic(&job.output, Cleanup::Delete);
    if contestant == Contestant::Bare && scenario != Scenario::Copy {
        stage.create_topic(&format!("{}-rows-changelog", job.application), Cleanup::Compact);
    }
    let watch = Watch::new(&job.bootstrap_servers, &job.application, &[&job.input], interrupt);
    let started_ms = watch.clock.now_ms();
    let mut child = contestant::start(contestant, &job, java);
    let first_commit_ms = watch.wait_for(&mut child, 1).at_ms - started_ms;
    let from = watch.wait_for(&mut child, arguments.warm_up());
    let to = watch.wait_for(&mut child, load.records);
    let peak_mib = child.peak_mib();
    // A loop that is written for the bench says nothing when it is idle.
    let idle_percent = (scenario == Scenario::EveryUpdate && contestant != Contestant::Bare).then(|| {
        watch.clock.pass(SETTLE_MS);
        let before = (watch.clock.now_ms(), child.cpu_seconds());
        watch.clock.pass(arguments.idle_seconds * 1_000);
        (child.cpu_seconds() - before.1) * 100_000.0 / (watch.clock.now_ms() - before.0) as f64
    });
    child.stop();
    judge::judge(&job, load);
    Race {
        scenario,
        contestant,
        records: to.committed - from.committed,
        cpu_seconds: to.cpu_seconds - from.cpu_seconds,
        seconds: (to.at_ms - from.at_ms) as f64 / 1_000.0,
        peak_mib,
        first_commit_ms,
        idle_percent,
    }
}
