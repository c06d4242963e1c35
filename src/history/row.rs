//! What one record says, as values of columns. Nothing here fails but for ids that are too long to be kept.

use compact_str::CompactString;
use domain::time::Millis;
use topology::wire::{
    CommandStatus, EngagementScore, InterventionCommand, InterventionFeedback, InterventionResult, Outcome,
};

use super::table::METRICS;
use crate::database::cell::Cell;

/// Longer texts are cut here, as everywhere where texts are kept.
const CHARACTERS_MAX: usize = 2_000;
/// Longer ids are refused: a cut one would be another's, and PostgreSQL has no place for them in an index.
const ID_BYTES_MAX: usize = 600;
/// Nobody's score changes by more; what is beyond comes from elsewhere, and must not burst a sum.
const CHANGE_MAX: f64 = 1_000.0;
const HOUR_MS: Millis = 60 * 60 * 1000;

/// An id that is too long, or not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {what} has {bytes} bytes, it must have 1 to {ID_BYTES_MAX}")]
pub struct UnfitId {
    /// Whose id.
    pub what: &'static str,
    /// How many bytes it has.
    pub bytes: usize,
}

/// Where in `engagement_metrics` a row lies: session and tick.
pub type MetricsKey = (CompactString, Millis);

/// What a record says of an intervention; each kind of record fills columns of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Of `intervention-commands`: the values of [`COMMAND`].
    Command(Vec<Cell>),
    /// Of `intervention-feedback`: the values of [`FEEDBACK`].
    Feedback(Vec<Cell>),
    /// Of `intervention-results`: the values of [`RESULT`], and what the result counts for, should it be the command's first.
    Result(Vec<Cell>, Group, Totals),
}

/// The columns that a command fills. The last four are the times of its statuses.
pub const COMMAND: [&str; 23] = [
    "command",
    "session",
    "touched_ms",
    "at_ms",
    "kind",
    "variant",
    "segment",
    "mode",
    "confidence",
    "propensity",
    "holdout_probability",
    "context_key",
    "class",
    "reason",
    "expires_at_ms",
    "content",
    "decided_by",
    "decided_at_ms",
    "status",
    "proposed_ms",
    "approved_ms",
    "cancelled_ms",
    "held_out_ms",
];
/// The columns that feedback fills.
pub const FEEDBACK: [&str; 12] = [
    "command",
    "session",
    "touched_ms",
    "feedback",
    "feedback_ms",
    "attempts",
    "shown",
    "provider",
    "tokens_in",
    "tokens_out",
    "cost_usd",
    "error",
];
/// The columns that a result fills; of kind, variant and context only where no command has done so.
pub const RESULT: [&str; 17] = [
    "command",
    "session",
    "touched_ms",
    "kind",
    "variant",
    "context_key",
    "outcome",
    "result_ms",
    "started_ms",
    "treated",
    "held_out",
    "waited",
    "score_before",
    "score_after",
    "change",
    "reward",
    "success",
];

/// Which row of `agent_performance`; ordered, because everyone must take these rows in one order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// The UTC hour of the result, in milliseconds since the epoch.
    pub hour_ms: Millis,
    /// The situation.
    pub context_key: String,
    /// What was done.
    pub kind: &'static str,
    /// Which form of it; empty where it has none.
    pub variant: String,
    /// It was run.
    pub treated: bool,
    /// It was a control.
    pub held_out: bool,
}

/// What `agent_performance` adds up. Whole numbers: sums of floating-point numbers depend on the portions in which they are added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Results.
    pub results: i64,
    /// Those that were measured.
    pub measured: i64,
    /// Those that were a success.
    pub successes: i64,
    /// The sum of what changed, in millionths.
    pub change_millionths: i64,
    /// The sum of the rewards, in millionths.
    pub reward_millionths: i64,
}

impl Totals {
    /// Both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            results: self.results.saturating_add(other.results),
            measured: self.measured.saturating_add(other.measured),
            successes: self.successes.saturating_add(other.successes),
            change_millionths: self.change_millionths.saturating_add(other.change_millionths),
            reward_millionths: self.reward_millionths.saturating_add(other.reward_millionths),
        }
    }
}

