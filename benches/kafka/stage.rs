//! The cluster, and a folder for states. Both go with the process.

use std::path::PathBuf;

use cluster::{Cluster, Options};
use streams::broker::kafka::{KafkaBroker, KafkaSettings};
use streams::broker::{Admin, Broker, Cleanup, TopicSpec};

use crate::job::PARTITIONS;
use crate::shared::attempt::refuse;

pub(crate) struct Stage {
    cluster: Cluster,
    folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) fn start() -> Self {
        let options = Options::new().long_lived().set("group.min.session.timeout.ms", 1_000);
        Self {
            cluster: Cluster::start(options).unwrap_or_else(|error| refuse(&error)),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn servers(&self) -> String {
        self.cluster.bootstrap_servers()
    }

    pub(crate) fn create_topic(&self, name: &str, cleanup: Cleanup) {
        let topic = TopicSpec { name: name.to_owned(), partitions: PARTITIONS, cleanup, retention_ms: None };
        let broker = KafkaBroker::new(KafkaSettings::new(self.servers())).unwrap();
        broker.admin().unwrap().create_topics(&[topic]).unwrap();
    }

    /// A folder of this name, not made yet.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
