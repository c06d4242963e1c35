//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

mod kafka;

pub use kafka::{Cluster, Record, Replay};

/// Where time begins in logs whose source has no date: 2023-11-14T22:13:20Z.
pub const START_MS: i64 = 1_700_000_000_000;
/// The latest start: the year 2100.
const START_MS_MAX: i64 = 4_102_444_800_000;

/// Makes event logs to test with, from real audiences or from simulated ones; sends them to Kafka, and records them from there.
///
/// An event log holds one JSON record a line, in order of time; it is compressed when its name ends in .zst. The same input
/// and the same seed give the same bytes. A log appears under its name only when it is whole.
#[derive(Debug, Parser)]
#[command(name = "loadtest", version, after_help = EXAMPLES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  loadtest generate --sessions 20 --seed 1 --out log.jsonl.zst --truth truth.jsonl
  loadtest import twitch chat.csv --out chat.jsonl
  loadtest import gdq sgdq2018_timeseries.csv --schedule sgdq2018_schedule.csv --out sgdq2018.jsonl.zst
  loadtest import irc meetings/ --out meetings.jsonl
  loadtest replay --log log.jsonl.zst --bootstrap-servers localhost:9092 --speed 20
  loadtest record --bootstrap-servers localhost:9092 --out recorded.jsonl.zst

Exit codes: 0 done, 1 failed (a broken row, a full disk), 2 wrong usage (a missing file, a log that is there already), 130 \
interrupted.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Turn a log that others recorded into an event log
    #[command(subcommand)]
    Import(Import),
    /// Simulate sessions, with things that go wrong in them, and write their event log
    #[command(after_help = "\
Examples:
  loadtest generate --sessions 20 --seed 1 --out log.jsonl.zst --truth truth.jsonl
  loadtest generate --sessions 50 --seed 2 --healthy --out healthy.jsonl.zst --truth none.jsonl

The truth has one line per anomaly: {\"session\":\"s-3\",\"class\":\"MASS_EXIT\",\"onset_ms\":...,\"end_ms\":...}")]
    Generate(Generate),
    /// Send event logs to Kafka, at the speed of life, faster, or as fast as it goes
    #[command(after_help = "\
Examples:
  loadtest replay --log log.jsonl.zst --bootstrap-servers localhost:9092
  loadtest replay --log log.jsonl.zst --bootstrap-servers localhost:9092 --speed 20
  loadtest replay --log log.jsonl.zst --bootstrap-servers localhost:9092 --speed max --exact-scores
  loadtest replay --log log.jsonl.zst --bootstrap-servers localhost:9092 --lead-minutes 18
  loadtest replay --log old.jsonl --bootstrap-servers localhost:9092 --speed max --keep-timestamps --application engagement-conductor

All times move by one constant, the largest with which no record is ahead of the clock when it is sent: at 1x and slower the \
first record is now; faster, the last one is when its turn comes, and the beginning lies in the past. Spacing stays, also that \
of times within values. The constant is a whole number of ticks (5 s), so every event keeps its place in its tick; with \
--exact-scores it is a whole number of 5 minutes, the blocks in which only so many messages of a user count.

With --lead-minutes so much of the log is sent at once, as the past, and the rest at the speed of life: to watch something happen \
without waiting for it.

The topics of the stream's inputs must exist; records of other topics and broken lines are left out and counted. Records go \
to the partition of their key (murmur2), in transactions of 100 ms. Ctrl-C commits what was sent and exits with 130.")]
    Replay(Replay),
    /// Write what lies on Kafka into an event log, from the beginning of the topics on
    #[command(after_help = "\
Examples:
  loadtest record --bootstrap-servers localhost:9092 --out recorded.jsonl.zst
  loadtest record --bootstrap-servers localhost:9092 --out chat.jsonl --topic chat --follow
  loadtest record --bootstrap-servers localhost:9092 --out read.jsonl.zst --application engagement-conductor

Only committed records. They are merged as the stream takes them: by timestamp, then by the order of the inputs, then by \
partition, and within a partition always by offset: where a producer was out of order, so is the log. A backtest with as many \
partitions as the topics have puts each record where it was. Values become JSON; one that cannot be decoded is kept as a JSON \
string if it is no JSON, and is a dead letter again. Headers are left out. The log appears under its name when it is whole.")]
    Record(Record),
    /// Be an event platform: show what `conductor executor` asks for, and answer
    #[command(after_help = "\
Examples:
  loadtest platform                                   then: conductor executor --platform-url http://localhost:8700 \
--allow-private-addresses
  loadtest platform --fail-percent 20 --json          a fifth of the calls fail, always the same ones

Each key is carried out once; it is answered 204, and 503 where it fails on purpose. Nothing is written anywhere, and what is \
carried out moves nobody: for an audience that reacts, `conductor demo`.")]
    Platform(Platform),
}

/// An event platform.
#[derive(Clone, Debug, Args)]
pub struct Platform {
    /// Where it listens
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8700")]
    pub listen: std::net::SocketAddr,
    /// How many of a hundred calls fail on purpose
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub fail_percent: u8,
    /// Show each call as one JSON object, and the totals, too
    #[arg(long)]
    pub json: bool,
}

