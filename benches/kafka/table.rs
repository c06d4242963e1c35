//! The table, and what was aimed at.

use crate::job::{Contestant, Scenario, name};
use crate::race::Race;
use crate::restart::Restart;

#[derive(Default)]
pub(crate) struct Table {
    races: Vec<Race>,
    restarts: Vec<Restart>,
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

    pub(crate) fn print_goals(&self) {
        println!();
        for race in self.races.iter().filter(|race| race.contestant == Contestant::Ours) {
            let what = name(race.scenario);
            if let Some(bare) = self.of(race.scenario, Contestant::Bare) {
                let most = each(bare) * 1.3 + 0.3;
                goal(&format!("{what}: us per record, at most 1.3 of bare and 0.3: {most:.2}"), each(race), most);
            }
            if let Some(java) = self.of(race.scenario, Contestant::Java) {
                let most = if race.scenario == Scenario::Copy { 1.0 } else { 0.33 };
                goal(&format!("{what}: CPU as a share of Java's, at most {most}"), each(race) / each(java), most);
                goal(
                    &format!("{what}: peak memory as a share of Java's, at most 0.33"),
                    race.peak_mib / java.peak_mib,
                    0.33,
                );
            }
            goal(
                &format!("{what}: seconds to the first commit, at most 2"),
                race.first_commit_ms as f64 / 1_000.0,
                2.0,
            );
        }
        for restart in self.restarts.iter().filter(|restart| restart.contestant == Contestant::Ours) {
            let what = format!("killed with {} MiB: seconds to the first commit, at most 2", restart.state_mib);
            goal(&what, restart.first_commit_ms as f64 / 1_000.0, 2.0);
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

fn goal(what: &str, value: f64, most: f64) {
    println!("{what:<76} {value:>8.2}  {}", if value <= most { "reached" } else { "NOT reached" });
}
