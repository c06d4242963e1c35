//! The log that is processed, the cluster that holds it, and the undisturbed run that it is compared with.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use cluster::{Cluster, Options};
use domain::time::{HOUR, MINUTE};

use loadtest::interrupt::Interrupt;
use streams::broker::kafka::{KafkaBroker, KafkaSettings};
use streams::clock::Clock;

use crate::instance::Instance;

/// The application.
pub(crate) const APPLICATION: &str = "audit";
/// Partitions of every topic, and of the backtest.
pub(crate) const PARTITIONS: &str = "6";

/// Settings that every run has: automatic decisions that do not depend on what was learned meanwhile, and no time that goes on by
/// itself.
pub(crate) const ENVIRONMENT: &[(&str, &str)] = &[
    ("CONDUCTOR__APPLICATION__ID", APPLICATION),
    ("CONDUCTOR__DECISION__MODE", "auto"),
    ("CONDUCTOR__POLICY__LEARNING", "frozen"),
    ("CONDUCTOR__ENGINE__IDLE_ADVANCE_MS", "0"),
    ("CONDUCTOR__ENGINE__PURGE_REPARTITION", "false"),
    ("CONDUCTOR__ENGINE__SESSION_TIMEOUT_MS", "6000"),
    ("CONDUCTOR__ENGINE__MAX_POLL_INTERVAL_MS", "10000"),
];

/// A cluster with topics and a log.
pub(crate) struct Stage {
    pub(crate) cluster: Cluster,
    pub(crate) folder: tempfile::TempDir,
}

impl Stage {
    /// A cluster of one broker, with the application's topics.
    pub(crate) fn new() -> Self {
        Self::on(Options::new())
    }

