//! What the database holds of a session, to take along. It is read in portions, each when the one before it is taken: however slow a
//! reader is, it holds one portion, and no connection to the database.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::OwnedSemaphorePermit;

use super::history::away;
use super::http::Served;
use super::http::events::check;
use super::http::problem::Problem;
use crate::database::cell::Cell;
use crate::history::export::{Format, head, put};
use crate::history::store::{HistoryStore, Wanted};
use crate::history::table::Table;

/// Rows of a portion.
const PORTION: u32 = 500;
/// Ticks of an export: nearly six days of them.
const TICKS_MAX: u64 = 100_000;
/// Interventions of an export, which are one portion: more than a session has in two months.
const INTERVENTIONS_MAX: u64 = 10_000;
/// The longest name of a file, in characters, before its ending.
const NAME_CHARS_MAX: usize = 80;

/// Answers with a table of a session, as a file.
pub(super) async fn take(
    State(served): State<Arc<Served>>,
    Path((session, file)): Path<(String, String)>,
) -> Result<Response, Problem> {
    check(&session)?;
    let (table, format) = asked(&file).ok_or_else(|| {
        let detail = "There are engagement-metrics and interventions, each as .csv and as .jsonl.";
        Problem::new(StatusCode::NOT_FOUND, "no such export", detail)
    })?;
    let store = served.history.get().ok_or_else(|| {
        let detail = "There is no database to export from: `conductor executor` writes one, named by database.url.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no history", detail)
    })?;
    let permit = Arc::clone(&served.exports).try_acquire_owned().map_err(|_| {
        let detail = "Others are taking exports along: try again in a moment.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
    })?;
    let wanted = Wanted { table, session: Some(session.clone()), since_ms: None, until_ms: None, at_most: None };
    let rows = store.count(&wanted).await.map_err(away)?;
    let rows_max = if table == Table::Interventions { INTERVENTIONS_MAX } else { TICKS_MAX };
    if rows > rows_max {
        let detail = format!(
            "The session has {rows} rows, and {rows_max} are given here: use `conductor history export --session`."
        );
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too many rows", detail));
    }
    let kind = if format == Format::Csv { "text/csv; charset=utf-8" } else { "application/x-ndjson" };
    let name = format!("attachment; filename=\"{}-{file}\"", file_name(&session));
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let export = Export { store: store.clone(), wanted, format, next: Next::Head, left: rows_max, _permit: permit };
    Ok((headers, Body::from_stream(stream::try_unfold(export, Export::portion))).into_response())
}

/// The table and the format that a name asks for.
fn asked(file: &str) -> Option<(Table, Format)> {
    let (name, ending) = file.rsplit_once('.')?;
    let table = match name {
        "engagement-metrics" => Table::EngagementMetrics,
        "interventions" => Table::Interventions,
        _ => return None,
    };
    let format = match ending {
        "csv" => Format::Csv,
        "jsonl" => Format::Jsonl,
        _ => return None,
    };
    Some((table, format))
}

/// A session's id as a part of a file's name, which is a header, too: whatever else is in it, this is harmless.
fn file_name(session: &str) -> String {
    let harmless = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    session.chars().take(NAME_CHARS_MAX).map(harmless).collect()
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Head,
    /// Rows of this time and later.
    Rows(Option<i64>),
    Nothing,
}

/// An export on its way.
struct Export {
    store: HistoryStore,
    wanted: Wanted,
    format: Format,
    next: Next,
    /// Rows that may still come: a session that goes on while it is exported ends here, too.
    left: u64,
    /// Given back at the end.
    _permit: OwnedSemaphorePermit,
}

impl Export {
    /// The next portion. An error cuts the answer off, so that half a file does not pass for a whole one.
    async fn portion(mut self) -> Result<Option<(Bytes, Self)>, sqlx::Error> {
        match self.next {
            Next::Nothing => Ok(None),
            Next::Head => {
                self.next = Next::Rows(None);
                Ok(Some((Bytes::from(head(self.wanted.table.columns(), self.format)), self)))
            }
            Next::Rows(since_ms) => {
                let text = self.rows(since_ms).await.inspect_err(|error| {
                    tracing::warn!(%error, "an export is cut off: the history can not be read");
                })?;
                Ok((!text.is_empty()).then(|| (Bytes::from(text), self)))
            }
        }
    }

    /// Rows from this time on. Ticks are one a time, so the next portion begins after the last; interventions may be several: few, in one portion.
    async fn rows(&mut self, since_ms: Option<i64>) -> Result<String, sqlx::Error> {
        let is_whole = self.wanted.table == Table::Interventions;
        let limit = if is_whole { self.left } else { self.left.min(PORTION.into()) };
        let at_most = u32::try_from(limit).ok();
        let wanted = Wanted { since_ms, at_most, ..self.wanted.clone() };
        let (columns, format) = (wanted.table.columns(), self.format);
        let time = columns.iter().position(|column| column.name == "at_ms");
        let (mut text, mut rows, mut last) = (String::new(), 0_u64, None);
        let take = |mut row: Vec<Cell>| {
            if let Some(Cell::Integer(at_ms)) = time.and_then(|place| row.get(place)) {
                last = *at_ms;
            }
            if format == Format::Csv {
                row.iter_mut().for_each(calm);
            }
            put(&mut text, columns, &row, format);
            rows += 1;
            Ok::<(), sqlx::Error>(())
        };
        self.store.export(&wanted, take).await?;
        self.left = self.left.saturating_sub(rows);
        self.next = match last {
            Some(at_ms) if !is_whole && rows >= limit && self.left > 0 => Next::Rows(Some(at_ms.saturating_add(1))),
            _ => Next::Nothing,
        };
        Ok(text)
    }
}

/// A spreadsheet takes a text for a formula that begins like one: an apostrophe before it says that it is none.
fn calm(cell: &mut Cell) {
    if let Cell::Text(Some(text)) = cell
        && text.starts_with(['=', '+', '-', '@', '\t', '\r'])
    {
        text.insert(0, '\'');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_its_table_and_its_ending() {
        assert_eq!(asked("engagement-metrics.csv"), Some((Table::EngagementMetrics, Format::Csv)));
        assert_eq!(asked("interventions.jsonl"), Some((Table::Interventions, Format::Jsonl)));
        for unknown in ["interventions", "interventions.xlsx", "agent-performance.csv", ".csv", ""] {
            assert_eq!(asked(unknown), None, "{unknown}");
        }
        assert_eq!(file_name("a/b\"\r\nSet-Cookie: x\u{202e}"), "a-b---Set-Cookie--x-");
        assert_eq!(file_name(&"é".repeat(200)).len(), NAME_CHARS_MAX);
    }

    #[test]
    fn no_text_is_a_formula() {
        for (text, expected) in [("=1+1", "'=1+1"), ("@x", "'@x"), ("-5", "'-5"), ("a=b", "a=b"), ("", "")] {
            let mut cell = Cell::Text(Some(text.to_owned()));
            calm(&mut cell);
            assert_eq!(cell, Cell::Text(Some(expected.to_owned())));
        }
    }
}
