//! The command line of what talks to Kafka.

use std::path::PathBuf;

use clap::Args;

use topology::event_log::Speed;

/// How the cluster is reached.
#[derive(Clone, Debug, Args)]
pub struct Cluster {
    /// Where to ask for the cluster first: host:port, separated by commas
    #[arg(long, value_name = "SERVERS", default_value = "localhost:9092")]
    pub bootstrap_servers: String,
    /// A property of librdkafka, as `--property security.protocol=ssl`; may be repeated. One that ends in `_file` names a file with the
    /// value, as `--property sasl.password_file=secret.txt`
    #[arg(long = "property", value_name = "KEY=VALUE", value_parser = key_and_value)]
    pub properties: Vec<(String, String)>,
}

/// Event logs to Kafka.
#[derive(Clone, Debug, Args)]
pub struct Replay {
    /// An event log (.jsonl or .jsonl.zst); may be repeated
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// The cluster
    #[command(flatten)]
    pub cluster: Cluster,
    /// How many times faster than life: 0.1 to 1000000, or max
    #[arg(long, value_name = "X", default_value = "1")]
    pub speed: Speed,
    /// Send the first minutes of the log at once, as the past; what follows happens from now on, at the speed of life
    #[arg(long, value_name = "MINUTES", default_value_t = 0, conflicts_with_all = ["speed", "keep_timestamps"])]
    pub lead_minutes: u32,
    /// Send the records with the times that they have in the log
    #[arg(long)]
    pub keep_timestamps: bool,
    /// Move times by whole blocks of 5 minutes, not by whole ticks: the scores are exactly those of a backtest
    #[arg(long, conflicts_with = "keep_timestamps")]
    pub exact_scores: bool,
    /// Look at the retention of this application's changelogs, too
    #[arg(long, value_name = "ID")]
    pub application: Option<String>,
    /// Print the totals as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// An event log from Kafka.
#[derive(Clone, Debug, Args)]
pub struct Record {
    /// The cluster
    #[command(flatten)]
    pub cluster: Cluster,
    /// The event log to write; compressed when it ends in .zst
    #[arg(long, value_name = "LOG")]
    pub out: PathBuf,
    /// A topic; may be repeated. Without it: all inputs of the stream
    #[arg(long = "topic", value_name = "NAME", value_parser = topic_name)]
    pub topics: Vec<String>,
    /// End where this application has read to, not where the topics end
    #[arg(long, value_name = "ID", conflicts_with = "follow")]
    pub application: Option<String>,
    /// End where the topics end at the start: the default
    #[arg(long, conflicts_with = "follow")]
    pub until_end: bool,
    /// Go on with what comes, until Ctrl-C
    #[arg(long)]
    pub follow: bool,
    /// Replace the log if it is there already
    #[arg(long)]
    pub force: bool,
    /// Print the totals as one JSON object
    #[arg(long)]
    pub json: bool,
}

fn key_and_value(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE, such as security.protocol=ssl")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

/// Kafka's own rule.
fn topic_name(text: &str) -> Result<String, &'static str> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let is_name = (1..=249).contains(&text.len()) && text.bytes().all(is_allowed);
    if is_name { Ok(text.to_owned()) } else { Err("a topic's name has 1 to 249 of the characters a-z A-Z 0-9 . _ -") }
}
