//! What a running application puts out, for whoever watches it: the screen, the lines, the summary, the report.

use compact_str::CompactString;
use topology::wire::{EngagementScore, InterventionCommand, InterventionFeedback, InterventionResult};

/// One thing that the application put out, or that came back to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A session got its name.
    Titled {
        /// The session.
        session: CompactString,
        /// Its title.
        title: CompactString,
    },
    /// It can be watched in a browser, too.
    Serving {
        /// Where.
        url: String,
    },
    /// A session was scored.
    Score(Box<EngagementScore>),
    /// Something was decided.
    Command(Box<InterventionCommand>),
    /// The executor answered.
    Feedback(Box<InterventionFeedback>),
    /// An intervention, or the lack of one, has its result.
    Result(Box<InterventionResult>),
    /// A record could not be understood.
    DeadLetter(DeadLetter),
    /// So far it has come.
    Progress(Progress),
}

/// A record that could not be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The topic that it came on.
    pub topic: CompactString,
    /// Its key, as far as it is text.
    pub key: CompactString,
    /// Why it could not be understood.
    pub reason: CompactString,
}

/// How far the work has come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// In `[0,1]`.
    pub fraction: f64,
    /// Stream time, in milliseconds since the epoch.
    pub session_time_ms: i64,
    /// Records read, from the start.
    pub events_in: u64,
    /// Records that came too late to be counted, from the start.
    pub late: u64,
}

impl DeadLetter {
    /// The letter and what was in it, as a line of JSON. Bytes that are no text are shown as such.
    #[must_use]
    pub fn line(&self, value: &[u8]) -> String {
        let Self { topic, key, reason } = self;
        let value = String::from_utf8_lossy(value);
        let letter = serde_json::json!({ "topic": topic, "key": key, "reason": reason, "value": value });
        format!("{letter}\n")
    }
}
