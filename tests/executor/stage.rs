//! A cluster, a database and a platform, and executors that come and go.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use cluster::Postgres;
use cluster::clock::wait_for;
use streams::broker::kafka::KafkaBroker;
use streams::broker::{Admin, Broker, ProducerConfig, ProducerRecord, TransactionalProducer};
use streams::clock::Clock;
use streams::partition::partition_of;
use topology::codec::{Coded, decode};
use topology::wire::{InterventionFeedback, topics};

use crate::instance::Instance;
use crate::platform::Platform;
use crate::topic::read;

// What is shared does more than is needed here.
#[allow(dead_code)]
#[path = "../shared/stage.rs"]
pub(crate) mod stream;

pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Stage {
    pub(crate) stream: stream::Stage,
    postgres: Postgres,
    pub(crate) platform: Platform,
}

impl Stage {
    pub(crate) fn new(platform: Platform) -> Self {
        let (stream, postgres) = std::thread::scope(|scope| {
            let postgres = scope.spawn(|| Postgres::start().unwrap());
            (stream::Stage::new(), postgres.join().unwrap())
        });
        Self { stream, postgres, platform }
    }

    pub(crate) fn broker(&self) -> KafkaBroker {
        self.stream.broker()
    }

    /// A process of the stream of this name, with one thread; started.
    pub(crate) fn stream(&self, name: &'static str, settings: &[(&str, &str)]) -> Instance {
        let mut stream = self.stream.instance(name, "1", settings);
        stream.start();
        stream
    }

    /// Starts an executor of this name.
    pub(crate) fn executor(&self, name: &'static str) -> Instance {
        let (database, servers) = (self.postgres.url(), self.stream.cluster.bootstrap_servers());
        let mut arguments = vec!["--bootstrap-servers", &servers, "--database-url", &database];
        arguments.extend(["--platform-url", &self.platform.url, "--allow-private-addresses"]);
        for setting in [
            "executor.request_timeout_ms=500",
            "executor.breaker_open_ms=500",
            "executor.calls_max=2",
            "engine.session_timeout_ms=1500",
        ] {
            arguments.extend(["--set", setting]);
        }
        let application = [("CONDUCTOR__APPLICATION__ID", stream::APPLICATION)];
        let mut executor = Instance::of_role("executor", name, self.stream.folder(), &arguments, &application);
        executor.start();
        executor
    }

    /// Where its database is.
    pub(crate) fn database_url(&self) -> String {
        self.postgres.url()
    }

    /// Lets the database crash.
    pub(crate) fn kill_database(&mut self) {
        self.postgres.kill().unwrap();
    }

    /// Starts it again.
    pub(crate) fn restart_database(&mut self) {
        self.postgres.restart().unwrap();
    }

    /// Writes values to a topic, in one transaction.
    pub(crate) fn write(&self, topic: &str, values: &[(String, Vec<u8>)]) {
        let records: Vec<_> = values.iter().map(|(key, value)| (now_ms(), key.as_str(), value.as_slice())).collect();
        self.write_at(topic, &records);
    }

    /// Writes records to a topic, with their times and keys, in one transaction.
    pub(crate) fn write_at(&self, topic: &str, records: &[(i64, &str, &[u8])]) {
        let broker = self.broker();
        let partitions = broker.admin().unwrap().describe_topic(topic).unwrap().unwrap().spec.partitions;
        let config = ProducerConfig { transactional_id: format!("stage-{topic}"), transaction_timeout_ms: 10_000 };
        let mut producer = broker.producer(&config).unwrap();
        wait_for(PATIENCE, || producer.init_transactions().ok()).unwrap();
        producer.begin().unwrap();
        let name = topic.into();
        for &(timestamp_ms, key, value) in records {
            let record = ProducerRecord {
                topic: &name,
                partition: partition_of(key.as_bytes(), partitions),
                timestamp_ms,
                key: Some(key.as_bytes()),
                value: Some(value),
                headers: &[],
            };
            producer.send(&record, 0).unwrap();
        }
        while producer.deliveries(&mut |delivery| assert!(delivery.offset.is_some())).unwrap() > 0 {
            producer.wait(10);
        }
        producer.commit().unwrap();
    }

    /// All values of a topic that are committed.
    pub(crate) fn values<T: Coded>(&self, topic: &str) -> Vec<T> {
        let records = read(&self.broker(), topic).into_values().flatten();
        records.map(|record| decode(record.value.as_deref().unwrap()).unwrap()).collect()
    }

    /// Feedback that is committed.
    pub(crate) fn feedback(&self) -> Vec<InterventionFeedback> {
        self.values(topics::INTERVENTION_FEEDBACK)
    }
}

/// The binary, with no settings but its arguments.
fn command(folder: &Path) -> Command {
    let others = std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("CONDUCTOR__"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_conductor"));
    command.current_dir(folder).env_clear().envs(others);
    command
}

/// Asks executors to end; they must do so in order, and soon.
pub(crate) fn stop(executors: &mut [Instance]) {
    for executor in executors {
        let status = executor.stop_within(Duration::from_secs(10));
        assert!(status.success(), "{} ends with {status}: {}", executor.name(), executor.said());
    }
}

/// Runs the binary to its end.
pub(crate) fn conductor(folder: &Path, arguments: &[&str]) -> Output {
    command(folder).args(arguments).output().unwrap()
}

pub(crate) fn now_ms() -> i64 {
    loadtest::clock::SystemClock::start().now_ms()
}

/// An approved command of one of forty sessions, in JSON, with its key.
pub(crate) fn approved(number: usize) -> (String, Vec<u8>) {
    let (session, tick) = (format!("s-{}", number % 40), now_ms() / 5_000 * 5_000 + 5_000 * (number / 40) as i64);
    let command = serde_json::json!({
        "command": format!("{session}:{tick}:0"),
        "session": session,
        "at_ms": tick,
        "kind": "CHAT_PROMPT",
        "target": { "segment": "EVERYONE" },
        "parameters": {},
        "confidence": 0.6,
        "propensity": 0.6,
        "holdout_probability": 0.12,
        "context_key": "middle_workshop_medium_SUDDEN_DROP",
        "reason": "a test",
        "expires_at_ms": tick + 600_000,
        "status": "approved",
        "mode": "auto",
        "policy": { "version": 1, "arms": [], "control_mean": 0.0, "seed_ms": tick, "episode_ms": tick },
        "context": { "title": "State, and where to keep it", "messages": [] },
    });
    (session, serde_json::to_vec(&command).unwrap())
}
