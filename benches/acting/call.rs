//! From a committed command to the request that the platform gets: 20 commands a second, each of a session of its own, each in a
//! transaction of its own, written by the templates. From the commit returning to the request being there, in this process.

use std::collections::BTreeMap;
use std::time::Duration;

use engagement_conductor::clock::SystemClock;
use loadtest::interrupt::Interrupt;
use topology::wire::topics;

use crate::args::Arguments;
use crate::pace;
use crate::platform::Platform;
use crate::records::{command, this_tick_ms};
use crate::shared::latency::Latency;
use crate::stage::Stage;
use crate::writer::Writer;

const PER_SECOND: u32 = 20;
const PATIENCE: Duration = Duration::from_secs(60);

/// What was measured.
pub(crate) struct CallLatency {
    pub(crate) commands: usize,
    /// From the commit.
    pub(crate) latency: Latency,
}

pub(crate) fn run(stage: &Stage, arguments: &Arguments, interrupt: &Interrupt) -> CallLatency {
    let stopwatch = SystemClock.stopwatch();
    let platform = Platform::start(stopwatch);
    let mut executor = stage.executor(&platform.url, &[]);
    executor.await_ready(interrupt);
    // Ready is also who has no partition yet.
    pace::wait_for("an executor with partitions", PATIENCE, interrupt, || {
        executor.metric("engagement_conductor_executor_partitions ").filter(|partitions| *partitions > 0.0)
    });
    let mut writer = Writer::new(stage, topics::INTERVENTION_COMMANDS);

    eprintln!("Writing commands for {} s", arguments.seconds);
    let began = stopwatch.elapsed();
    let mut committed = BTreeMap::new();
    for number in 0..arguments.seconds as u32 * PER_SECOND {
        pace::until(stopwatch, began + Duration::from_secs(1) / PER_SECOND * number, interrupt);
        let (session, tick) = (format!("call-{number}"), this_tick_ms());
        writer.write(&[command(&session, tick)]);
        committed.insert(format!("{session}:{tick}:0"), stopwatch.elapsed());
    }
    pace::wait_for("all commands are carried out", PATIENCE, interrupt, || {
        executor.child.check();
        (platform.count() >= committed.len() as u64).then_some(())
    });
    executor.child.terminate();
    let calls = platform.calls();
    assert!(calls.keys().eq(committed.keys()), "what was carried out is not what was written");
    // The request may be there before the one who writes is told that the command is committed.
    let each = committed.iter().map(|(command, at)| (calls[command].at.as_secs_f64() - at.as_secs_f64()) * 1e3);
    CallLatency { commands: committed.len(), latency: Latency::of(each.collect()) }
}
