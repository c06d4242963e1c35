//! What a command did, and how it ends.

use std::fmt;

use crate::summary::Summary;
use crate::{interrupt, platform, record, replay};

/// What a command did.
#[derive(Debug, Clone)]
pub enum Report {
    /// It made a log.
    Log(Summary),
    /// It sent logs to Kafka.
    Replay(replay::Totals),
    /// It recorded a log from Kafka.
    Record(record::Totals),
    /// It was a platform; whether its totals are to be JSON.
    Platform(platform::Totals, bool),
}

impl Report {
    /// 0: all was done. 1: the cluster did not take some of it. 130: somebody asked for an end before.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Replay(totals) if totals.interrupted => interrupt::EXIT_CODE,
            Self::Replay(totals) => u8::from(totals.refused > 0),
            // A platform ends when it is told to, and in no other way.
            Self::Log(_) | Self::Record(_) | Self::Platform(..) => 0,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(summary) => summary.fmt(f),
            Self::Replay(totals) => totals.fmt(f),
            Self::Record(totals) => totals.fmt(f),
            Self::Platform(totals, false) => writeln!(f, "{totals}"),
            Self::Platform(totals, true) => writeln!(f, "{}", serde_json::json!(totals)),
        }
    }
}
