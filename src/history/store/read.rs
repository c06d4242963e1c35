//! What a page wants to know. Every answer is bounded.

use domain::time::Millis;
use serde::Serialize;
use sqlx::FromRow;

use super::HistoryStore;
use crate::database::{DatabaseError, on};

/// Ticks are so far apart.
const TICK_MS: Millis = 5_000;

/// One tick of a session; its fields as in `docs/dashboard-api.md`.
#[derive(Clone, Debug, PartialEq, Serialize, FromRow)]
pub struct Point {
    /// The tick, in milliseconds since the epoch.
    pub at_ms: Millis,
    /// The score over 5 minutes, from 0 to 1.
    pub score: f64,
    /// The score over 90 seconds.
    pub score_90s: f64,
    /// How serious the anomaly is.
    pub level: String,
    /// What is wrong, if anything is.
    pub class: Option<String>,
    /// How many people are present.
    pub people: i64,
    /// Messages per minute.
    pub chat: Option<f64>,
    /// Reactions per minute.
    pub reactions: Option<f64>,
    /// The share that votes.
    pub poll: Option<f64>,
    /// Leaves per minute.
    pub leave: Option<f64>,
}

/// Points of a session, in the order of time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Points {
    /// Of each step the last one.
    pub points: Vec<Point>,
    /// How far apart they are at least: a multiple of 5,000 ms that grows with the range.
    pub step_ms: Millis,
}

/// A session in a few numbers; of one without a tick, nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, FromRow)]
pub struct Overview {
    /// How many ticks there are.
    pub ticks: i64,
    /// The first, in milliseconds since the epoch.
    pub from_ms: Option<Millis>,
    /// The last.
    pub to_ms: Option<Millis>,
    /// The mean of the scores over 5 minutes, from 0 to 1.
    pub score_mean: Option<f64>,
    /// The lowest of them.
    pub score_min: Option<f64>,
    /// The most people who were present.
    pub people_max: Option<i64>,
}

/// A command, what became of it, and what it changed. What is not known yet is nothing; texts are the names on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, FromRow)]
#[allow(missing_docs)]
pub struct Intervention {
    pub command: String,
    pub session: String,
    pub at_ms: Option<Millis>,
    pub kind: Option<String>,
    pub variant: Option<String>,
    pub segment: Option<String>,
    pub mode: Option<String>,
    pub confidence: Option<f64>,
    pub propensity: Option<f64>,
    pub context_key: Option<String>,
    pub class: Option<String>,
    pub reason: Option<String>,
    pub expires_at_ms: Option<Millis>,
    pub content: Option<String>,
    pub decided_by: Option<String>,
    pub decided_at_ms: Option<Millis>,
    pub status: Option<String>,
    pub proposed_ms: Option<Millis>,
    pub approved_ms: Option<Millis>,
    pub cancelled_ms: Option<Millis>,
    pub held_out_ms: Option<Millis>,
    pub feedback: Option<String>,
    pub feedback_ms: Option<Millis>,
    pub attempts: Option<i64>,
    pub shown: Option<String>,
    pub provider: Option<String>,
    pub cost_usd: Option<f64>,
    pub error: Option<String>,
    pub outcome: Option<String>,
    pub result_ms: Option<Millis>,
    pub started_ms: Option<Millis>,
    pub treated: Option<bool>,
    pub held_out: Option<bool>,
    pub waited: Option<bool>,
    pub score_before: Option<f64>,
    pub score_after: Option<f64>,
    pub change: Option<f64>,
    pub reward: Option<f64>,
    pub success: Option<bool>,
}

/// What a form of an intervention has brought in a context, in one hour.
#[derive(Clone, Debug, PartialEq, Serialize, FromRow)]
pub struct Performance {
    /// The UTC hour of the results, in milliseconds since the epoch.
    pub hour_ms: Millis,
    /// The situation.
    pub context_key: String,
    /// What was done.
    pub kind: String,
    /// Which form of it; empty where it has none.
    pub variant: String,
    /// It was run.
    pub treated: bool,
    /// It was a control.
    pub held_out: bool,
    /// Results.
    pub results: i64,
    /// Those that were measured.
    pub measured: i64,
    /// Those that were a success.
    pub successes: i64,
    /// The sum of what changed.
    pub change_sum: f64,
    /// The sum of the rewards.
    pub reward_sum: f64,
}