/// The row of a score.
///
/// # Errors
/// The session's id is too long to be kept.
pub fn metrics(score: &EngagementScore) -> Result<(MetricsKey, [Cell; METRICS.len()]), UnfitId> {
    let session = id("session", &score.session)?;
    let key = (CompactString::from(&session), score.at_ms);
    let (anomaly, signals, terms) = (&score.anomaly, &score.signals, &score.terms);
    let row = [
        Cell::Text(Some(session)),
        integer(score.at_ms),
        real(score.score),
        real(score.score_90s),
        real(score.core),
        real(score.core_90s),
        name(score.band.name()),
        integer(score.people),
        real(anomaly.score),
        name(anomaly.level.name()),
        Cell::Text(anomaly.class.map(|class| class.as_str().to_owned())),
        text(anomaly.reason.as_deref()),
        Cell::Real(signals.chat_per_min),
        Cell::Real(signals.reactions_per_min),
        Cell::Real(signals.poll_participation),
        Cell::Real(signals.questions_per_min),
        Cell::Real(signals.join_per_min),
        Cell::Real(signals.leave_per_min),
        Cell::Integer(signals.active_users),
        Cell::Integer(signals.present_users),
        Cell::Text(signals.phase.map(|phase| phase.name().to_owned())),
        Cell::Real(signals.elapsed_s),
        Cell::Real(terms.chat),
        Cell::Real(terms.poll),
        Cell::Real(terms.active),
        Cell::Real(terms.reactions),
        Cell::Real(terms.stay),
    ];
    Ok((key, row))
}

/// What a command says, by a record of this time.
///
/// # Errors
/// An id is too long to be kept.
pub fn command(command: &InterventionCommand, timestamp_ms: Millis) -> Result<Change, UnfitId> {
    let at = |status| Cell::Integer((command.status == status).then_some(timestamp_ms));
    Ok(Change::Command(vec![
        Cell::Text(Some(id("command", &command.command)?)),
        Cell::Text(Some(id("session", &command.session)?)),
        integer(command.at_ms.max(timestamp_ms)),
        integer(command.at_ms),
        name(command.kind.name()),
        text(command.variant.as_deref()),
        name(command.target.segment.name()),
        name(command.mode.name()),
        real(command.confidence),
        real(command.propensity),
        real(command.holdout_probability),
        text(Some(&command.context_key)),
        text(command.parameters.get("anomaly").map(CompactString::as_str)),
        text(Some(&command.reason)),
        integer(command.expires_at_ms),
        text(command.content.as_deref()),
        text(command.decided_by.as_deref()),
        Cell::Integer(command.decided_at_ms),
        name(command.status.name()),
        at(CommandStatus::Proposed),
        at(CommandStatus::Approved),
        at(CommandStatus::Cancelled),
        at(CommandStatus::HeldOut),
    ]))
}

/// What feedback says; its session is the key of its record.
///
/// # Errors
/// An id is too long to be kept, or not there.
pub fn feedback(feedback: &InterventionFeedback, key: Option<&[u8]>) -> Result<Change, UnfitId> {
    let session = String::from_utf8_lossy(key.unwrap_or_default());
    Ok(Change::Feedback(vec![
        Cell::Text(Some(id("command", &feedback.command)?)),
        Cell::Text(Some(id("session", &session)?)),
        integer(feedback.at_ms),
        name(feedback.kind.name()),
        integer(feedback.at_ms),
        integer(i64::from(feedback.attempts)),
        text(feedback.content.as_deref()),
        text(feedback.provider.as_deref()),
        Cell::Integer(feedback.tokens_in),
        Cell::Integer(feedback.tokens_out),
        Cell::Real(feedback.cost_usd),
        text(feedback.error.as_deref()),
    ]))
}

