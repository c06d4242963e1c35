//! The page of a session in Chromium, each time as somebody who was never there: what it loads, and how long it takes. The session has an
//! hour behind it, the most that is shown. `tests/browser/loading.mjs` is the visit.

use loadtest::interrupt::Interrupt;
use serde::Deserialize;
use topology::wire::topics;

use crate::npm;
use crate::records::{TICK_MS, score, this_tick_ms};
use crate::shared::attempt::check;
use crate::stage::Stage;
use crate::writer::Writer;

/// Ticks of an hour.
const TICKS: i64 = 720;
const LOADS: usize = 5;

/// A load, or the median of several.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Load {
    /// Everything that came over the connection, heads included.
    pub(crate) bytes: f64,
    /// What of it is the session itself, which changes: the first event of the stream.
    pub(crate) stream_bytes: f64,
    /// Since the navigation.
    pub(crate) first_paint_ms: f64,
    /// The same until the score is a number.
    pub(crate) score_ms: f64,
}

pub(crate) fn run(stage: &Stage, interrupt: &Interrupt) -> Load {
    let last_ms = this_tick_ms();
    let scores: Vec<_> = (1 - TICKS..=0).map(|number| score("page", last_ms + number * TICK_MS)).collect();
    Writer::new(stage, topics::ENGAGEMENT_SCORES).write_all(&scores);
    let mut dashboard = stage.dashboard();
    // Ready is who has read all this.
    dashboard.await_ready(interrupt);

    eprintln!("Loading the page {LOADS} times");
    let output = npm::visit("loading", &dashboard.url("/s/page")).output().expect("node is missing: `make setup`");
    check(interrupt);
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the visit: {said}{errors}");
    let loads: Vec<Load> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(loads.len(), LOADS, "loads");
    dashboard.child.terminate();
    let median = |of: fn(&Load) -> f64| {
        let mut each: Vec<f64> = loads.iter().map(of).collect();
        each.sort_unstable_by(f64::total_cmp);
        each[each.len() / 2]
    };
    Load {
        bytes: median(|load| load.bytes),
        stream_bytes: median(|load| load.stream_bytes),
        first_paint_ms: median(|load| load.first_paint_ms),
        score_ms: median(|load| load.score_ms),
    }
}
