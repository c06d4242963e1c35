//! The application itself: `conductor run` as whoever operates it starts it, with its default settings but for what is named here.
//! Its topics have names of their own choice, so each measurement has a cluster of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cluster::clock::wait_for;
use loadtest::interrupt::Interrupt;
use serde_json::Value;
use topology::graph;
use topology::settings::ConductorSettings;
use topology::wire::topics;

use crate::job::PARTITIONS;
use crate::shared::child::Child;
use crate::shared::conductor;
use crate::stage::Stage;
use crate::watch::Watch;

const ID: &str = "bench";
/// It is ready within this, and has said within this what it has counted.
const PATIENCE: Duration = Duration::from_secs(60);

/// The cluster, with all topics.
pub(crate) struct Application {
    stage: Stage,
    folder: PathBuf,
    /// Settings that are not the defaults.
    settings: Vec<String>,
}

/// Its process.
pub(crate) struct Running {
    pub(crate) child: Child,
    address: String,
}

impl Application {
    pub(crate) fn new(settings: &[&str]) -> Self {
        eprintln!("Starting Kafka");
        let stage = Stage::start();
        let folder = stage.folder("application");
        std::fs::create_dir(&folder).unwrap();
        let id = format!("application.id={ID}");
        let own =
            [id, format!("engine.partitions={PARTITIONS}"), format!("kafka.bootstrap_servers={}", stage.servers())];
        let settings = own.into_iter().chain(settings.iter().map(|setting| (*setting).to_owned())).collect();
        let application = Self { stage, folder, settings };
        application.conductor(&["topics", "create"]);
        application
    }

    pub(crate) fn servers(&self) -> String {
        self.stage.servers()
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// How far it has come with the inputs of its sessions.
    pub(crate) fn watch<'a>(&self, interrupt: &'a Interrupt) -> Watch<'a> {
        Watch::new(&self.servers(), ID, &topics::INPUTS, interrupt)
    }

    /// The stores of what it keeps about sessions, and their changelogs.
    pub(crate) fn changelogs(&self) -> Vec<(String, String)> {
        let settings = ConductorSettings { application_id: ID.to_owned(), ..ConductorSettings::default() };
        let topology = graph::build(&settings).unwrap();
        let stores = topology.sub_topologies()[0].stores.iter();
        stores.map(|store| (store.name.to_string(), topology.changelog_topic(store).to_string())).collect()
    }

    pub(crate) fn start(&self) -> Running {
        let address = conductor::free_address();
        let mut command = self.command(&["run", "--instance", "bench", "--listen", &address, "--log-level", "warn"]);
        command.arg("--state-dir").arg(self.folder.join("state"));
        Running { child: Child::of(command), address }
    }

    /// The folder with what an undisturbed run computes from this log.
    pub(crate) fn backtest(&self, log: &Path) -> PathBuf {
        let out = self.folder.join("backtest");
        let (log, folder) = (log.display().to_string(), out.display().to_string());
        self.conductor(&["backtest", "--log", &log, "--out", &folder, "--json"]);
        out
    }

    fn conductor(&self, arguments: &[&str]) {
        conductor::run(self.command(arguments));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = conductor::command(&self.folder, arguments);
        for setting in &self.settings {
            command.args(["--set", setting]);
        }
        command
    }
}

impl Running {
    /// Waits until every task works.
    pub(crate) fn await_ready(&mut self) {
        let ready = wait_for(PATIENCE, || {
            self.child.check();
            // Without a task it would be ready for nothing.
            let works = self.tasks().is_some_and(|tasks| tasks.len() == PARTITIONS as usize);
            let answer = reqwest::blocking::get(format!("http://{}/healthz/ready", self.address)).ok()?;
            (works && answer.status().is_success()).then_some(())
        });
        assert!(ready.is_some(), "not ready: {:?}", self.tasks());
    }

    /// Everything that was sent is read and accounted for, nothing is lost and nothing is left.
    pub(crate) fn settle(&mut self, records: u64) {
        let mut last = Vec::new();
        let settled = wait_for(PATIENCE, || {
            self.child.check();
            last = self.tasks()?;
            let sum = |field: &str| last.iter().filter_map(|task| task[field].as_u64()).sum::<u64>();
            let inputs = last.iter().flat_map(|task| task["inputs"].as_array().unwrap());
            let is_read = inputs.clone().count() > 0 && inputs.clone().all(|input| input["lag"] == 0);
            let used = sum("processed") + sum("late") + sum("dead_lettered");
            (is_read && sum("read") == records && used == records && sum("lost_to_retention") == 0).then_some(())
        });
        assert!(settled.is_some(), "{records} records were sent, and the tasks say {last:?}");
    }

    /// What its tasks say that work on sessions; nothing while it does not answer.
    fn tasks(&self) -> Option<Vec<Value>> {
        let shown: Value = reqwest::blocking::get(format!("http://{}/tasks", self.address)).ok()?.json().ok()?;
        let tasks = shown["threads"].as_array()?.iter().filter_map(|thread| thread["tasks"].as_array()).flatten();
        let of_sessions = |task: &&Value| task["task"].as_str().is_some_and(|task| task.starts_with("0_"));
        Some(tasks.filter(of_sessions).cloned().collect())
    }
}
