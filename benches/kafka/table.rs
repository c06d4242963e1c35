//! The table, and what was aimed at.

use crate::backlog::Backlog;
use crate::job::{Contestant, Scenario, name};
use crate::live::Live;
use crate::race::Race;
use crate::restart::Restart;
use crate::shared::goal::at_most;
use crate::shared::latency::Latency;

#[derive(Default)]
pub(crate) struct Table {
    races: Vec<Race>,
    restarts: Vec<Restart>,
    live: Vec<Live>,
}

impl Table {
    pub(crate) fn add(&mut self, race: Race) {
        if self.races.is_empty() {
            println!(
                "{:<28} {:>10} {:>8} {:>9} {:>10} {:>9} {:>10} {:>7}",
                "on Kafka", "records", "CPU s", "us/record", "records/s", "peak MiB", "start ms", "idle %"
            );
        }
        let idle = race.idle_percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent:.1}"));
        println!(
            "{:<28} {:>10} {:>8.2} {:>9.2} {:>10.0} {:>9.0} {:>10} {idle:>7}",
            format!("{}, {}", name(race.scenario), name(race.contestant)),
            race.records,
            race.cpu_seconds,
            each(&race),
            race.records as f64 / race.seconds,
            race.peak_mib,
            race.first_commit_ms,
        );
        self.races.push(race);
    }

    pub(crate) fn add_restart(&mut self, restart: Restart) {
        println!(
            "killed with {} MiB of state, {}: {} ms from the start to the first commit, {:.0} MiB at its peak",
            restart.state_mib,
            name(restart.contestant),
            restart.first_commit_ms,
            restart.peak_mib
        );
        self.restarts.push(restart);
    }

    pub(crate) fn add_backlog(&mut self, backlog: Backlog) {
        self.add(backlog.race);
        let all: f64 = backlog.rows.iter().map(|(_, each)| each).sum();
        let stores: Vec<_> = backlog.rows.iter().map(|(store, each)| format!("{store} {each:.2}")).collect();
        println!("  changelog records per event: {all:.2} ({})", stores.join(", "));
    }

    pub(crate) fn add_live(&mut self, live: Live) {
        println!(
            "{} live sessions, {:.0} events/s: {:.1} % of a core, {:.0} MiB at its peak (engine.memory_mib = {})",
            live.sessions, live.events_per_second, live.cpu_percent, live.peak_mib, live.memory_mib
        );
        print_latency("tick", &live.from_tick);
        print_latency("event", &live.from_event);
        self.live.push(live);
    }

    pub(crate) fn print_goals(&self) {
        println!();
        for race in self.races.iter().filter(|race| race.contestant == Contestant::Ours) {
            let what = name(race.scenario);
            if let Some(bare) = self.of(race.scenario, Contestant::Bare) {
                let most = each(bare) * 1.3 + 0.3;
                at_most(&format!("{what}: us per record, at most 1.3 of bare and 0.3: {most:.2}"), each(race), most);
            }
            if let Some(java) = self.of(race.scenario, Contestant::Java) {
                let most = if race.scenario == Scenario::Copy { 1.0 } else { 0.33 };
                at_most(&format!("{what}: CPU as a share of Java's, at most {most}"), each(race) / each(java), most);
                at_most(
                    &format!("{what}: peak memory as a share of Java's, at most 0.33"),
                    race.peak_mib / java.peak_mib,
                    0.33,
                );
            }
            at_most(
                &format!("{what}: seconds to the first commit, at most 2"),
                race.first_commit_ms as f64 / 1_000.0,
                2.0,
            );
            if race.scenario == Scenario::Application {
                at_most(&format!("{what}: us of CPU per event, at most 9"), each(race), 9.0);
            }
        }
        for restart in self.restarts.iter().filter(|restart| restart.contestant == Contestant::Ours) {
            let what = format!("killed with {} MiB: seconds to the first commit, at most 2", restart.state_mib);
            at_most(&what, restart.first_commit_ms as f64 / 1_000.0, 2.0);
        }
        for live in &self.live {
            // The tick, its grace, the commit interval, and a tenth of a second for all the rest.
            let (p99, most) = (live.from_event.p99 / 1_000.0, 6.2);
            at_most(
                &format!("{} live sessions: seconds from event to committed score, p99, at most {most}", live.sessions),
                p99,
                most,
            );
            // Of fewer or more it says nothing.
            if live.sessions == 1_000 {
                at_most("1000 live sessions: peak MiB, at most 250", live.peak_mib, 250.0);
            }
        }
    }

    fn of(&self, scenario: Scenario, contestant: Contestant) -> Option<&Race> {
        self.races.iter().find(|race| race.scenario == scenario && race.contestant == contestant)
    }
}

/// Microseconds of CPU per record.
fn each(race: &Race) -> f64 {
    race.cpu_seconds * 1e6 / race.records as f64
}

fn print_latency(from: &str, latency: &Latency) {
    let Latency { p50, p99, max, .. } = latency;
    println!("  ms from {from} to committed score: p50 {p50:.0}, p99 {p99:.0}, max {max:.0}");
}
