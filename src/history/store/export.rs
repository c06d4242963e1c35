//! Whole tables, row by row.

use domain::time::Millis;

use super::super::table::{Column, Table};
use super::HistoryStore;
use crate::database::cell::{Cell, Kind};

/// Which rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Of this table.
    pub table: Table,
    /// Of this session alone.
    pub session: Option<String>,
    /// From this time on, in milliseconds since the epoch.
    pub since_ms: Option<Millis>,
    /// Before this time.
    pub until_ms: Option<Millis>,
    /// At most so many, the first ones.
    pub at_most: Option<u32>,
}

impl Wanted {
    fn condition(&self) -> (String, Vec<Cell>) {
        let time = self.table.time();
        let parts = [
            (self.session.clone().map(|session| Cell::Text(Some(session))), "session ="),
            (self.since_ms.map(|since_ms| Cell::Integer(Some(since_ms))), &format!("{time} >=")),
            (self.until_ms.map(|until_ms| Cell::Integer(Some(until_ms))), &format!("{time} <")),
        ];
        let mut words = Vec::new();
        let mut cells = Vec::new();
        for (cell, condition) in parts {
            if let Some(cell) = cell {
                cells.push(cell);
                words.push(format!("{condition} ${}", cells.len()));
            }
        }
        let condition = if words.is_empty() { String::new() } else { format!(" WHERE {}", words.join(" AND ")) };
        (condition, cells)
    }
}

impl HistoryStore {
    /// How many rows there are of what is wanted.
    ///
    /// # Errors
    /// The database does not answer, or has no such table.
    pub async fn count(&self, wanted: &Wanted) -> Result<u64, sqlx::Error> {
        let (condition, cells) = wanted.condition();
        let sql = format!("SELECT COUNT(*) FROM {}{condition}", wanted.table.name());
        let mut count = 0;
        let take = |row: Vec<Cell>| {
            if let [Cell::Integer(Some(rows))] = row.as_slice() {
                count = u64::try_from(*rows).unwrap_or_default();
            }
            Ok::<(), sqlx::Error>(())
        };
        self.database.read(&sql, &cells, &[Kind::Integer], take).await?;
        Ok(count)
    }

    /// Hands over every row of what is wanted, in [`Table::order`]; a few of them are held at once.
    ///
    /// # Errors
    /// The database does not answer, or has no such table; or what `take` says, which ends the reading.
    pub async fn export<E: From<sqlx::Error>>(
        &self,
        wanted: &Wanted,
        take: impl FnMut(Vec<Cell>) -> Result<(), E>,
    ) -> Result<(), E> {
        let columns = wanted.table.columns();
        let expressions: Vec<&str> = columns.iter().map(|column| column.expression).collect();
        let kinds: Vec<Kind> = columns.iter().map(|Column { kind, .. }| *kind).collect();
        let (condition, cells) = wanted.condition();
        let (name, order) = (wanted.table.name(), wanted.table.order());
        let limit = wanted.at_most.map_or_else(String::new, |rows| format!(" LIMIT {rows}"));
        let sql = format!("SELECT {} FROM {name}{condition} ORDER BY {order}{limit}", expressions.join(", "));
        self.database.read(&sql, &cells, &kinds, take).await
    }
}
