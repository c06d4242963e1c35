//! Topic `presence`: who joins, leaves and is there.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::check::{self, Invalid};
use super::names::names;
use super::{Value, topics};

names! {
    /// What is known of somebody's presence.
    PresenceKind, "presence kind" {
        /// Came in.
        Joined = "joined",
        /// Went away.
        Left = "left",
        /// Is still there.
        Heartbeat = "heartbeat",
    }
}

/// One sign of somebody's presence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// What it was.
    pub kind: PresenceKind,
    /// The producer's event id, for tracing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<CompactString>,
    /// Who; an opaque id, never a name.
    pub user: CompactString,
    /// Joined for the first time in any session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_time: Option<bool>,
    /// The session's window or tab is in the foreground.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub focused: Option<bool>,
}

impl Value for Presence {
    const RECORD: &'static str = "Presence";
    const TOPIC: &'static str = topics::PRESENCE;
    const SCHEMA: &'static str = include_str!("../../../schemas/presence.avsc");

    fn validate(&self) -> Result<(), Invalid> {
        check::not_empty("user", &self.user)
    }
}
