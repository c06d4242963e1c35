//! From a committed score to the delta that a viewer of its session gets. A hundred sessions, a score of each a second, in a
//! transaction each 100 ms, as a stream that works for many commits them.
//!
//! From the commit returning to the bytes arriving at an HTTP client in this process. A session is sent at most four deltas a second:
//! what comes faster waits for the next one, up to 250 ms more. Here nothing does.

use std::collections::BTreeMap;
use std::time::Duration;

use engagement_conductor::clock::SystemClock;
use loadtest::interrupt::Interrupt;
use topology::wire::topics;

use crate::args::Arguments;
use crate::pace;
use crate::records::{TICK_MS, score, this_tick_ms};
use crate::shared::latency::Latency;
use crate::stage::Stage;
use crate::viewers::Viewers;
use crate::writer::Writer;

const SESSIONS: usize = 100;
/// Transactions of a second; each has a tenth of the sessions.
const COMMITS_PER_SECOND: usize = 10;

/// What was measured.
pub(crate) struct DeltaLatency {
    pub(crate) sessions: usize,
    pub(crate) scores: usize,
    /// From the commit.
    pub(crate) latency: Latency,
}

pub(crate) fn run(stage: &Stage, arguments: &Arguments, interrupt: &Interrupt) -> DeltaLatency {
    let mut dashboard = stage.dashboard();
    dashboard.await_ready(interrupt);
    let mut writer = Writer::new(stage, topics::ENGAGEMENT_SCORES);
    let stopwatch = SystemClock.stopwatch();
    let sessions: Vec<String> = (0..SESSIONS).map(|number| format!("delta-{number}")).collect();
    let viewers = Viewers::open(&dashboard, &sessions, stopwatch, interrupt);

    eprintln!("Writing scores of {SESSIONS} sessions for {} s", arguments.seconds);
    let first_ms = this_tick_ms();
    let began = stopwatch.elapsed();
    let mut written: Vec<Vec<i64>> = vec![Vec::new(); SESSIONS];
    let mut committed: BTreeMap<(usize, i64), Duration> = BTreeMap::new();
    for number in 0..arguments.seconds as usize * COMMITS_PER_SECOND {
        pace::until(stopwatch, began + Duration::from_secs(1) / COMMITS_PER_SECOND as u32 * number as u32, interrupt);
        let tick = first_ms + (number / COMMITS_PER_SECOND) as i64 * TICK_MS;
        let turn = (number % COMMITS_PER_SECOND..SESSIONS).step_by(COMMITS_PER_SECOND);
        let scores: Vec<_> = turn.clone().map(|session| score(&sessions[session], tick)).collect();
        writer.write(&scores);
        let at = stopwatch.elapsed();
        for session in turn {
            written[session].push(tick);
            committed.insert((session, tick), at);
        }
    }
    let deltas = viewers.settle(&written, interrupt);
    dashboard.child.check();
    drop(viewers);
    dashboard.child.terminate();
    let each = deltas.iter().flat_map(|delta| delta.ticks.iter().map(move |tick| (delta.viewer, *tick, delta.at)));
    // A viewer may have it before the one who writes is told that it is committed.
    let latency = each.map(|(viewer, tick, at)| (at.as_secs_f64() - committed[&(viewer, tick)].as_secs_f64()) * 1e3);
    DeltaLatency { sessions: SESSIONS, scores: committed.len(), latency: Latency::of(latency.collect()) }
}
