//! Databases for tests: a file, and a real PostgreSQL.

use cluster::Postgres;
use tempfile::TempDir;

use super::Database;

/// A database that goes with the test.
pub(crate) enum Stage {
    File(TempDir),
    Server(Postgres),
}

impl Stage {
    pub(crate) fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    pub(crate) fn both() -> [Self; 2] {
        [Self::file(), Self::Server(Postgres::start().unwrap())]
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::File(folder) => format!("sqlite://{}", folder.path().join("conductor.db").display()),
            Self::Server(server) => server.url(),
        }
    }

    /// Connections of its own, as a process has.
    pub(crate) async fn open(&self) -> Database {
        Database::open(&self.url(), None).await.unwrap()
    }
}
