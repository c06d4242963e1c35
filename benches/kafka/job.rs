//! What a contestant is to do.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Partitions of every topic.
pub(crate) const PARTITIONS: u32 = 4;
/// Between two commits.
pub(crate) const COMMIT_INTERVAL_MS: u64 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Scenario {
    /// Each record is written as it was read.
    Copy,
    /// Records are counted by key, and every new count is written.
    EveryUpdate,
    /// The same, but a key's count is written once a commit.
    OncePerCommit,
    /// The last value of each key is kept; the process is killed and started again.
    Restart,
    /// The application itself works off simulated sessions that lie there.
    Application,
    /// The application itself, while simulated sessions go on.
    Live,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Contestant {
    /// A loop around the client, with nothing of an engine.
    Bare,
    /// The crate `streams`.
    Ours,
    /// Kafka Streams.
    Java,
}

/// The rest of a contestant's command line; Java's takes the same, in this order and without the names.
#[derive(Clone, Debug, Args)]
pub(crate) struct Job {
    #[arg(long, value_enum)]
    pub(crate) scenario: Scenario,
    #[arg(long)]
    pub(crate) bootstrap_servers: String,
    /// The group, and what topics of its own begin with.
    #[arg(long)]
    pub(crate) application: String,
    #[arg(long)]
    pub(crate) input: String,
    #[arg(long)]
    pub(crate) output: String,
    #[arg(long)]
    pub(crate) state_dir: PathBuf,
}

/// What it says of itself on the command line.
pub(crate) fn name(value: impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

impl Job {
    /// As arguments: name, value, in the order of the fields.
    pub(crate) fn arguments(&self) -> [(&'static str, String); 6] {
        [
            ("--scenario", name(self.scenario)),
            ("--bootstrap-servers", self.bootstrap_servers.clone()),
            ("--application", self.application.clone()),
            ("--input", self.input.clone()),
            ("--output", self.output.clone()),
            ("--state-dir", self.state_dir.display().to_string()),
        ]
    }
}
