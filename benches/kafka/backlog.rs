//! The application works off a log that lies there: what an event costs it, all in.

use loadtest::interrupt::Interrupt;
use streams::clock::Clock;
use topology::event_log::Speed;
use topology::wire::topics;

use crate::application::Application;
use crate::args::Arguments;
use crate::audience;
use crate::job::{Contestant, Scenario};
use crate::race::Race;
use crate::scores;

/// The span over which the sessions start.
const STAGGER_MINUTES: u32 = 10;

/// What was measured.
pub(crate) struct Backlog {
    /// As a row of the table.
    pub(crate) race: Race,
    /// Records of each store's changelog per event, markers included.
    pub(crate) rows: Vec<(String, f64)>,
}

pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Backlog {
    let application = Application::new(&[]);
    let log = audience::generate(application.folder(), arguments.sessions, STAGGER_MINUTES);
    let watch = application.watch(interrupt);
    eprintln!("Loading them");
    let sent = audience::send(&log, &application.servers(), Speed::Max, &watch.clock, interrupt).unwrap();
    let sent = audience::taken(sent);
    // Transactions leave markers in the input: an offset is a little less than an event.
    let offsets = watch.ends(topics::INPUTS);
    let events_each = sent.records() as f64 / offsets as f64;

    eprintln!("Running the application");
    let started_ms = watch.clock.now_ms();
    let mut running = application.start();
    let first_commit_ms = watch.wait_for(&mut running.child, 1).at_ms - started_ms;
    let from = watch.wait_for(&mut running.child, offsets / 3);
    let to = watch.wait_for(&mut running.child, offsets);
    let peak_mib = running.child.peak_mib();
    let changelogs = application.changelogs().into_iter();
    let rows =
        changelogs.map(|(store, topic)| (store, watch.ends([topic.as_str()]) as f64 / sent.records() as f64)).collect();
    running.settle(sent.records());
    running.child.terminate();

    eprintln!("Comparing with a backtest");
    let found = scores::read(&application.servers(), &watch.clock, |ended| ended == crate::job::PARTITIONS as usize);
    let judged = scores::judge(&found, &application.backtest(&log), sent.shift_ms);
    assert_eq!(judged.differ, 0, "of {} scores are not those of a backtest", judged.expected);
    let race = Race {
        scenario: Scenario::Application,
        contestant: Contestant::Ours,
        records: ((to.committed - from.committed) as f64 * events_each) as u64,
        cpu_seconds: to.cpu_seconds - from.cpu_seconds,
        seconds: (to.at_ms - from.at_ms) as f64 / 1_000.0,
        peak_mib,
        first_commit_ms,
        idle_percent: None,
    };
    Backlog { race, rows }
}
