//! The command line.

use clap::{Parser, Subcommand, ValueEnum};

use crate::peer::Task;

/// Measures what acts, on a real Kafka: dashboard, executor and history as processes of their own; prints a table with the goals, reached
/// or not. Needs Java 17 and Maven (Kafka), PostgreSQL, and Node and Chromium (the page). Everything takes about four minutes, on idle
/// cores: measure on no others.
#[derive(Parser)]
#[command(name = "cargo bench --bench acting --", bin_name = "cargo bench --bench acting --")]
pub(crate) struct Arguments {
    /// What to measure; may be given several times. Everything by default.
    #[arg(long = "scenario", value_enum)]
    pub(crate) scenarios: Vec<Scenario>,
    /// How long the way of scores, that of commands and the viewers are measured.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(5..=600))]
    pub(crate) seconds: u64,
    /// Viewers of one session.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=2_000))]
    pub(crate) viewers: u32,
    /// Commands of the backlog; the first third warms up and does not count.
    #[arg(long, default_value_t = 6_000, value_parser = clap::value_parser!(u64).range(300..=1_000_000))]
    pub(crate) commands: u64,
    /// Scores that go into the history; the first third warms up and does not count.
    #[arg(long, default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(6_000..=10_000_000))]
    pub(crate) scores: u64,
    /// Cargo's own.
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// From a committed score to the delta that a viewer gets.
    Delta,
    /// Many viewers of one session, with four updates a second.
    Crowd,
    /// The page in Chromium: bytes, and time to the first view.
    Page,
    /// From a committed command to the request that the platform gets.
    Call,
    /// Many approved commands that lie there, beside a bare loop of requests; with SQLite, and with PostgreSQL.
    Backlog,
    /// Many scores that lie there, into SQL, beside a bare loop of inserts; SQLite, and PostgreSQL.
    History,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// A bare loop's process.
    #[command(hide = true)]
    Peer {
        #[command(subcommand)]
        task: Task,
    },
}

impl Arguments {
    /// Whether this is asked for.
    pub(crate) fn measures(&self, scenario: Scenario) -> bool {
        self.scenarios.is_empty() || self.scenarios.contains(&scenario)
    }
}
