//! States on disk and topics on the cluster that do not fit each other any more: each case is recognised, told, and survived.

use std::path::PathBuf;
use std::time::Duration;

use cluster::clock::wait_for;
use serde_json::Value;
use topology::wire::topics;

use crate::instance::Instance;
use crate::stage::{APPLICATION, PARTITIONS, Stage};
use crate::topic::{lag, partitions};

const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster on which an instance has processed a log and ended. It has one thread: a task that moves to another is restored once more, and
/// what was found out about its state is not told again.
struct Past {
    stage: Stage,
    instance: Instance,
    log: PathBuf,
}

impl Past {
    fn new() -> Self {
        let stage = Stage::new();
        let log = stage.events(&["--sessions", "4", "--minutes", "12"]);
        stage.replay(&log, "max");
        let mut past = Self { instance: stage.instance("one", "1", &[]), stage, log };
        past.instance.start();
        past.drain();
        past.stop();
        past
    }

    /// Waits until everything is processed.
    fn drain(&mut self) {
        let broker = self.stage.broker();
        let inputs: Vec<_> = topics::INPUTS.iter().flat_map(|topic| partitions(&broker, topic)).collect();
        self.instance.await_ready();
        let drained = wait_for(PATIENCE, || {
            self.instance.check();
            (lag(&broker, APPLICATION, &inputs) == Some(0)).then_some(())
        });
        assert!(drained.is_some(), "it is not processed: {}", self.instance.said());
    }

    fn stop(&mut self) {
        let status = self.instance.stop();
        assert!(status.success(), "it ends with {status}: {}", self.instance.said());
    }

    /// Starts it again; returns its tasks of the first sub-topology once it is ready.
    fn start(&mut self) -> Vec<Value> {
        self.instance.start();
        self.instance.await_ready();
        let all = wait_for(PATIENCE, || {
            let tasks = self.instance.tasks()?;
            let perceive = tasks.into_iter().filter(|task| task["task"].as_str().unwrap().starts_with("0_"));
            Some(perceive.collect::<Vec<_>>()).filter(|tasks| tasks.len().to_string() == PARTITIONS)
        });
        all.unwrap_or_else(|| panic!("tasks are missing: {}", self.instance.said()))
    }

    /// The changelogs of the application that are cleaned up in this way.
    fn changelogs(&self, cleanup: &[&str]) -> Vec<String> {
        let servers = self.stage.cluster.bootstrap_servers();
        let plan = self.stage.conductor(&["topics", "plan", "--bootstrap-servers", &servers]);
        let rows = plan.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let found = rows.filter(|row| {
            matches!(row[..], [name, _, how, ..] if name.starts_with(APPLICATION) && name.ends_with("-changelog") && cleanup.contains(&how))
        });
        found.map(|row| row[0].to_owned()).collect()
    }

    /// Deletes the records of all partitions of these topics.
    fn delete_records(&self, topics: &[String]) {
        let broker = self.stage.broker();
        let all = topics.iter().flat_map(|topic| partitions(&broker, topic));
        let partitions: Vec<Value> = all
            .map(|place| serde_json::json!({"topic": &*place.topic, "partition": place.partition, "offset": -1}))
            .collect();
        let file = self.stage.folder().join("delete.json");
        std::fs::write(&file, serde_json::json!({"partitions": partitions, "version": 1}).to_string()).unwrap();
        let file = file.display().to_string();
        let tool = "org.apache.kafka.tools.DeleteRecordsCommand";
        self.stage.cluster.tool(tool, &["--offset-json-file", &file]).unwrap();
    }
}

fn sum(tasks: &[Value], field: &str) -> u64 {
    tasks.iter().map(|task| task[field].as_u64().unwrap()).sum()
}

#[test]
fn a_state_that_was_lost_comes_back_from_its_changelog() {
    let mut past = Past::new();
    let before = past.start();
    past.stop();
    past.instance.wipe();
    let after = past.start();
    let lines = std::fs::read_to_string(&past.log).unwrap().lines().count() as u64;
    assert_eq!(sum(&before, "read"), lines);
    for (before, after) in before.iter().zip(&after) {
        for field in ["task", "read", "processed", "late", "dead_lettered", "stream_time_ms", "next_timer_ms"] {
            assert_eq!(before[field], after[field], "{field}");
        }
    }
}

#[test]
fn a_changelog_that_was_emptied_is_at_its_end_at_once() {
    let mut past = Past::new();
    let before = past.start();
    past.stop();
    past.instance.wipe();
    let emptied = past.changelogs(&["compact,delete"]);
    assert!(!emptied.is_empty());
    past.delete_records(&emptied);
    let after = past.start();
    assert_eq!(sum(&before, "read"), sum(&after, "read"), "the others are restored");
    past.stage.replay(&past.log, "max");
    past.drain();
}

#[test]
fn a_changelog_that_was_created_again_is_not_taken_for_the_old_one() {
    let mut past = Past::new();
    let before = past.start();
    past.stop();
    let admin = "org.apache.kafka.tools.TopicCommand";
    for changelog in past.changelogs(&["compact", "compact,delete"]) {
        past.stage.cluster.tool(admin, &["--delete", "--topic", &changelog]).unwrap();
    }
    past.stage.conductor(&["topics", "create", "--bootstrap-servers", &past.stage.cluster.bootstrap_servers()]);
    let tasks = past.start();
    // A task without records has no state that could be an old one.
    let has_past = |(before, _): &(&Value, &Value)| !before["stream_time_ms"].is_null();
    assert!(before.iter().zip(&tasks).filter(has_past).count() > 1);
    for (_, task) in before.iter().zip(&tasks).filter(has_past) {
        let why = task["rebuilt"].as_str().unwrap_or_default();
        assert!(why.contains("created again"), "{task}");
        assert_eq!(task["read"], 0, "the old state is not mixed with the new changelog");
    }
    past.stage.replay(&past.log, "max");
    past.drain();
}

#[test]
fn what_retention_took_before_it_was_read_is_told_and_the_rest_goes_on() {
    let mut past = Past::new();
    let before = past.start();
    past.stop();
    past.stage.replay(&past.log, "max");
    past.delete_records(&topics::INPUTS.map(str::to_owned));
    let tasks = past.start();
    let lines = std::fs::read_to_string(&past.log).unwrap().lines().count() as u64;
    let lost = sum(&tasks, "lost_to_retention");
    // Markers of the replay's transactions lie among the records.
    assert!(lost >= lines, "{lost} of at least {lines} offsets are told");
    assert_eq!(sum(&tasks, "read"), sum(&before, "read"));
    past.stage.replay(&past.log, "max");
    past.drain();
    // What is shown follows a moment later.
    let is_read = wait_for(PATIENCE, || (sum(&past.instance.tasks()?, "read") >= 2 * lines).then_some(()));
    assert!(is_read.is_some(), "what came later is not processed: {:?}", past.instance.tasks());
}