    /// The same on such a cluster.
    pub(crate) fn on(options: Options) -> Self {
        let options = options
            .set("group.min.session.timeout.ms", 1_000)
            .set("transaction.abort.timed.out.transaction.cleanup.interval.ms", 500);
        let stage = Self { cluster: Cluster::start(options).unwrap(), folder: tempfile::tempdir().unwrap() };
        stage.conductor(&["topics", "create", "--bootstrap-servers", &stage.cluster.bootstrap_servers()]);
        stage
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn broker(&self) -> KafkaBroker {
        KafkaBroker::new(KafkaSettings::new(self.cluster.bootstrap_servers())).unwrap()
    }

    /// A process of the application on this cluster, with its state in this stage's folder; not started. Later settings win.
    pub(crate) fn instance(&self, name: &'static str, threads: &str, more: &[(&str, &str)]) -> Instance {
        let servers = self.cluster.bootstrap_servers();
        let arguments = ["--threads", threads, "--bootstrap-servers", &servers];
        Instance::new(name, self.folder(), &arguments, &[ENVIRONMENT, more].concat())
    }

    /// Sends a log with its times as they are, at once.
    pub(crate) fn replay_as_it_is(&self, log: &Path) {
        let (log, servers) = (log.display().to_string(), self.cluster.bootstrap_servers());
        let arguments =
            ["replay", "--log", &log, "--bootstrap-servers", &servers, "--speed", "max", "--keep-timestamps"];
        self.loadtest(&arguments);
    }

    /// Sends a log, moved to now.
    pub(crate) fn replay(&self, log: &Path, speed: &str) {
        let log = log.display().to_string();
        let servers = self.cluster.bootstrap_servers();
        self.loadtest(&["replay", "--log", &log, "--bootstrap-servers", &servers, "--speed", speed]);
    }

    /// Limits what consumers may read per second: all of them, or those with this client id.
    pub(crate) fn limit_consumers(&self, bytes_per_second: u64, client: Option<&str>) {
        let rate = format!("consumer_byte_rate={bytes_per_second}");
        let mut arguments = vec!["--alter", "--add-config", &rate, "--entity-type", "clients"];
        match client {
            Some(client) => arguments.extend(["--entity-name", client]),
            None => arguments.push("--entity-default"),
        }
        self.cluster.tool("kafka.admin.ConfigCommand", &arguments).unwrap();
    }

    /// Consumers without a limit of their own may read as fast as they like again.
    pub(crate) fn unlimit_consumers(&self) {
        let arguments =
            ["--alter", "--delete-config", "consumer_byte_rate", "--entity-type", "clients", "--entity-default"];
        self.cluster.tool("kafka.admin.ConfigCommand", &arguments).unwrap();
    }

    /// Runs the binary with the settings of the audit; it must succeed.
    pub(crate) fn conductor(&self, arguments: &[&str]) -> String {
        let others = std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("CONDUCTOR__"));
        let output = Command::new(env!("CARGO_BIN_EXE_conductor"))
            .args(arguments)
            .current_dir(self.folder())
            .env_clear()
            .envs(others)
            .envs(ENVIRONMENT.iter().copied())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {:?}\n{errors}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs `loadtest` with these arguments.
    pub(crate) fn loadtest(&self, arguments: &[&str]) {
        let line = ["loadtest"].iter().chain(arguments);
        loadtest::run(&loadtest::args::Arguments::parse_from(line).command, &Interrupt::default()).unwrap();
    }

    /// Simulated sessions, with the feedback of an executor that carries out every command within two seconds. Feedback names its command
    /// by the tick of the decision: such a log is replayed with its times as they are, and they are of the last hours.
    pub(crate) fn log(&self, sessions: &str, minutes: &str) -> PathBuf {
        let start_ms = (loadtest::clock::SystemClock::start().now_ms() - 3 * HOUR) / (5 * MINUTE) * (5 * MINUTE);
        let events = self.events(&["--sessions", sessions, "--minutes", minutes, "--start-ms", &start_ms.to_string()]);
        let commands = self.backtest(&events, "before").join("commands.jsonl");
        let mut lines: Vec<(i64, String)> = std::fs::read_to_string(&events).unwrap().lines().map(timed).collect();
        for command in std::fs::read_to_string(commands).unwrap().lines() {
            lines.extend(feedback(command));
        }
        lines.sort_by_key(|(at, _)| *at);
        let path = self.folder().join("log.jsonl");
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
        for (_, line) in lines {
            writeln!(file, "{line}").unwrap();
        }
        path
    }

    /// Simulated sessions, as `loadtest generate` makes them with these arguments.
    pub(crate) fn events(&self, arguments: &[&str]) -> PathBuf {
        let (events, truth) = (self.folder().join("events.jsonl"), self.folder().join("truth.jsonl"));
        let (log, anomalies) = (events.display().to_string(), truth.display().to_string());
        let all = ["generate", "--seed", "11", "--out", &log, "--truth", &anomalies];
        self.loadtest(&[&all, arguments].concat());
        events
    }

    /// The folder of the undisturbed run over this log.
    pub(crate) fn backtest(&self, log: &Path, name: &str) -> PathBuf {
        let out = self.folder().join(name);
        let (log, folder) = (log.display().to_string(), out.display().to_string());
        self.conductor(&["backtest", "--log", &log, "--out", &folder, "--partitions", PARTITIONS, "--json"]);
        out
    }
}

pub(crate) fn timed(line: &str) -> (i64, String) {
    let record: serde_json::Value = serde_json::from_str(line).unwrap();
    (record["timestamp_ms"].as_i64().unwrap(), line.to_owned())
}

fn feedback(command: &str) -> Option<(i64, String)> {
    let command: serde_json::Value = serde_json::from_str(command).unwrap();
    if command["status"] != "approved" {
        return None;
    }
    let at = command["at_ms"].as_i64().unwrap() + 2_000;
    let value = serde_json::json!({"kind": "executed", "command": command["command"], "at_ms": at, "attempts": 1});
    let record = serde_json::json!({
        "topic": "intervention-feedback", "key": command["session"], "timestamp_ms": at, "value": value,
    });
    Some((at, record.to_string()))
}