/// Whose log it is.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// The chat of one stream: a CSV file with offset_s, user, chars, emotes
    #[command(after_help = "\
Example:
  loadtest import twitch chat.csv --out chat.jsonl.zst

One keynote, named like the file, from 2023-11-14T22:13:20Z on (the source has no date) to a second after the last message. \
Each message also gives one reaction per emote in it, at most 3. The messages of a second are spread over it, in their \
order, by the seeded generator. Nobody joins or leaves: the source does not say.")]
    Twitch(Twitch),
    /// A marathon's viewers and chat by the minute: two CSV files, counts and schedule
    #[command(after_help = "\
Example:
  loadtest import gdq sgdq2018_timeseries.csv --schedule sgdq2018_schedule.csv --out sgdq2018.jsonl.zst

The source has counts, not events: the seeded generator spreads each minute's net joins or leaves, chats and emotes \
(as reactions) over the minute. Anyone leaves alike, the user longest gone returns first, and those present speak by \
heavy-tailed weights (Pareto 1.2). Empty viewers keep the last count.

Each run of the schedule begins a middle phase, more than 5 minutes without a run are a break, the end of the last run \
begins the closing. Missing minutes are a break.")]
    Gdq(Gdq),
    /// Meetings: a folder with sessions.csv, present_at_start.csv and events.csv
    #[command(after_help = "\
Example:
  loadtest import irc meetings/ --out meetings.jsonl.zst

One workshop per meeting, named irc-N, from its start to the end of its last minute; what lies outside is left out and \
counted, as are bots. Who was present joins at the start; who speaks without having joined joins right before. A new \
nick is the same user. Votes (+1, -1) are messages. The events of a minute are spread over it, in their order, by the \
seeded generator.")]
    Irc(Irc),
}

/// Import of a stream's chat.
#[derive(Debug, Args)]
pub struct Twitch {
    /// The chat: CSV with a header
    pub file: PathBuf,
    /// Where the log goes
    #[command(flatten)]
    pub to: To,
}

/// Import of a marathon.
#[derive(Debug, Args)]
pub struct Gdq {
    /// The counts by the minute: CSV with a header
    pub timeseries: PathBuf,
    /// The runs as planned: CSV with a header
    #[arg(long, value_name = "FILE")]
    pub schedule: PathBuf,
    /// Where the log goes
    #[command(flatten)]
    pub to: To,
}

/// Import of meetings.
#[derive(Debug, Args)]
pub struct Irc {
    /// The folder with the three CSV files
    pub folder: PathBuf,
    /// Where the log goes
    #[command(flatten)]
    pub to: To,
}

/// Where an imported log goes.
#[derive(Debug, Args)]
pub struct To {
    /// The event log to write; compressed when it ends in .zst
    #[arg(long, value_name = "LOG")]
    pub out: PathBuf,
    /// Seeds what the source does not say, such as where in a second something happened
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Replace the log if it is there already
    #[arg(long)]
    pub force: bool,
}

/// Simulated sessions.
#[derive(Debug, Args)]
pub struct Generate {
    /// How many sessions
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub sessions: u32,
    /// Seeds everything
    #[arg(long)]
    pub seed: u64,
    /// The event log to write; compressed when it ends in .zst
    #[arg(long, value_name = "LOG")]
    pub out: PathBuf,
    /// The file for the truth: what goes wrong, in which session and when
    #[arg(long, value_name = "FILE")]
    pub truth: PathBuf,
    /// How long each session is planned to last, in minutes
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1_440))]
    pub minutes: u32,
    /// When the first may start, in milliseconds since the epoch
    #[arg(long, value_name = "MS", default_value_t = START_MS, value_parser = clap::value_parser!(i64).range(0..=START_MS_MAX))]
    pub start_ms: i64,
    /// The span over which the starts are spread, in minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=1_440))]
    pub stagger_minutes: u32,
    /// Let nothing go wrong: for measuring false alarms
    #[arg(long)]
    pub healthy: bool,
    /// Replace the log and the truth if they are there already
    #[arg(long)]
    pub force: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_its_examples_parse() {
        Arguments::command().debug_assert();
        let examples: Vec<_> = EXAMPLES.lines().filter(|line| line.trim_start().starts_with("loadtest ")).collect();
        assert_eq!(examples.len(), 6);
        for example in examples {
            Arguments::try_parse_from(example.split_whitespace()).unwrap();
        }
    }

    #[test]
    fn counts_beyond_their_limits_are_wrong_usage() {
        let parse = |more: &str| {
            let line = format!("loadtest generate --seed 1 --out a --truth b {more}");
            Arguments::try_parse_from(line.split_whitespace()).map(|_| ()).map_err(|error| error.exit_code())
        };
        assert_eq!(parse("--sessions 100000 --minutes 1440"), Ok(()));
        for wrong in ["", "--sessions 0", "--sessions 100001", "--sessions 1 --minutes 0", "--sessions 1 --start-ms=-1"]
        {
            assert_eq!(parse(wrong), Err(2), "{wrong}");
        }
    }
}
