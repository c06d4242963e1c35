//! What is left of a session: its course, what was done with which outcome, and what that was worth.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use domain::context::InterventionKind;
use serde::Serialize;
use topology::wire::{CommandStatus, FeedbackKind, Outcome, Segment};

use super::history::away;
use super::http::Served;
use super::http::events::check;
use super::http::problem::Problem;
use super::view::card::{Card, Measured, Status, effect, withdrawn};
use super::view::session::SessionView;
use super::view::words;
use crate::history::store::{HistoryStore, Intervention, Overview};

/// Points of its course.
const POINTS_MAX: u32 = 300;
/// Interventions that it tells of: the newest.
const INTERVENTIONS_MAX: u32 = 500;

/// Where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Source {
    /// The database: all of the session.
    History,
    /// The view: its last hour at most.
    Topics,
}

/// An intervention in a line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Line {
    command: String,
    at_ms: i64,
    kind: String,
    what: String,
    status: Status,
    outcome: Option<Measured>,
}

/// What the interventions of a session were worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Worth {
    /// Those that were carried out and measured.
    measured: usize,
    /// What changed after them, on average; nothing where none was measured.
    change_mean: Option<f64>,
    /// The same less what happens without an intervention: the net effect.
    reward_mean: Option<f64>,
    /// Those that were left alone, and measured.
    controls: usize,
    /// What changed by itself, on average.
    control_change_mean: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(super) struct Summary {
    session: String,
    source: Source,
    #[serde(flatten)]
    overview: Overview,
    points: serde_json::Value,
    step_ms: i64,
    /// The oldest first.
    interventions: Vec<Line>,
    /// There are more, older ones.
    is_cut: bool,
    effect: Worth,
}

pub(super) async fn look(
    State(served): State<Arc<Served>>,
    Path(session): Path<String>,
) -> Result<Json<Summary>, Problem> {
    check(&session)?;
    if let Some(history) = served.history.get() {
        return of_history(history, session).await.map(Json).map_err(away);
    }
    let live = served.shared.live();
    Ok(Json(of_view(&session, live.view.get(&session))))
}

async fn of_history(
    history: &HistoryStore,
    session: String,
) -> Result<Summary, Box<dyn std::error::Error + Send + Sync>> {
    let overview = history.overview(&session).await?;
    let points = history.points(&session, i64::MIN, i64::MAX, POINTS_MAX).await?;
    // One more tells whether there are more.
    let mut found = history.interventions(&session, INTERVENTIONS_MAX + 1).await?;
    let is_cut = found.len() > INTERVENTIONS_MAX as usize;
    found.truncate(INTERVENTIONS_MAX as usize);
    let interventions: Vec<Line> = found.iter().rev().filter_map(line).collect();
    let effect = worth(&interventions);
    let step_ms = points.step_ms;
    let points = serde_json::to_value(points.points)?;
    Ok(Summary { session, source: Source::History, overview, points, step_ms, interventions, is_cut, effect })
}

fn of_view(session: &str, view: Option<&SessionView>) -> Summary {
    let known: Vec<_> = view.into_iter().flat_map(SessionView::points).collect();
    let scores = || known.iter().map(|point| point.score);
    let overview = Overview {
        ticks: i64::try_from(known.len()).unwrap_or(i64::MAX),
        from_ms: known.first().map(|point| point.at_ms),
        to_ms: known.last().map(|point| point.at_ms),
        score_mean: mean(scores()),
        score_min: scores().min_by(f64::total_cmp),
        people_max: known.iter().map(|point| point.people).max(),
    };
    let step = known.len().div_ceil(POINTS_MAX as usize).max(1);
    // The last of each step, as the database answers.
    let points: Vec<_> = known.chunks(step).filter_map(<[_]>::last).collect();
    let mut interventions: Vec<Line> = view.into_iter().flat_map(SessionView::cards).map(Line::of).collect();
    interventions.reverse();
    let effect = worth(&interventions);
    Summary {
        session: session.to_owned(),
        source: Source::Topics,
        overview,
        points: serde_json::json!(points),
        step_ms: 5_000 * i64::try_from(step).unwrap_or(i64::MAX),
        interventions,
        is_cut: false,
        effect,
    }
}

impl Line {
    fn of(card: &Card) -> Self {
        Self {
            command: card.command.to_string(),
            at_ms: card.at_ms,
            kind: card.kind.name().to_owned(),
            what: card.what.clone(),
            status: card.status,
            outcome: card.outcome.clone(),
        }
    }
}

/// A row as a line; nothing of a command of which only others have spoken.
fn line(row: &Intervention) -> Option<Line> {
    let kind = InterventionKind::parse(row.kind.as_deref()?)?;
    let segment = row.segment.as_deref().and_then(Segment::parse).unwrap_or(Segment::Everyone);
    Some(Line {
        command: row.command.clone(),
        at_ms: row.at_ms?,
        kind: kind.name().to_owned(),
        what: words::what(kind, row.variant.as_deref(), segment),
        status: status(row)?,
        outcome: measured(row),
    })
}

fn status(row: &Intervention) -> Option<Status> {
    let feedback = row.feedback.as_deref().and_then(FeedbackKind::parse);
    let outcome = row.outcome.as_deref().and_then(Outcome::parse);
    Some(match (CommandStatus::parse(row.status.as_deref()?)?, feedback) {
        (CommandStatus::Proposed, _) => Status::Proposed,
        (CommandStatus::HeldOut, _) => Status::HeldOut,
        (CommandStatus::Cancelled, _) => withdrawn(row.reason.as_deref().unwrap_or_default()),
        (CommandStatus::Approved, Some(kind)) => Status::after(kind),
        (CommandStatus::Approved, None) if outcome == Some(Outcome::Unanswered) => Status::Failed,
        (CommandStatus::Approved, None) => Status::Approved,
    })
}

fn measured(row: &Intervention) -> Option<Measured> {
    let outcome = Outcome::parse(row.outcome.as_deref()?)?;
    Some(Measured {
        outcome,
        effect: effect(outcome, row.reward, row.success),
        change: row.change,
        reward: row.reward,
        score_before: row.score_before,
        score_after: row.score_after,
    })
}

fn worth(lines: &[Line]) -> Worth {
    let of = |held_out: bool| {
        lines
            .iter()
            .filter(move |line| (line.status == Status::HeldOut) == held_out)
            .filter_map(|line| line.outcome.as_ref())
            .filter(|outcome| outcome.outcome == Outcome::Measured)
    };
    Worth {
        measured: of(false).count(),
        change_mean: mean(of(false).filter_map(|outcome| outcome.change)),
        reward_mean: mean(of(false).filter_map(|outcome| outcome.reward)),
        controls: of(true).count(),
        control_change_mean: mean(of(true).filter_map(|outcome| outcome.change)),
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests;
