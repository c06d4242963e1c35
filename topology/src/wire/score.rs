//! Topic `engagement-scores`: one record per session and tick, never a tombstone.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::check::{self, Invalid};
use super::names::names;
use super::{AnomalyLevel, Band, SessionPhase, Value, finite, named, topics};

names! {
    /// What is wrong.
    AnomalyClass, "anomaly class" {
        /// Engagement fell at once.
        SuddenDrop = "SUDDEN_DROP",
        /// Engagement falls and falls.
        GradualDecline = "GRADUAL_DECLINE",
        /// Engagement stays low.
        LowEngagement = "LOW_ENGAGEMENT",
        /// People leave together.
        MassExit = "MASS_EXIT",
        /// Too little is known to say; no alarm.
        InsufficientData = "INSUFFICIENT_DATA",
    }
}

/// The score of a session at a tick, and what it was made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngagementScore {
    /// The session.
    pub session: CompactString,
    /// The tick, in milliseconds since the epoch.
    pub at_ms: i64,
    /// The score over 5 minutes, from 0 to 1; .70 is as usual for this kind of session.
    #[serde(with = "finite")]
    pub score: f64,
    /// The score over 90 seconds.
    #[serde(with = "finite")]
    pub score_90s: f64,
    /// The score over 5 minutes without the poll term.
    #[serde(with = "finite")]
    pub core: f64,
    /// The score over 90 seconds without the poll term.
    #[serde(with = "finite")]
    pub core_90s: f64,
    /// The score in one word.
    #[serde(with = "named")]
    pub band: Band,
    /// How many people are present.
    pub people: i64,
    /// What is wrong.
    pub anomaly: Anomaly,
    /// What was measured.
    pub signals: Signals,
    /// The score's parts, from 0 to 1.
    pub terms: ScoreTerms,
    /// What the parts were compared with.
    pub baseline: ScoreBaseline,
}

/// What is wrong with a session, if anything is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anomaly {
    /// From 0 to 1; 0.6 and 0.8 are the calibrated levels.
    #[serde(with = "finite")]
    pub score: f64,
    /// How serious it is.
    #[serde(with = "named")]
    pub level: AnomalyLevel,
    /// What is wrong; absent: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<AnomalyClass>,
    /// What the class's signal should have been.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub expected: Option<f64>,
    /// How far it is from that, in standard deviations.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub deviation_sd: Option<f64>,
    /// The parts that fired.
    pub parts: Vec<AnomalyPart>,
    /// The same in words with numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<CompactString>,
}

/// One part of the detector that fired.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnomalyPart {
    /// Which part.
    pub name: CompactString,
    /// Its share of the anomaly score, from 0 to 1.
    #[serde(with = "finite")]
    pub score: f64,
}

/// What was measured; absent: not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signals {
    /// Messages per minute.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub chat_per_min: Option<f64>,
    /// Reactions per minute.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub reactions_per_min: Option<f64>,
    /// Votes over people who may vote.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub poll_participation: Option<f64>,
    /// Questions per minute.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub questions_per_min: Option<f64>,
    /// People with any interaction in the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_users: Option<i64>,
    /// People who are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub present_users: Option<i64>,
    /// Joins per minute.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub join_per_min: Option<f64>,
    /// Leaves per minute.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub leave_per_min: Option<f64>,
    /// How long people have been there, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub presence_s_mean: Option<f64>,
    /// Share of people with the session in the foreground.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub focused_share: Option<f64>,
    /// Time from a message to its reply, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub response_s_median: Option<f64>,
    /// How fast the speaker speaks.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub words_per_min: Option<f64>,
    /// How fast the slides turn.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub slides_per_min: Option<f64>,
    /// Where in its course the session is.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "named::optional")]
    pub phase: Option<SessionPhase>,
    /// Time since the session's start, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub elapsed_s: Option<f64>,
}

/// The parts of a score, from 0 to 1; absent: it had no part in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScoreTerms {
    /// Messages.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub chat: Option<f64>,
    /// Votes.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub poll: Option<f64>,
    /// People with any interaction.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub active: Option<f64>,
    /// Reactions.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub reactions: Option<f64>,
    /// People who stay.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "finite::optional")]
    pub stay: Option<f64>,
}

/// What each part of a score was compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreBaseline {
    /// The version of the prior; pinned for the session.
    pub version: i64,
    /// Messages per person-minute.
    #[serde(with = "finite")]
    pub chat: f64,
    /// Share of eligible people who vote.
    #[serde(with = "finite")]
    pub poll: f64,
    /// Share of people with any interaction.
    #[serde(with = "finite")]
    pub active: f64,
    /// Reactions per person-minute.
    #[serde(with = "finite")]
    pub reactions: f64,
    /// Share of people who leave.
    #[serde(with = "finite")]
    pub stay: f64,
}

impl Value for EngagementScore {
    const RECORD: &'static str = "EngagementScore";
    const TOPIC: &'static str = topics::ENGAGEMENT_SCORES;
    const SCHEMA: &'static str = include_str!("../../../schemas/score.avsc");

    fn validate(&self) -> Result<(), Invalid> {
        check::not_empty("session", &self.session)?;
        check::not_negative("people", Some(self.people))?;
        check::not_negative("active_users", self.signals.active_users)?;
        check::not_negative("present_users", self.signals.present_users)
    }
}
