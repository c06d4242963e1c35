//! The statements that write, put together from the columns.

use std::fmt::Write as _;
use std::sync::LazyLock;

use super::super::row::{COMMAND, FEEDBACK, RESULT};
use super::super::table::METRICS;
use crate::database::Database;

/// Sets a watermark that is not there.
pub(super) const BEGIN: &str = r#"INSERT INTO history_watermarks (topic, "partition", topic_id, next_offset)
    VALUES ($1, $2, $3, $4) ON CONFLICT (topic, "partition") DO NOTHING"#;
/// Moves a watermark that stands where it was found.
pub(super) const MOVE: &str = r#"UPDATE history_watermarks SET topic_id = $3, next_offset = $4
    WHERE topic = $1 AND "partition" = $2 AND topic_id = $5 AND next_offset = $6"#;
/// Adds to the totals of a group.
pub(super) const ADD: &str = "INSERT INTO agent_performance
    (hour_ms, context_key, kind, variant, treated, held_out, results, measured, successes, change_millionths, reward_millionths)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (hour_ms, context_key, kind, variant, treated, held_out) DO UPDATE SET
        results = agent_performance.results + excluded.results,
        measured = agent_performance.measured + excluded.measured,
        successes = agent_performance.successes + excluded.successes,
        change_millionths = agent_performance.change_millionths + excluded.change_millionths,
        reward_millionths = agent_performance.reward_millionths + excluded.reward_millionths";

/// The last record of a command counts, and of each status its last time.
pub(super) static SET_COMMAND: LazyLock<String> = LazyLock::new(|| {
    let times = ["proposed_ms", "approved_ms", "cancelled_ms", "held_out_ms"];
    let set = COMMAND.iter().skip(3).map(|name| match times.contains(name) {
        true => format!("{name} = COALESCE(excluded.{name}, interventions.{name})"),
        false => format!("{name} = excluded.{name}"),
    });
    let session = "session = excluded.session".to_owned();
    upsert(&COMMAND, set.chain([session]), "")
});

/// The first feedback counts. Its session is only taken where nobody has named one.
pub(super) static SET_FEEDBACK: LazyLock<String> = LazyLock::new(|| {
    let set = FEEDBACK.iter().skip(3).map(|name| format!("{name} = excluded.{name}"));
    upsert(&FEEDBACK, set, " WHERE interventions.feedback IS NULL")
});

/// The first result counts. What a command says too is only taken where none has said it.
pub(super) static SET_RESULT: LazyLock<String> = LazyLock::new(|| {
    let unless_told = ["session", "kind", "variant", "context_key"];
    let names = RESULT.iter().filter(|name| !matches!(**name, "command" | "touched_ms"));
    let set = names.map(|name| match unless_told.contains(name) {
        true => format!(
            "{name} = CASE WHEN interventions.status IS NULL THEN excluded.{name} ELSE interventions.{name} END"
        ),
        false => format!("{name} = excluded.{name}"),
    });
    upsert(&RESULT, set, " WHERE interventions.outcome IS NULL")
});

fn upsert(names: &[&str], set: impl Iterator<Item = String>, condition: &str) -> String {
    let touched = "touched_ms = CASE WHEN excluded.touched_ms > interventions.touched_ms \
                   THEN excluded.touched_ms ELSE interventions.touched_ms END";
    let set: Vec<String> = set.chain([touched.to_owned()]).collect();
    let values: Vec<String> = (1..=names.len()).map(|number| format!("${number}")).collect();
    format!(
        "INSERT INTO interventions ({}) VALUES ({}) ON CONFLICT (command) DO UPDATE SET {}{condition}",
        names.join(", "),
        values.join(", "),
        set.join(", ")
    )
}

/// Puts so many scores, each with its values one after the other.
pub(super) fn put_metrics(database: &Database, rows: usize) -> String {
    let names: Vec<&str> = METRICS.iter().map(|column| column.name).collect();
    let mut sql = format!("INSERT INTO engagement_metrics ({}) VALUES ", names.join(", "));
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for place in 0..names.len() {
            sql.push_str(if place == 0 { "" } else { ", " });
            // Numbered ones are looked up by name in SQLite, each among all others.
            let _ = match database {
                Database::Sqlite(_) => write!(sql, "?"),
                Database::Postgres(_) => write!(sql, "${}", row * names.len() + place + 1),
            };
        }
        sql.push(')');
    }
    let set: Vec<String> = names.iter().skip(2).map(|name| format!("{name} = excluded.{name}")).collect();
    sql.push_str(" ON CONFLICT (session, at_ms) DO UPDATE SET ");
    sql.push_str(&set.join(", "));
    sql
}
