//! Topic `reaction`: emoji.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::check::{self, Invalid};
use super::names::names;
use super::{Value, topics};

names! {
    /// How somebody reacted.
    ReactionKind, "reaction kind" {
        /// With an emoji; needs `emoji`.
        Emoji = "emoji",
    }
}

/// One reaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// What it was.
    pub kind: ReactionKind,
    /// The producer's event id, for tracing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<CompactString>,
    /// Who; an opaque id, never a name.
    pub user: CompactString,
    /// The emoji itself, or its short name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emoji: Option<CompactString>,
    /// The intervention that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<CompactString>,
}

impl Value for Reaction {
    const RECORD: &'static str = "Reaction";
    const TOPIC: &'static str = topics::REACTION;
    const SCHEMA: &'static str = include_str!("../../../schemas/reaction.avsc");

    fn validate(&self) -> Result<(), Invalid> {
        check::not_empty("user", &self.user)?;
        match self.kind {
            ReactionKind::Emoji => check::present(self.kind.as_str(), "emoji", self.emoji.as_ref()),
        }
    }
}
