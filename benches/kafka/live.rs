//! The application while sessions go on: event time runs at the pace of the wall clock.
//!
//! **From event to score** is: from when the event was due to be sent, by the wall clock, until a reader of committed records holds
//! the score of the first tick after it. The tick holds the event; the event waits for it for up to 5 s, it waits for late
//! ones for 1 s, and the commit comes within the commit interval. That the sender is late, and that it commits each 100 ms, counts, too.
//! **From tick to score** is the same without the wait for the tick.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::time::{MINUTE, Millis, SECOND, TICK, pane_start};
use loadtest::args::START_MS;
use loadtest::interrupt::Interrupt;
use topology::event_log::Speed;

use crate::application::Application;
use crate::args::Arguments;
use crate::audience;
use crate::catch_up::CatchUp;
use crate::scores::{self, Arrivals};
use crate::shared::latency::Latency;

/// All sessions start within a minute.
const STAGGER_MINUTES: u32 = 1;
/// What is sent at once: after that all people are there.
const LEAD_MS: u64 = 7 * MINUTE as u64;
/// Between the end of that and what counts.
const SETTLE_MS: Millis = 10 * SECOND;
/// It goes on for so long after it, so that every event that counts has its score.
const TAIL_MS: Millis = 10 * SECOND;
/// Looks at whether everything is sent that is sent at once.
const LOOK_EVERY_MS: Millis = 200;
/// What states may take of the memory.
const MEMORY_MIB: u32 = 128;

/// What was measured.
pub(crate) struct Live {
    pub(crate) sessions: u32,
    pub(crate) memory_mib: u32,
    pub(crate) events_per_second: f64,
    /// Share of one core.
    pub(crate) cpu_percent: f64,
    pub(crate) peak_mib: f64,
    pub(crate) from_tick: Latency,
    pub(crate) from_event: Latency,
}

pub(crate) fn run(sessions: u32, arguments: &Arguments, interrupt: &Interrupt) -> Live {
    let application = Application::new(&[&format!("engine.memory_mib={MEMORY_MIB}")]);
    let seconds = arguments.live_seconds;
    let log = audience::generate(application.folder(), sessions, STAGGER_MINUTES);
    let watch = application.watch(interrupt);
    let mut running = application.start();
    running.await_ready();

    eprintln!("Running the application");
    let is_over = Arc::new(AtomicBool::new(false));
    let reader = std::thread::spawn({
        let (servers, clock, is_over) = (application.servers(), watch.clock, Arc::clone(&is_over));
        move || scores::read(&servers, &clock, |_| is_over.load(Ordering::Relaxed))
    });
    let clock = Arc::new(CatchUp::new(watch.clock, LEAD_MS));
    let enough = Interrupt::default();
    let sender = std::thread::spawn({
        let (log, servers, clock, enough) = (log.clone(), application.servers(), Arc::clone(&clock), enough.clone());
        move || audience::send(&log, &servers, Speed::Times(1.0), &*clock, &enough)
    });
    let mut now = watch.wait_for(&mut running.child, 1);
    while !clock.is_done() {
        now = watch.wait_until(&mut running.child, now.at_ms + LOOK_EVERY_MS);
    }
    let from = watch.wait_until(&mut running.child, now.at_ms + SETTLE_MS);
    let to = watch.wait_until(&mut running.child, from.at_ms + seconds as Millis * SECOND);
    watch.wait_until(&mut running.child, to.at_ms + TAIL_MS);
    enough.ask();
    let sent = audience::taken(sender.join().unwrap().unwrap());
    running.settle(sent.records());
    let peak_mib = running.child.peak_mib();
    running.child.terminate();

    eprintln!("Comparing with a backtest");
    let log = audience::beginning(&log, sent.records());
    let backtest = application.backtest(&log);
    // What was committed is long there.
    is_over.store(true, Ordering::Relaxed);
    let arrivals = reader.join().unwrap();
    // Who reads several topics as they grow does not read them in the order of time: values may differ.
    let judged = scores::judge(&arrivals, &backtest, sent.shift_ms);
    eprintln!("{} of {} scores differ from those of a backtest", judged.differ, judged.expected);

    // By the wall clock everything in the log is that much later.
    let later_ms = sent.started_ms - START_MS;
    let span = from.at_ms - later_ms..to.at_ms - later_ms;
    let mut from_event = Vec::new();
    for event in audience::events(&log).filter(|event| span.contains(&event.timestamp_ms)) {
        let tick = pane_start(event.timestamp_ms) + TICK;
        let name = (event.key, tick + sent.shift_ms);
        let Some((_, at_ms)) = arrivals.get(&name) else { panic!("no score for an event: {name:?}") };
        from_event.push((at_ms - (event.timestamp_ms + later_ms)) as f64);
    }
    Live {
        sessions,
        memory_mib: MEMORY_MIB,
        events_per_second: from_event.len() as f64 / seconds as f64,
        cpu_percent: (to.cpu_seconds - from.cpu_seconds) * 100_000.0 / (to.at_ms - from.at_ms) as f64,
        peak_mib,
        from_tick: from_tick(&arrivals, sent.shift_ms, later_ms, &span),
        from_event: Latency::of(from_event),
    }
}

fn from_tick(arrivals: &Arrivals, shift_ms: Millis, later_ms: Millis, span: &Range<Millis>) -> Latency {
    let ticks = arrivals.iter().map(|((_, at_ms), (_, arrived_ms))| (at_ms - shift_ms, *arrived_ms));
    let ticks = ticks.filter(|(tick, _)| span.contains(tick));
    Latency::of(ticks.map(|(tick, at)| (at - (tick + later_ms)) as f64).collect())
}
