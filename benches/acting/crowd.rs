//! Many viewers of one session, of which a score is written four times a second: twenty times as often as a stream does.

use std::time::Duration;

use engagement_conductor::clock::SystemClock;
use loadtest::interrupt::Interrupt;
use topology::wire::topics;

use crate::args::Arguments;
use crate::pace;
use crate::records::{TICK_MS, score, this_tick_ms};
use crate::stage::Stage;
use crate::viewers::Viewers;
use crate::writer::Writer;

const UPDATES_PER_SECOND: u32 = 4;
/// Before it counts.
const WARM_UP: Duration = Duration::from_secs(3);

/// What was measured.
pub(crate) struct Crowd {
    pub(crate) viewers: u32,
    /// That were written: on a busy machine fewer than they should be.
    pub(crate) scores_per_second: f64,
    /// That a viewer got: the one with the fewest, and the mean of all.
    pub(crate) deltas_per_second_min: f64,
    pub(crate) deltas_per_second: f64,
    /// Share of one core.
    pub(crate) cpu_percent: f64,
    pub(crate) peak_mib: f64,
}

pub(crate) fn run(stage: &Stage, arguments: &Arguments, interrupt: &Interrupt) -> Crowd {
    let mut dashboard = stage.dashboard();
    dashboard.await_ready(interrupt);
    let mut writer = Writer::new(stage, topics::ENGAGEMENT_SCORES);
    let stopwatch = SystemClock.stopwatch();
    let sessions = vec!["crowd".to_owned(); arguments.viewers as usize];
    let viewers = Viewers::open(&dashboard, &sessions, stopwatch, interrupt);

    eprintln!("{} viewers watch for {} s", arguments.viewers, arguments.seconds);
    let first_ms = this_tick_ms();
    let began = stopwatch.elapsed();
    let to = WARM_UP + Duration::from_secs(arguments.seconds);
    let mut ticks = Vec::new();
    let mut from = None;
    loop {
        let at = Duration::from_secs(1) / UPDATES_PER_SECOND * ticks.len() as u32;
        pace::until(stopwatch, began + at, interrupt);
        if at >= WARM_UP && from.is_none() {
            from = Some((stopwatch.elapsed(), dashboard.child.cpu_seconds(), ticks.len()));
        }
        if at >= to {
            break;
        }
        let tick = first_ms + ticks.len() as i64 * TICK_MS;
        writer.write(&[score("crowd", tick)]);
        ticks.push(tick);
    }
    let (from, from_cpu, before) = from.unwrap();
    let (to, cpu) = (stopwatch.elapsed(), dashboard.child.cpu_seconds() - from_cpu);
    let written = ticks.len() - before;
    let deltas = viewers.settle(&vec![ticks; sessions.len()], interrupt);
    let peak_mib = dashboard.child.peak_mib();
    dashboard.child.check();
    drop(viewers);
    dashboard.child.terminate();
    let mut each = vec![0_u64; sessions.len()];
    deltas.iter().filter(|delta| (from..to).contains(&delta.at)).for_each(|delta| each[delta.viewer] += 1);
    let seconds = (to - from).as_secs_f64();
    Crowd {
        viewers: arguments.viewers,
        scores_per_second: written as f64 / seconds,
        deltas_per_second_min: *each.iter().min().unwrap() as f64 / seconds,
        deltas_per_second: each.iter().sum::<u64>() as f64 / each.len() as f64 / seconds,
        cpu_percent: cpu * 100.0 / seconds,
        peak_mib,
    }
}
