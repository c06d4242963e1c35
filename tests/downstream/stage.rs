//! A cluster and a registry, and what the stream has made of a log on them, each topic in a format of its own.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::Duration;

use clap::Parser;
use cluster::clock::wait_for;
use cluster::{Cluster, Options, Registry, registry};
use loadtest::interrupt::Interrupt;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use streams::broker::kafka::{KafkaBroker, KafkaSettings};
use streams::broker::{Broker, Consumer, TopicPartition};
use topology::wire::topics;

use crate::topic::{lag, partitions};

pub(crate) const APPLICATION: &str = "downstream";
const PARTITIONS: &str = "4";
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// Decisions that do not depend on what was learned meanwhile, no time that goes on by itself, and one format for each topic.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("CONDUCTOR__APPLICATION__ID", APPLICATION),
    ("CONDUCTOR__ENGINE__PARTITIONS", PARTITIONS),
    ("CONDUCTOR__DECISION__MODE", "auto"),
    ("CONDUCTOR__POLICY__LEARNING", "frozen"),
    ("CONDUCTOR__ENGINE__IDLE_ADVANCE_MS", "0"),
    ("CONDUCTOR__OUTPUT__FORMAT", "json"),
    ("CONDUCTOR__OUTPUT__ENGAGEMENT_SCORES", "confluent"),
    ("CONDUCTOR__OUTPUT__INTERVENTION_RESULTS", "avro"),
    ("CONDUCTOR__REGISTRY__AUTO_REGISTER", "true"),
];

/// The servers, and what a backtest writes of the log that lies there.
pub(crate) struct Stage {
    cluster: Cluster,
    pub(crate) registry: Registry,
    pub(crate) scores: Vec<Value>,
    pub(crate) commands: Vec<Value>,
    pub(crate) results: Vec<Value>,
}

impl Stage {
    /// The one stage of this process.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Stage> = OnceLock::new();
        SHARED.get_or_init(Self::new)
    }

    fn new() -> Self {
        let (cluster, registry) = std::thread::scope(|scope| {
            let registry = scope.spawn(|| Registry::start(registry::Options::new()).unwrap());
            (Cluster::start(Options::new()).unwrap(), registry.join().unwrap())
        });
        let servers = cluster.bootstrap_servers();
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (log, truth, recorded, expected) =
            (path("log.jsonl"), path("truth.jsonl"), path("recorded.jsonl"), path("expected"));
        conductor(folder.path(), &["topics", "create", "--bootstrap-servers", &servers]);
        let sessions = ["--sessions", "6", "--seed", "11", "--minutes", "25", "--stagger-minutes", "1"];
        loadtest(&[&["generate", "--out", &log, "--truth", &truth], &sessions[..]].concat());
        loadtest(&["replay", "--log", &log, "--bootstrap-servers", &servers, "--speed", "max"]);
        process(folder.path(), &servers, &registry.url());
        loadtest(&["record", "--bootstrap-servers", &servers, "--out", &recorded]);
        conductor(folder.path(), &["backtest", "--log", &recorded, "--out", &expected, "--partitions", PARTITIONS]);
        let lines = |name: &str| json_lines(&std::fs::read_to_string(Path::new(&expected).join(name)).unwrap());
        let [scores, commands, results] = ["scores.jsonl", "commands.jsonl", "results.jsonl"].map(lines);
        assert!(
            scores.len() > 1_000 && commands.len() > 5 && results.len() > 2,
            "too little happened to prove anything"
        );
        Self { cluster, registry, scores, commands, results }
    }

    pub(crate) fn servers(&self) -> String {
        self.cluster.bootstrap_servers()
    }

    pub(crate) fn broker(&self) -> KafkaBroker {
        broker(&self.servers())
    }
}

fn broker(servers: &str) -> KafkaBroker {
    KafkaBroker::new(KafkaSettings::new(servers)).unwrap()
}

/// Runs the stream until it has committed all that lies on its inputs.
fn process(folder: &Path, servers: &str, registry_url: &str) {
    let said = std::fs::File::create(folder.join("run.log")).unwrap();
    let registry = format!("registry.url={registry_url}");
    let mut child = command(folder)
        .args(["run", "--bootstrap-servers", servers, "--listen", "127.0.0.1:0", "--set", &registry])
        .stdout(said.try_clone().unwrap())
        .stderr(said)
        .spawn()
        .unwrap();
    let said = || std::fs::read_to_string(folder.join("run.log")).unwrap();
    let broker = broker(servers);
    let inputs: Vec<TopicPartition> = topics::INPUTS.iter().flat_map(|topic| partitions(&broker, topic)).collect();
    let mut looks = 0_u32;
    let drained = wait_for(PATIENCE, || {
        assert_eq!(child.try_wait().unwrap(), None, "{}", said());
        looks += 1;
        // Each look is a client of its own: seldom.
        (looks.is_multiple_of(20) && lag(&broker, APPLICATION, &inputs) == Some(0)).then_some(())
    });
    assert!(drained.is_some(), "not processed in time: {}", said());
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let ended = wait_for(PATIENCE, || child.try_wait().unwrap());
    assert!(ended.is_some_and(|status| status.success()), "{}", said());
    // A transaction's end is there a moment before its records are.
    let outputs: Vec<TopicPartition> = topics::OUTPUTS.iter().flat_map(|topic| partitions(&broker, topic)).collect();
    let mut reader = broker.reader().unwrap();
    let is_whole = wait_for(PATIENCE, || {
        let ends = reader.ends(&outputs).ok()?;
        ends.iter().all(|ends| ends.last_stable == ends.high_watermark).then_some(())
    });
    assert!(is_whole.is_some(), "a transaction hangs on an output");
}

/// The binary, with the settings of the stage and no others.
fn command(folder: &Path) -> Command {
    let others = std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("CONDUCTOR__"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_conductor"));
    command.current_dir(folder).env_clear().envs(others).envs(ENVIRONMENT.iter().copied());
    command
}

/// Runs the binary, which must succeed.
fn conductor(folder: &Path, arguments: &[&str]) {
    let output = command(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Runs the binary with these settings only.
pub(crate) fn bare_conductor(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let others = std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("CONDUCTOR__"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_conductor"));
    command.args(arguments).current_dir(folder.path()).env_clear().envs(others).output().unwrap()
}

fn loadtest(arguments: &[&str]) {
    let line = ["loadtest"].iter().chain(arguments);
    loadtest::run(&loadtest::args::Arguments::parse_from(line).command, &Interrupt::default()).unwrap();
}

pub(crate) fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}
