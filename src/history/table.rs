//! The tables, column by column, in the order in which they are exported. The migrations say what each column means.

use crate::database::cell::Kind;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// What it is called.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What a query asks for, where that is not the column itself.
    pub expression: &'static str,
}

/// The tables that anybody may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Table {
    /// One row for each session and tick: the score, its terms and signals, and the anomaly.
    EngagementMetrics,
    /// One row for each command: what was decided, what became of it, what it changed.
    Interventions,
    /// Results by hour, context, kind and variant.
    AgentPerformance,
}

impl Table {
    /// What it is called in SQL.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EngagementMetrics => "engagement_metrics",
            Self::Interventions => "interventions",
            Self::AgentPerformance => "agent_performance",
        }
    }

    /// Its columns.
    #[must_use]
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::EngagementMetrics => &METRICS,
            Self::Interventions => &INTERVENTIONS,
            Self::AgentPerformance => &PERFORMANCE,
        }
    }

    /// The time of a row, in milliseconds since the epoch.
    #[must_use]
    pub fn time(self) -> &'static str {
        match self {
            Self::EngagementMetrics => "at_ms",
            Self::Interventions => "COALESCE(at_ms, touched_ms)",
            Self::AgentPerformance => "hour_ms",
        }
    }

    /// The order in which its rows are read: the same whenever and wherever they are.
    #[must_use]
    pub fn order(self) -> &'static str {
        match self {
            Self::EngagementMetrics => "at_ms, session",
            Self::Interventions => "COALESCE(at_ms, touched_ms), command",
            Self::AgentPerformance => "hour_ms, context_key, kind, variant, treated, held_out",
        }
    }

    /// Whether its rows belong to sessions.
    #[must_use]
    pub fn has_sessions(self) -> bool {
        self != Self::AgentPerformance
    }
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, expression: name }
}

/// A sum of millionths, as the sum that it is.
const fn sum(name: &'static str, expression: &'static str) -> Column {
    Column { name, kind: Kind::Real, expression }
}

/// Of `engagement_metrics`.
pub(super) const METRICS: [Column; 27] = [
    column("session", Kind::Text),
    column("at_ms", Kind::Integer),
    column("score", Kind::Real),
    column("score_90s", Kind::Real),
    column("core", Kind::Real),
    column("core_90s", Kind::Real),
    column("band", Kind::Text),
    column("people", Kind::Integer),
    column("anomaly_score", Kind::Real),
    column("anomaly_level", Kind::Text),
    column("anomaly_class", Kind::Text),
    column("anomaly_reason", Kind::Text),
    column("chat_per_min", Kind::Real),
    column("reactions_per_min", Kind::Real),
    column("poll_participation", Kind::Real),
    column("questions_per_min", Kind::Real),
    column("join_per_min", Kind::Real),
    column("leave_per_min", Kind::Real),
    column("active_users", Kind::Integer),
    column("present_users", Kind::Integer),
    column("phase", Kind::Text),
    column("elapsed_s", Kind::Real),
    column("term_chat", Kind::Real),
    column("term_poll", Kind::Real),
    column("term_active", Kind::Real),
    column("term_reactions", Kind::Real),
    column("term_stay", Kind::Real),
];

/// Of `interventions`.
const INTERVENTIONS: [Column; 43] = [
    column("command", Kind::Text),
    column("session", Kind::Text),
    column("touched_ms", Kind::Integer),
    column("at_ms", Kind::Integer),
    column("kind", Kind::Text),
    column("variant", Kind::Text),
    column("segment", Kind::Text),
    column("mode", Kind::Text),
    column("confidence", Kind::Real),
    column("propensity", Kind::Real),
    column("holdout_probability", Kind::Real),
    column("context_key", Kind::Text),
    column("class", Kind::Text),
    column("reason", Kind::Text),
    column("expires_at_ms", Kind::Integer),
    column("content", Kind::Text),
    column("decided_by", Kind::Text),
    column("decided_at_ms", Kind::Integer),
    column("status", Kind::Text),
    column("proposed_ms", Kind::Integer),
    column("approved_ms", Kind::Integer),
    column("cancelled_ms", Kind::Integer),
    column("held_out_ms", Kind::Integer),
    column("feedback", Kind::Text),
    column("feedback_ms", Kind::Integer),
    column("attempts", Kind::Integer),
    column("shown", Kind::Text),
    column("provider", Kind::Text),
    column("tokens_in", Kind::Integer),
    column("tokens_out", Kind::Integer),
    column("cost_usd", Kind::Real),
    column("error", Kind::Text),
    column("outcome", Kind::Text),
    column("result_ms", Kind::Integer),
    column("started_ms", Kind::Integer),
    column("treated", Kind::Boolean),
    column("held_out", Kind::Boolean),
    column("waited", Kind::Boolean),
    column("score_before", Kind::Real),
    column("score_after", Kind::Real),
    column("change", Kind::Real),
    column("reward", Kind::Real),
    column("success", Kind::Boolean),
];

/// Of `agent_performance`.
const PERFORMANCE: [Column; 11] = [
    column("hour_ms", Kind::Integer),
    column("context_key", Kind::Text),
    column("kind", Kind::Text),
    column("variant", Kind::Text),
    column("treated", Kind::Boolean),
    column("held_out", Kind::Boolean),
    column("results", Kind::Integer),
    column("measured", Kind::Integer),
    column("successes", Kind::Integer),
    sum("change_sum", "CAST(change_millionths AS DOUBLE PRECISION) / 1000000"),
    sum("reward_sum", "CAST(reward_millionths AS DOUBLE PRECISION) / 1000000"),
];