/// What a result says.
///
/// # Errors
/// An id is too long to be kept.
pub fn result(result: &InterventionResult) -> Result<Change, UnfitId> {
    let context_key = id("context", &result.context_key)?;
    let variant = result.variant.as_deref().map(|variant| id("variant", variant)).transpose()?;
    let row = vec![
        Cell::Text(Some(id("command", &result.command)?)),
        Cell::Text(Some(id("session", &result.session)?)),
        integer(result.at_ms),
        name(result.kind.name()),
        Cell::Text(variant.clone()),
        Cell::Text(Some(context_key.clone())),
        name(result.outcome.name()),
        integer(result.at_ms),
        Cell::Integer(result.started_ms),
        Cell::Boolean(Some(result.treated)),
        Cell::Boolean(Some(result.held_out)),
        Cell::Boolean(Some(result.waited)),
        Cell::Real(result.score_before),
        Cell::Real(result.score_after),
        Cell::Real(result.change),
        Cell::Real(result.reward),
        Cell::Boolean(result.success),
    ];
    let group = Group {
        hour_ms: result.at_ms.div_euclid(HOUR_MS).saturating_mul(HOUR_MS),
        context_key,
        kind: result.kind.name(),
        variant: variant.unwrap_or_default(),
        treated: result.treated,
        held_out: result.held_out,
    };
    let totals = Totals {
        results: 1,
        measured: i64::from(result.outcome == Outcome::Measured),
        successes: i64::from(result.success == Some(true)),
        change_millionths: millionths(result.change),
        reward_millionths: millionths(result.reward),
    };
    Ok(Change::Result(row, group, totals))
}

fn millionths(value: Option<f64>) -> i64 {
    (value.unwrap_or_default().clamp(-CHANGE_MAX, CHANGE_MAX) * 1e6).round() as i64
}

fn integer(value: i64) -> Cell {
    Cell::Integer(Some(value))
}

fn real(value: f64) -> Cell {
    Cell::Real(Some(value))
}

fn name(value: &str) -> Cell {
    Cell::Text(Some(value.to_owned()))
}

fn text(value: Option<&str>) -> Cell {
    Cell::Text(value.map(|value| {
        let end = value.char_indices().nth(CHARACTERS_MAX).map_or(value.len(), |(end, _)| end);
        storable(value.get(..end).unwrap_or(value))
    }))
}

fn id(what: &'static str, value: &str) -> Result<String, UnfitId> {
    let bytes = value.len();
    if (1..=ID_BYTES_MAX).contains(&bytes) { Ok(storable(value)) } else { Err(UnfitId { what, bytes }) }
}

/// PostgreSQL knows no text with a zero in it.
fn storable(value: &str) -> String {
    value.replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use topology::wire::InterventionKind;

    use super::*;
    use crate::report::sample;

    #[test]
    fn a_row_has_a_value_of_the_right_kind_for_each_column() {
        let (key, row) = metrics(&sample::score("a", 5_000, 0.7)).unwrap();
        assert_eq!(key, ("a".into(), 5_000));
        for (column, cell) in METRICS.iter().zip(&row) {
            let kind = match cell {
                Cell::Text(_) => crate::database::cell::Kind::Text,
                Cell::Integer(_) => crate::database::cell::Kind::Integer,
                Cell::Real(_) => crate::database::cell::Kind::Real,
                Cell::Boolean(_) => crate::database::cell::Kind::Boolean,
            };
            assert_eq!(kind, column.kind, "{}", column.name);
        }
    }

    #[test]
    fn what_no_database_could_keep_is_cut_replaced_or_refused() {
        let mut long = sample::score("a\0b", 5_000, 0.7);
        long.anomaly.reason = Some("ü".repeat(3_000).into());
        let (key, row) = metrics(&long).unwrap();
        assert_eq!(key.0, "a\u{fffd}b");
        assert!(row.contains(&Cell::Text(Some("ü".repeat(2_000)))));
        let refused = metrics(&sample::score(&"x".repeat(601), 5_000, 0.7)).unwrap_err();
        assert_eq!(refused.to_string(), "the session has 601 bytes, it must have 1 to 600");
    }

    #[test]
    fn a_result_counts_in_its_hour_and_no_change_bursts_a_sum() {
        let command = sample::command("a", 0, InterventionKind::Poll, CommandStatus::Approved);
        let one = InterventionResult { at_ms: 7_199_999, ..sample::result(&command, 0.25) };
        let Change::Result(row, group, totals) = result(&one).unwrap() else { panic!() };
        assert_eq!((row.len(), group.hour_ms, group.variant.as_str()), (RESULT.len(), 3_600_000, ""));
        let expect =
            Totals { results: 1, measured: 1, successes: 1, change_millionths: 250_000, reward_millionths: 220_000 };
        assert_eq!(totals, expect);
        let burst = InterventionResult { change: Some(1e300), at_ms: -1, ..one };
        let Change::Result(_, group, totals) = result(&burst).unwrap() else { panic!() };
        assert_eq!((group.hour_ms, totals.change_millionths), (-3_600_000, 1_000_000_000));
    }
}
