//! The command line.

use clap::{Parser, Subcommand};

use crate::job::{Contestant, Job, Scenario};

/// Measures the engine on a real Kafka, beside a bare client loop and Kafka Streams on Java, and the application itself; prints one
/// table with the goals, reached or not. Needs Java 17 (a JDK) and Maven. Measure on idle cores.
#[derive(Parser)]
#[command(name = "cargo bench --bench kafka --", bin_name = "cargo bench --bench kafka --")]
pub(crate) struct Arguments {
    /// Records of the input; the first third warms the contestants up and does not count.
    #[arg(long, default_value_t = 3_000_000, value_parser = clap::value_parser!(u64).range(30_000..=100_000_000))]
    pub(crate) records: u64,
    /// What to measure; may be given several times. Everything by default.
    #[arg(long = "scenario", value_enum)]
    pub(crate) scenarios: Vec<Scenario>,
    /// Whom to measure; may be given several times. All by default.
    #[arg(long = "contestant", value_enum, default_values_t = [Contestant::Bare, Contestant::Ours, Contestant::Java])]
    pub(crate) contestants: Vec<Contestant>,
    /// The state that a killed process comes back to.
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub(crate) state_mib: u64,
    /// How long the idle processes are watched.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) idle_seconds: u64,
    /// Sessions of 20 minutes that the application works off.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    pub(crate) sessions: u32,
    /// Sessions that are live at once, with about 3.9 events a second each; may be given several times.
    #[arg(long, default_values_t = [1_000, 1_300], value_parser = clap::value_parser!(u32).range(10..=100_000))]
    pub(crate) live_sessions: Vec<u32>,
    /// How long they are measured; it takes two minutes more until they are all there and afterwards.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u64).range(10..=600))]
    pub(crate) live_seconds: u64,
    /// Cargo's own.
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// One contestant's process.
    #[command(hide = true)]
    Run {
        #[arg(value_enum)]
        contestant: Contestant,
        #[command(flatten)]
        job: Job,
    },
}

impl Arguments {
    /// What is measured at full speed.
    pub(crate) fn races(&self) -> Vec<Scenario> {
        let races = [Scenario::Copy, Scenario::EveryUpdate, Scenario::OncePerCommit];
        races.into_iter().filter(|scenario| self.measures(*scenario)).collect()
    }

    /// Whether this is asked for.
    pub(crate) fn measures(&self, scenario: Scenario) -> bool {
        self.scenarios.is_empty() || self.scenarios.contains(&scenario)
    }

    /// After so many records it counts.
    pub(crate) fn warm_up(&self) -> u64 {
        self.records / 3
    }
}
