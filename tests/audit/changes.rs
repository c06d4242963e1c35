//! What changes around a running stream: its topics, and who is in its group.

use std::time::Duration;

use cluster::clock::wait_for;
use domain::time::{HOUR, MINUTE};
use loadtest::clock::SystemClock;
use streams::clock::Clock;

use crate::instance::Instance;
use crate::stage::Stage;

const PATIENCE: Duration = Duration::from_secs(60);
/// Topics are looked at again so often.
const SOON: (&str, &str) = ("CONDUCTOR__ENGINE__METADATA_MAX_AGE_MS", "1000");

/// Waits until every thread has its share: six tasks by session, and one that learns.
fn await_shares(a: &mut Instance, b: &mut Instance) {
    let shared = wait_for(PATIENCE, || {
        a.await_ready();
        b.await_ready();
        (working(a) + working(b) == 7).then_some(())
    });
    assert!(shared.is_some(), "{} and {}", a.said(), b.said());
}

/// How many tasks it has at work; nothing while it does not answer.
fn working(instance: &Instance) -> usize {
    let tasks = instance.tasks().unwrap_or_default();
    tasks.iter().filter(|task| task["state"] == "running").count()
}

#[test]
fn partitions_that_are_added_while_it_runs_end_the_process_with_the_numbers_and_the_remedy() {
    let stage = Stage::new();
    let mut instance = stage.instance("one", "1", &[SOON]);
    instance.start();
    instance.await_ready();
    stage
        .cluster
        .tool("org.apache.kafka.tools.TopicCommand", &["--alter", "--topic", "poll", "--partitions", "7"])
        .unwrap();
    let status = instance.ended_within(PATIENCE);
    let said = instance.said();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("poll has 7 partitions, and had 6 when the stream started"), "{said}");
    assert!(said.contains("application id"), "the remedy: {said}");
}

#[test]
fn records_that_are_older_than_a_topic_keeps_them_are_told_while_they_are_processed() {
    let stage = Stage::new();
    let start_ms = (SystemClock::start().now_ms() - 3 * HOUR) / (5 * MINUTE) * (5 * MINUTE);
    let log = stage.events(&["--sessions", "4", "--minutes", "12", "--start-ms", &start_ms.to_string()]);
    stage.replay_as_it_is(&log);
    let arguments = [
        "--alter",
        "--entity-type",
        "topics",
        "--entity-name",
        "engagement-scores",
        "--add-config",
        "retention.ms=3600000",
    ];
    stage.cluster.tool("kafka.admin.ConfigCommand", &arguments).unwrap();
    stage.limit_consumers(20_000, None);
    let mut instance = stage.instance("one", "1", &[SOON]);
    instance.start();
    let told = wait_for(PATIENCE, || {
        instance.check();
        let (_, tasks) = instance.ask("/tasks")?;
        let tasks: serde_json::Value = serde_json::from_str(&tasks).unwrap();
        tasks["warnings"].as_array()?.first().map(|warning| warning.as_str().unwrap().to_owned())
    });
    let told = told.unwrap_or_else(|| panic!("nothing is told: {}", instance.said()));
    assert!(told.contains("engagement-scores keeps records for 60 min"), "{told}");
    let logged = wait_for(PATIENCE, || instance.said().contains("raise its retention.ms").then_some(()));
    assert!(logged.is_some(), "it is not in the log, with the remedy: {}", instance.said());
    assert!(instance.stop().success());
}

#[test]
fn the_tasks_of_a_named_process_that_is_not_coming_back_are_handed_on_when_it_is_taken_out() {
    let stage = Stage::new();
    // Nobody is put out of the group while this test runs.
    let patient =
        [("CONDUCTOR__ENGINE__SESSION_TIMEOUT_MS", "600000"), ("CONDUCTOR__ENGINE__MAX_POLL_INTERVAL_MS", "600000")];
    let mut instances = ["a", "b"].map(|name| stage.instance(name, "2", &patient));
    instances.iter_mut().for_each(Instance::start);
    let [a, b] = &mut instances;
    await_shares(a, b);
    a.kill();
    let servers = stage.cluster.bootstrap_servers();
    // Who takes it out joins in its place, and is as patient: it must say goodbye itself.
    let patiently = ["--set", "engine.session_timeout_ms=600000", "--set", "engine.max_poll_interval_ms=600000"];
    let leave = ["leave", "--instance", "a", "--bootstrap-servers", &servers];
    let said = stage.conductor(&[&leave[..], &patiently].concat());
    assert_eq!(said, "a-0 has left the group\na-1 has left the group\n");
    let all = wait_for(PATIENCE, || (working(b) == 7).then_some(()));
    assert!(all.is_some(), "{}", b.said());
    assert!(b.stop().success());
}

#[test]
fn a_named_process_that_is_to_leave_does_so_when_it_is_stopped() {
    let stage = Stage::new();
    let leaves = [
        ("CONDUCTOR__ENGINE__SESSION_TIMEOUT_MS", "600000"),
        ("CONDUCTOR__ENGINE__MAX_POLL_INTERVAL_MS", "600000"),
        ("CONDUCTOR__ENGINE__SHUTDOWN_GROUP", "leave"),
    ];
    let mut instances = ["a", "b"].map(|name| stage.instance(name, "1", &leaves));
    instances.iter_mut().for_each(Instance::start);
    let [a, b] = &mut instances;
    await_shares(a, b);
    assert!(a.stop().success());
    let all = wait_for(PATIENCE, || (working(b) == 7).then_some(()));
    assert!(all.is_some(), "{}", b.said());
    assert!(b.stop().success());
}