impl HistoryStore {
    /// At most so many points of a session from one time to another, both included: of each step the last one.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn points(
        &self,
        session: &str,
        from_ms: Millis,
        to_ms: Millis,
        at_most: u32,
    ) -> Result<Points, DatabaseError> {
        const ENDS: &str =
            "SELECT MIN(at_ms), MAX(at_ms) FROM engagement_metrics WHERE session = $1 AND at_ms BETWEEN $2 AND $3";
        const POINTS: &str = "SELECT at_ms, score, score_90s, anomaly_level AS level, anomaly_class AS class, people,
                chat_per_min AS chat, reactions_per_min AS reactions, poll_participation AS poll, leave_per_min AS leave
            FROM engagement_metrics
            WHERE session = $1 AND at_ms IN (SELECT MAX(at_ms) FROM engagement_metrics
                WHERE session = $1 AND at_ms BETWEEN $2 AND $3 GROUP BY at_ms / $4)
            ORDER BY at_ms LIMIT $5";
        let ends: (Option<i64>, Option<i64>) = on!(self.database, |pool| {
            sqlx::query_as(ENDS).bind(session).bind(from_ms).bind(to_ms).fetch_one(pool).await?
        });
        let (Some(first_ms), Some(last_ms)) = ends else {
            return Ok(Points { points: Vec::new(), step_ms: TICK_MS });
        };
        let step_ms = step_ms(first_ms, last_ms, at_most);
        let points = on!(self.database, |pool| {
            let query = sqlx::query_as(POINTS).bind(session).bind(first_ms).bind(last_ms).bind(step_ms);
            query.bind(i64::from(at_most)).fetch_all(pool).await?
        });
        Ok(Points { points, step_ms })
    }

    /// Whether there is history in this database.
    ///
    /// # Errors
    /// There is none, or the database does not answer.
    pub async fn check(&self) -> Result<(), DatabaseError> {
        const LOOK: &str = "SELECT at_ms FROM engagement_metrics WHERE at_ms = 0 AND session = ''";
        let _row: Option<(i64,)> = on!(self.database, |pool| sqlx::query_as(LOOK).fetch_optional(pool).await?);
        Ok(())
    }

    /// A session in a few numbers.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn overview(&self, session: &str) -> Result<Overview, DatabaseError> {
        const FIND: &str =
            "SELECT COUNT(*) AS ticks, MIN(at_ms) AS from_ms, MAX(at_ms) AS to_ms, AVG(score) AS score_mean,
                MIN(score) AS score_min, MAX(people) AS people_max
            FROM engagement_metrics WHERE session = $1";
        Ok(on!(self.database, |pool| sqlx::query_as(FIND).bind(session).fetch_one(pool).await?))
    }

    /// At most so many interventions of a session, the newest first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn interventions(&self, session: &str, at_most: u32) -> Result<Vec<Intervention>, DatabaseError> {
        const FIND: &str = "SELECT * FROM interventions WHERE session = $1
            ORDER BY COALESCE(at_ms, touched_ms) DESC, command DESC LIMIT $2";
        Ok(on!(self.database, |pool| {
            sqlx::query_as(FIND).bind(session).bind(i64::from(at_most)).fetch_all(pool).await?
        }))
    }

    /// At most so many totals of this time and later, the newest hour first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn performance(&self, since_ms: Millis, at_most: u32) -> Result<Vec<Performance>, DatabaseError> {
        const FIND: &str =
            "SELECT hour_ms, context_key, kind, variant, treated, held_out, results, measured, successes,
                CAST(change_millionths AS DOUBLE PRECISION) / 1000000 AS change_sum,
                CAST(reward_millionths AS DOUBLE PRECISION) / 1000000 AS reward_sum
            FROM agent_performance WHERE hour_ms >= $1
            ORDER BY hour_ms DESC, context_key, kind, variant, treated, held_out LIMIT $2";
        Ok(on!(self.database, |pool| {
            sqlx::query_as(FIND).bind(since_ms).bind(i64::from(at_most)).fetch_all(pool).await?
        }))
    }
}

/// A multiple of a tick, small, of which so many steps hold all from the first to the last.
fn step_ms(first_ms: Millis, last_ms: Millis, at_most: u32) -> Millis {
    // The first and the last step may hold less than a whole one.
    let steps = i128::from(at_most.max(2)) - 1;
    let (first, last, tick) = (i128::from(first_ms), i128::from(last_ms), i128::from(TICK_MS));
    let ticks = ((last - first + 1) / steps / tick).max(1);
    let fits = |ticks: i128| last.div_euclid(ticks * tick) - first.div_euclid(ticks * tick) <= steps;
    let step = (if fits(ticks) { ticks } else { ticks + 1 }) * tick;
    Millis::try_from(step).unwrap_or(Millis::MAX)
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn the_step_grows_with_the_range_until_all_steps_fit() {
        for (first, last, at_most, expect) in [
            (0, 0, 2_000, Some(5_000)),
            (0, 9_995_000, 2_000, Some(5_000)),
            (0, 10_000_000, 2_000, Some(10_000)),
            (3_000, 9_998_000, 2_000, Some(5_000)),
            (0, 86_400_000, 100, Some(870_000)),
            (1_700_000_000_000, 1_700_086_400_000, 2_000, Some(45_000)),
            (i64::MIN / 2, i64::MAX, 2_000, None),
            (0, 20_000, 0, Some(20_000)),
        ] {
            let step = step_ms(first, last, at_most);
            let steps = last.div_euclid(step) - first.div_euclid(step) + 1;
            assert!(steps <= i64::from(at_most.max(2)), "{first} {last} {at_most}: {steps} steps");
            assert!(expect.is_none_or(|expect| expect == step), "{first} {last} {at_most}: {step}");
        }
    }
}
