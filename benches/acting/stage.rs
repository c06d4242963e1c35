//! A cluster with the application's topics, a database, and a folder. All go with the process.

use std::path::Path;

use cluster::{Cluster, Options, Postgres};
use streams::broker::kafka::{KafkaBroker, KafkaSettings};

use crate::process::Process;
use crate::shared::attempt::refuse;
use crate::shared::conductor;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DatabaseKind {
    Sqlite,
    Postgres,
}

impl DatabaseKind {
    pub(crate) const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

pub(crate) struct Stage {
    cluster: Cluster,
    postgres: Option<Postgres>,
    folder: tempfile::TempDir,
}

impl Stage {
    /// Starts them, to measure this.
    pub(crate) fn start(what: &str, database: DatabaseKind) -> Self {
        eprintln!("Starting Kafka for {what}");
        let start = || Postgres::start().unwrap_or_else(|error| refuse(&error));
        let options = Options::new().long_lived().set("group.min.session.timeout.ms", 1_000);
        let stage = Self {
            cluster: Cluster::start(options).unwrap_or_else(|error| refuse(&error)),
            postgres: (database == DatabaseKind::Postgres).then(start),
            folder: tempfile::tempdir().unwrap(),
        };
        let topics = ["topics", "create", "--bootstrap-servers", &stage.cluster.bootstrap_servers()];
        conductor::run(conductor::command(stage.folder(), &topics));
        stage
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn broker(&self) -> KafkaBroker {
        KafkaBroker::new(KafkaSettings::new(self.cluster.bootstrap_servers())).unwrap()
    }

    pub(crate) fn database(&self) -> DatabaseKind {
        if self.postgres.is_some() { DatabaseKind::Postgres } else { DatabaseKind::Sqlite }
    }

    /// The database of the roles.
    pub(crate) fn database_url(&self) -> String {
        match &self.postgres {
            Some(postgres) => postgres.url(),
            None => self.file_url("conductor"),
        }
    }

    /// A file of SQLite.
    pub(crate) fn file_url(&self, name: &str) -> String {
        format!("sqlite://{}", self.folder().join(format!("{name}.db")).display())
    }

    /// Starts a dashboard; it has no history.
    pub(crate) fn dashboard(&self) -> Process {
        let no_history = format!("database.url={}", self.file_url("none"));
        self.role("dashboard", &["--set", &no_history, "--log-level", "error"])
    }

    /// Starts an executor that calls this platform, with these settings besides.
    pub(crate) fn executor(&self, platform_url: &str, settings: &[&str]) -> Process {
        let url = self.database_url();
        let own = ["--database-url", &url, "--platform-url", platform_url, "--allow-private-addresses"];
        let settings = settings.iter().flat_map(|setting| ["--set", setting]);
        let all: Vec<&str> =
            own.into_iter().chain(["--instance", "bench", "--log-level", "warn"]).chain(settings).collect();
        self.role("executor", &all)
    }

    fn role(&self, role: &str, arguments: &[&str]) -> Process {
        let (servers, address) = (self.cluster.bootstrap_servers(), conductor::free_address());
        let own = [role, "--bootstrap-servers", &servers, "--listen", &address];
        Process::start(conductor::command(self.folder(), &[&own, arguments].concat()), address)
    }
}
