//! Values on their way into rows and out of them, for statements that are put together from a table's columns.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Postgres, Row as _, Sqlite, Transaction};

use super::Database;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// A floating-point number of 64 bits.
    Real,
    /// Yes or no.
    Boolean,
}

/// A value of a column. Nothing has a kind, too: PostgreSQL wants to know it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Text.
    Text(Option<String>),
    /// A whole number.
    Integer(Option<i64>),
    /// A floating-point number; never NaN nor infinite.
    Real(Option<f64>),
    /// Yes or no.
    Boolean(Option<bool>),
}

/// A query with these values, whichever the database.
macro_rules! bind {
    ($sql:expr, $cells:expr) => {{
        // Statements of many rows come in many lengths: kept prepared, they would only push out those that come again.
        let mut query = sqlx::query($sql).persistent($cells.len() < CELLS_PREPARED);
        for cell in $cells {
            query = match cell {
                Cell::Text(value) => query.bind(value.as_deref()),
                Cell::Integer(value) => query.bind(*value),
                Cell::Real(value) => query.bind(*value),
                Cell::Boolean(value) => query.bind(*value),
            };
        }
        query
    }};
}

/// A row as its cells.
macro_rules! cells {
    ($row:expr, $kinds:expr) => {
        $kinds
            .iter()
            .enumerate()
            .map(|(place, kind)| {
                Ok(match kind {
                    Kind::Text => Cell::Text($row.try_get(place)?),
                    Kind::Integer => Cell::Integer($row.try_get(place)?),
                    Kind::Real => Cell::Real($row.try_get(place)?),
                    Kind::Boolean => Cell::Boolean($row.try_get(place)?),
                })
            })
            .collect()
    };
}

/// Statements with more values are not kept prepared.
const CELLS_PREPARED: usize = 100;

pub(super) fn cells_of_file(row: &SqliteRow, kinds: &[Kind]) -> Result<Vec<Cell>, sqlx::Error> {
    cells!(row, kinds)
}

pub(super) fn cells_of_server(row: &PgRow, kinds: &[Kind]) -> Result<Vec<Cell>, sqlx::Error> {
    cells!(row, kinds)
}

/// All or nothing. Dropped, it is nothing.
pub enum Writing {
    /// In a file.
    Sqlite(Transaction<'static, Sqlite>),
    /// On a server.
    Postgres(Transaction<'static, Postgres>),
}

impl Writing {
    /// Begins; in a file, only the first statement takes the lock, so that should be one that writes.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn begin(database: &Database) -> Result<Self, sqlx::Error> {
        Ok(match database {
            Database::Sqlite(pool) => Self::Sqlite(pool.begin().await?),
            Database::Postgres(pool) => Self::Postgres(pool.begin().await?),
        })
    }

    /// Runs a statement with these values for `$1`, `$2` and so on; answers how many rows it touched.
    ///
    /// # Errors
    /// The database does not answer, or refuses it.
    pub async fn execute(&mut self, sql: &str, cells: &[Cell]) -> Result<u64, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(transaction) => bind!(sql, cells).execute(&mut **transaction).await?.rows_affected(),
            Self::Postgres(transaction) => bind!(sql, cells).execute(&mut **transaction).await?.rows_affected(),
        })
    }

    /// Makes it last.
    ///
    /// # Errors
    /// The database does not answer: then nobody knows whether it lasts.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }
}

impl Database {
    /// Runs a query with these values, and hands the rows over one by one: no more than a few of them are held at once.
    ///
    /// # Errors
    /// The database does not answer; or what `take` says, which ends the reading.
    pub async fn read<E: From<sqlx::Error>>(
        &self,
        sql: &str,
        cells: &[Cell],
        kinds: &[Kind],
        mut take: impl FnMut(Vec<Cell>) -> Result<(), E>,
    ) -> Result<(), E> {
        use futures_util::TryStreamExt as _;
        match self {
            Self::Sqlite(pool) => {
                let mut rows = bind!(sql, cells).fetch(pool);
                while let Some(row) = rows.try_next().await? {
                    take(cells_of_file(&row, kinds)?)?;
                }
            }
            Self::Postgres(pool) => {
                let mut rows = bind!(sql, cells).fetch(pool);
                while let Some(row) = rows.try_next().await? {
                    take(cells_of_server(&row, kinds)?)?;
                }
            }
        }
        Ok(())
    }
}
