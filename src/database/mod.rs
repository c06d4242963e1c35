//! SQL: a file of SQLite, or a PostgreSQL.
//!
//! Several processes of one machine may share a file; processes on several machines share a PostgreSQL. A write is one statement, or takes
//! its rows in an order that everyone keeps, so that none waits for a lock that another one waits for, too.
//!
//! - [`cell`]: values of columns, for statements that are put together

pub mod cell;
#[cfg(test)]
pub(crate) mod testing;

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

/// How long a connection is waited for, and a lock.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections of a process to a PostgreSQL.
const CONNECTIONS_MAX: u32 = 8;

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Neither a file nor a server.
    #[error("`{scheme}` is no database: it is sqlite://FILE or postgres://HOST/NAME")]
    Scheme {
        /// What the URL begins with.
        scheme: String,
    },
    /// There is no such file.
    #[error("there is no database at {path}")]
    Missing {
        /// Where it was looked for.
        path: String,
    },
    /// It can not be opened, or not be used.
    #[error("the database: {0}")]
    Sql(#[from] sqlx::Error),
    /// Its tables are those of another version.
    #[error("the tables of the database: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// What lies in it is not what was put there.
    #[error("the database holds a {what} that can not be read: {reason}")]
    Unreadable {
        /// What it should be.
        what: &'static str,
        /// Why not.
        reason: String,
    },
}

/// A pool of connections. Tables are there.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file.
    Sqlite(SqlitePool),
    /// A server.
    Postgres(PgPool),
}

impl Database {
    /// Opens what the URL names, and brings its tables up to this version. A password is not part of the URL.
    ///
    /// # Errors
    /// Nothing is there, or it does not let us in, or its tables are newer than this version.
    pub async fn open(url: &str, password: Option<&str>) -> Result<Self, DatabaseError> {
        let scheme = url.split(':').next().unwrap_or_default();
        match scheme {
            "sqlite" => Ok(Self::Sqlite(open_file(url).await?)),
            "postgres" | "postgresql" => Ok(Self::Postgres(open_server(url, password).await?)),
            _ => Err(DatabaseError::Scheme { scheme: scheme.to_owned() }),
        }
    }

    /// Opens what is there already, for those who only read: nothing is made, and tables stay as they are.
    ///
    /// # Errors
    /// Nothing is there, or it does not let us in.
    pub async fn open_existing(url: &str, password: Option<&str>) -> Result<Self, DatabaseError> {
        let scheme = url.split(':').next().unwrap_or_default();
        match scheme {
            "sqlite" => {
                let options = SqliteConnectOptions::from_str(url)?.create_if_missing(false).busy_timeout(PATIENCE);
                let path = options.get_filename();
                if !path.exists() {
                    return Err(DatabaseError::Missing { path: path.display().to_string() });
                }
                let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
                Ok(Self::Sqlite(pool.connect_with(options).await?))
            }
            "postgres" | "postgresql" => Ok(Self::Postgres(connect(url, password).await?)),
            _ => Err(DatabaseError::Scheme { scheme: scheme.to_owned() }),
        }
    }
}

/// The same on either database.
macro_rules! on {
    ($database:expr, |$pool:ident| $body:expr) => {
        match &$database {
            $crate::database::Database::Sqlite($pool) => $body,
            $crate::database::Database::Postgres($pool) => $body,
        }
    };
}
pub(crate) use on;

async fn open_file(url: &str) -> Result<SqlitePool, DatabaseError> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        // Others read while one writes; a killed process loses nothing, a power cut at most the last writes.
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(PATIENCE);
    // One: writers of a process queue up here, and not at the file's lock.
    let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(PATIENCE).connect_with(options).await?;
    sqlx::migrate!("src/database/migrations/sqlite").run(&pool).await?;
    Ok(pool)
}

async fn open_server(url: &str, password: Option<&str>) -> Result<PgPool, DatabaseError> {
    let pool = connect(url, password).await?;
    sqlx::migrate!("src/database/migrations/postgres").run(&pool).await?;
    Ok(pool)
}

async fn connect(url: &str, password: Option<&str>) -> Result<PgPool, DatabaseError> {
    let mut options = PgConnectOptions::from_str(url)?.application_name("engagement-conductor");
    if let Some(password) = password {
        options = options.password(password);
    }
    let pool =
        PgPoolOptions::new().max_connections(CONNECTIONS_MAX).acquire_timeout(PATIENCE).connect_with(options).await?;
    Ok(pool)
}
