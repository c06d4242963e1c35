//! Topic `session`: what happens to the session itself.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::check::{self, Invalid};
use super::names::names;
use super::{Decision, Mode, SessionPhase, SessionType, Value, named, topics};

names! {
    /// What happened to the session.
    SessionKind, "session kind" {
        /// It started; needs `title` and `type`.
        Started = "started",
        /// A phase began; needs `phase`.
        Phase = "phase",
        /// The speaker turned to a slide; needs `index`.
        Slide = "slide",
        /// The speaker spoke; needs `words` and `span_ms`.
        Speech = "speech",
        /// Somebody set the mode (control); needs `mode` and `actor`.
        Mode = "mode",
        /// Somebody decided on a proposal (control); needs `command`, `decision` and `actor`.
        Decision = "decision",
        /// Somebody paused interventions (control); needs `actor`.
        Paused = "paused",
        /// Somebody resumed them (control); needs `actor`.
        Resumed = "resumed",
        /// It ended.
        Ended = "ended",
    }
}

impl SessionKind {
    /// Control records never advance stream time: their clocks are other people's.
    #[must_use]
    pub const fn is_control(self) -> bool {
        matches!(self, Self::Mode | Self::Decision | Self::Paused | Self::Resumed)
    }
}

/// One line of a session's schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedPhase {
    /// Which phase begins.
    #[serde(with = "named")]
    pub phase: SessionPhase,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
}

/// One thing that happened to the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// What it was.
    pub kind: SessionKind,
    /// The producer's event id, for tracing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<CompactString>,
    /// The session's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<CompactString>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<CompactString>,
    /// Who speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<CompactString>,
    /// What kind of session it is.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none", with = "named::optional")]
    pub session_type: Option<SessionType>,
    /// How many people fit in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<i64>,
    /// The phases as planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Vec<PlannedPhase>>,
    /// The end as planned, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at_ms: Option<i64>,
    /// The phase that begins now.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "named::optional")]
    pub phase: Option<SessionPhase>,
    /// The slide that is shown now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<i32>,
    /// How many words were spoken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<i32>,
    /// In what time they were spoken, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_ms: Option<i64>,
    /// The mode from now on.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "named::optional")]
    pub mode: Option<Mode>,
    /// The proposal that was decided on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<CompactString>,
    /// What was decided.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "named::optional")]
    pub decision: Option<Decision>,
    /// Who set the mode, decided, paused or resumed; an opaque id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<CompactString>,
    /// The content as edited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<CompactString>,
    /// Why it was declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<CompactString>,
}

impl Value for Session {
    const RECORD: &'static str = "Session";
    const TOPIC: &'static str = topics::SESSION;
    const SCHEMA: &'static str = include_str!("../../../schemas/session.avsc");

    fn validate(&self) -> Result<(), Invalid> {
        let kind = self.kind.as_str();
        check::not_negative("capacity", self.capacity)?;
        check::not_negative("index", self.index)?;
        check::not_negative("words", self.words)?;
        check::not_negative("span_ms", self.span_ms)?;
        check::at_most("schedule", self.schedule.as_ref().map_or(0, Vec::len), check::SCHEDULE_MAX)?;
        match self.kind {
            SessionKind::Started => {
                check::present(kind, "title", self.title.as_ref())?;
                check::present(kind, "type", self.session_type.as_ref())
            }
            SessionKind::Phase => check::present(kind, "phase", self.phase.as_ref()),
            SessionKind::Slide => check::present(kind, "index", self.index.as_ref()),
            SessionKind::Speech => {
                check::present(kind, "words", self.words.as_ref())?;
                check::present(kind, "span_ms", self.span_ms.as_ref())
            }
            SessionKind::Mode => {
                check::present(kind, "mode", self.mode.as_ref())?;
                check::present(kind, "actor", self.actor.as_ref())
            }
            SessionKind::Decision => {
                check::present(kind, "command", self.command.as_ref())?;
                check::present(kind, "decision", self.decision.as_ref())?;
                check::present(kind, "actor", self.actor.as_ref())
            }
            SessionKind::Paused | SessionKind::Resumed => check::present(kind, "actor", self.actor.as_ref()),
            SessionKind::Ended => Ok(()),
        }
    }
}
