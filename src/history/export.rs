//! Whole tables, as CSV or as JSON lines.

use std::io::Write;

use super::store::{HistoryStore, Wanted};
use super::table::Column;
use crate::database::cell::Cell;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A line of names, then a line a row; what is not known is empty (RFC 4180).
    Csv,
    /// One JSON object a line; what is not known is null.
    Jsonl,
}

/// Why an export did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database does not answer, or has no such table.
    #[error("the database: {0}")]
    Sql(#[from] sqlx::Error),
    /// The output can not be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] std::io::Error),
}

/// Writes every row of what is wanted, tells `progress` how many there are so far, and answers how many there were. A few rows are held at once.
///
/// # Errors
/// The database does not answer, or the output can not be written.
pub async fn export(
    store: &HistoryStore,
    wanted: &Wanted,
    format: Format,
    output: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<u64, ExportError> {
    let columns = wanted.table.columns();
    let mut line = String::new();
    output.write_all(head(columns, format).as_bytes())?;
    let mut rows = 0;
    let take = |row: Vec<Cell>| {
        line.clear();
        put(&mut line, columns, &row, format);
        output.write_all(line.as_bytes())?;
        rows += 1;
        progress(rows);
        Ok::<(), ExportError>(())
    };
    store.export(wanted, take).await?;
    output.flush()?;
    Ok(rows)
}

/// What stands before the first row.
#[must_use]
pub fn head(columns: &[Column], format: Format) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    if format == Format::Csv { format!("{}\n", names.join(",")) } else { String::new() }
}

/// Appends a row as a line.
pub fn put(text: &mut String, columns: &[Column], row: &[Cell], format: Format) {
    match format {
        Format::Csv => csv(text, row),
        Format::Jsonl => jsonl(text, columns, row),
    }
    text.push('\n');
}

fn csv(line: &mut String, row: &[Cell]) {
    for (place, cell) in row.iter().enumerate() {
        if place > 0 {
            line.push(',');
        }
        match cell {
            Cell::Text(Some(text)) => csv_text(line, text),
            Cell::Integer(Some(value)) => line.push_str(&value.to_string()),
            Cell::Real(Some(value)) => line.push_str(&value.to_string()),
            Cell::Boolean(Some(value)) => line.push_str(&value.to_string()),
            _ => {}
        }
    }
}

/// An empty text is quoted: it is not the same as none.
fn csv_text(line: &mut String, text: &str) {
    if !text.is_empty() && !text.contains([',', '"', '\n', '\r']) {
        line.push_str(text);
        return;
    }
    line.push('"');
    line.push_str(&text.replace('"', "\"\""));
    line.push('"');
}

fn jsonl(line: &mut String, columns: &[Column], row: &[Cell]) {
    line.push('{');
    for (place, (column, cell)) in columns.iter().zip(row).enumerate() {
        if place > 0 {
            line.push(',');
        }
        let value = match cell {
            Cell::Text(value) => serde_json::json!(value),
            Cell::Integer(value) => serde_json::json!(value),
            Cell::Real(value) => serde_json::json!(value),
            Cell::Boolean(value) => serde_json::json!(value),
        };
        line.push('"');
        line.push_str(column.name);
        line.push_str("\":");
        line.push_str(&value.to_string());
    }
    line.push('}');
}

#[cfg(test)]
mod tests;
