//! A cluster, a database and a platform, and executors that come and go.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Output};
use std::time::Duration;

use cluster::clock::wait_for;
use cluster::{Cluster, Options, Postgres};
use rustix::process::{Pid, Signal, kill_process};
use streams::broker::kafka::{KafkaBroker, KafkaSettings};
use streams::broker::{Admin, Broker, ProducerConfig, ProducerRecord, TransactionalProducer};
use streams::clock::Clock;
use streams::partition::partition_of;
use topology::codec::decode;
use topology::wire::{InterventionFeedback, topics};

use crate::platform::Platform;
use crate::topic::read;

pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Stage {
    cluster: Cluster,
    postgres: Postgres,
    pub(crate) platform: Platform,
    folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) fn new(platform: Platform) -> Self {
        let (cluster, postgres) = std::thread::scope(|scope| {
            let postgres = scope.spawn(|| Postgres::start().unwrap());
            let options = Options::new()
                .set("group.min.session.timeout.ms", 1_000)
                .set("transaction.abort.timed.out.transaction.cleanup.interval.ms", 500);
            (Cluster::start(options).unwrap(), postgres.join().unwrap())
        });
        let stage = Self { cluster, postgres, platform, folder: tempfile::tempdir().unwrap() };
        let created = conductor(stage.folder.path(), &["topics", "create", "--bootstrap-servers", &stage.servers()]);
        assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
        stage
    }

    pub(crate) fn servers(&self) -> String {
        self.cluster.bootstrap_servers()
    }

    pub(crate) fn broker(&self) -> KafkaBroker {
        KafkaBroker::new(KafkaSettings::new(self.servers())).unwrap()
    }

    /// Starts an executor of this name.
    pub(crate) fn executor(&self, name: &str) -> Executor {
        let log =
            File::options().create(true).append(true).open(self.folder.path().join(format!("{name}.log"))).unwrap();
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let database = self.postgres.url();
        let servers = self.servers();
        let child = command(self.folder.path())
            .args(["executor", "--instance", name, "--bootstrap-servers", &servers, "--database-url", &database])
            .args(["--platform-url", &self.platform.url, "--allow-private-addresses", "--listen", &address.to_string()])
            .args([
                "--set",
                "executor.request_timeout_ms=500",
                "--set",
                "executor.breaker_open_ms=500",
                "--set",
                "executor.calls_max=2",
            ])
            .args(["--set", "engine.session_timeout_ms=1500"])
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Executor { child, address }
    }

    pub(crate) fn said(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(format!("{name}.log"))).unwrap_or_default()
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
        let broker = self.broker();
        let partitions = broker.admin().unwrap().describe_topic(topic).unwrap().unwrap().spec.partitions;
        let config = ProducerConfig { transactional_id: format!("stage-{topic}"), transaction_timeout_ms: 10_000 };
        let mut producer = broker.producer(&config).unwrap();
        wait_for(PATIENCE, || producer.init_transactions().ok()).unwrap();
        producer.begin().unwrap();
        let name = topic.into();
        for (key, value) in values {
            let record = ProducerRecord {
                topic: &name,
                partition: partition_of(key.as_bytes(), partitions),
                timestamp_ms: now_ms(),
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

    /// Feedback that is committed.
    pub(crate) fn feedback(&self) -> Vec<InterventionFeedback> {
        let records = read(&self.broker(), topics::INTERVENTION_FEEDBACK);
        records.into_values().flatten().map(|record| decode(record.value.as_deref().unwrap()).unwrap()).collect()
    }
}

/// A process. Dropped, it is killed.
pub(crate) struct Executor {
    child: Child,
    address: SocketAddr,
}

impl Executor {
    /// What it shows; nothing while it does not listen.
    pub(crate) fn ask(&self, path: &str) -> Option<(u16, String)> {
        let answer = reqwest::blocking::get(format!("http://{}{path}", self.address)).ok()?;
        Some((answer.status().as_u16(), answer.text().ok()?))
    }

    /// Asks it to end; it must do so in order, and soon.
    pub(crate) fn stop(&mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        let ended = wait_for(Duration::from_secs(10), || self.child.try_wait().unwrap());
        assert!(ended.is_some_and(|status| status.success()), "{ended:?}");
    }

    /// It must not have ended by itself.
    pub(crate) fn check(&mut self) {
        assert_eq!(self.child.try_wait().unwrap(), None);
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary, with no settings but its arguments.
fn command(folder: &Path) -> Command {
    let others = std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("CONDUCTOR__"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_conductor"));
    command.current_dir(folder).env_clear().envs(others);
    command
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
