//! Topic `poll`: polls and votes.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::check::{self, Invalid};
use super::names::names;
use super::{Value, topics};

names! {
    /// What happened to a poll.
    PollKind, "poll kind" {
        /// It opened; needs `question` and `options`.
        Opened = "opened",
        /// Somebody voted; needs `user` and `option`.
        Voted = "voted",
        /// It closed.
        Closed = "closed",
    }
}

/// One thing that happened to a poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// What it was.
    pub kind: PollKind,
    /// The producer's event id, for tracing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<CompactString>,
    /// The id of the poll.
    pub poll: CompactString,
    /// Who voted; an opaque id, never a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<CompactString>,
    /// The index of the option that was voted for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub option: Option<i32>,
    /// What is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<CompactString>,
    /// What one can vote for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<CompactString>>,
    /// How many people may vote; absent: those present at the opening.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eligible: Option<i64>,
    /// The intervention that opened it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<CompactString>,
}

impl Value for Poll {
    const RECORD: &'static str = "Poll";
    const TOPIC: &'static str = topics::POLL;
    const SCHEMA: &'static str = include_str!("../../../schemas/poll.avsc");

    fn validate(&self) -> Result<(), Invalid> {
        let kind = self.kind.as_str();
        check::not_empty("poll", &self.poll)?;
        check::not_negative("option", self.option)?;
        check::not_negative("eligible", self.eligible)?;
        check::at_most("options", self.options.as_ref().map_or(0, Vec::len), check::POLL_OPTIONS_MAX)?;
        match self.kind {
            PollKind::Opened => {
                check::present(kind, "question", self.question.as_ref())?;
                check::present(kind, "options", self.options.as_ref())
            }
            PollKind::Voted => {
                check::present(kind, "user", self.user.as_ref())?;
                check::not_empty("user", self.user.as_deref().unwrap_or_default())?;
                check::present(kind, "option", self.option.as_ref())
            }
            PollKind::Closed => Ok(()),
        }
    }
}
