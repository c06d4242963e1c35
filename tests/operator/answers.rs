//! About a stream that has run: decisions made and measured, a record set aside, states left behind.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use cluster::clock::wait_for;
use serde_json::Value;
use streams::broker::TopicPartition;
use topology::codec::decode;
use topology::wire::{InterventionCommand, topics};

use crate::asked::ask;
use crate::instance::Instance;
use crate::stage::{APPLICATION, ENVIRONMENT, Stage};
use crate::topic::{lag, partitions, read};

const PATIENCE: Duration = Duration::from_secs(240);
/// The key of the record that is of no known kind.
const COUGHED: &str = "session-of-coughs";

#[test]
fn an_operator_is_told_what_was_learned_decided_and_lost_and_what_lies_on_disk() {
    let stage = Stage::new();
    let servers = stage.cluster.bootstrap_servers();
    let states = stage.folder().join("a").display().to_string();
    let records = run(&stage, &servers, &states);

    let commands: Vec<InterventionCommand> = read(&stage.broker(), topics::INTERVENTION_COMMANDS)
        .into_values()
        .flatten()
        .map(|record| decode(&record.value.unwrap()).unwrap())
        .collect();
    assert!(commands.len() > 5, "too little was decided: {}", commands.len());
    policy(&stage, &servers);
    decisions(&stage, &servers, &commands);
    decisions_of_a_file(stage.folder(), &commands);
    dead_letters(&stage, &servers);
    left_behind(stage.folder(), &states, records, &commands[0].session);
}

/// Runs the stream over a log until it is processed; says how many records it had.
fn run(stage: &Stage, servers: &str, states: &str) -> u64 {
    let log = stage.log("8", "30");
    let lines = std::fs::read_to_string(&log).unwrap();
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    let cough = serde_json::json!({
        "topic": "chat", "key": COUGHED, "timestamp_ms": last["timestamp_ms"], "value": { "kind": "cough", "user": "u" },
    });
    writeln!(std::fs::File::options().append(true).open(&log).unwrap(), "{cough}").unwrap();
    stage.replay_as_it_is(&log);

    let broker = stage.broker();
    let inputs: Vec<TopicPartition> = topics::INPUTS.iter().flat_map(|topic| partitions(&broker, topic)).collect();
    let learning = partitions(&broker, &format!("{APPLICATION}-learning-repartition"));
    let mut instance = Instance::new("a", stage.folder(), &["--bootstrap-servers", servers], ENVIRONMENT);
    instance.start();
    let processed = wait_for(PATIENCE, || {
        instance.check();
        let is_drained = |partitions| lag(&broker, APPLICATION, partitions) == Some(0);
        (is_drained(&inputs) && is_drained(&learning)).then_some(())
    });
    assert!(processed.is_some(), "not processed in time: {}", instance.said());
    let in_use = ask(stage.folder(), &["state", "inspect", "--state-dir", states]).refused(2);
    assert!(in_use.contains("is in use by another process") && in_use.contains("/tasks"), "{in_use}");
    scraped(&instance);
    assert!(instance.stop().success(), "{}", instance.said());
    lines.lines().count() as u64 + 1
}

/// What is scraped is as Prometheus' own tool wants it: names, kinds, units, and a word on each.
fn scraped(instance: &Instance) {
    let (_, metrics) = instance.ask("/metrics").unwrap();
    assert!(metrics.contains("records_lag") && metrics.contains("engagement_conductor_total"), "{metrics}");
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is missing: make setup");
    promtool.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let checked = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&checked.stderr) + String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success() && said.is_empty(), "{said}\n{metrics}");
}

fn policy(stage: &Stage, servers: &str) {
    let show = ["policy", "show", "--bootstrap-servers", servers];
    let policy = ask(stage.folder(), &[&show[..], &["--json"]].concat()).json();
    let contexts = policy["contexts"].as_array().unwrap();
    assert!(policy["version"].as_u64() > Some(0) && !contexts.is_empty(), "{policy}");
    assert_eq!(policy["unreadable"], 0);
    let trials = |context: &Value| -> u64 {
        context["arms"].as_array().unwrap().iter().map(|arm| arm["trials"].as_u64().unwrap()).sum()
    };
    assert!(contexts.iter().all(|context| trials(context) > 0), "{policy}");
    let name = contexts[0]["context"].as_str().unwrap();
    let text = ask(stage.folder(), &show).done();
    assert!(text.starts_with("policy version ") && text.contains(name) && text.contains("CHAT_PROMPT"), "{text}");
    let only = ask(stage.folder(), &[&show[..], &["--context", name, "--json"]].concat()).json();
    assert_eq!(only["contexts"].as_array().unwrap().len(), 1);
}

fn decisions(stage: &Stage, servers: &str, commands: &[InterventionCommand]) {
    let explain = |id: &str, more: &[&str]| {
        ask(stage.folder(), &[&["policy", "explain", id, "--bootstrap-servers", servers][..], more].concat())
    };
    for command in [&commands[0], &commands[commands.len() / 2], &commands[commands.len() - 1]] {
        let json = explain(&command.command, &["--json"]).json();
        assert_eq!((&json["same"], json["chosen"].as_str()), (&true.into(), Some(command.kind.name())));
    }
    let text = explain(&commands[0].command, &[]).done();
    assert!(text.ends_with("recomputed: same\n") && text.contains("the draw was"), "{text}");
    let draw = |more: &[&str]| -> Value {
        let answer = explain(&commands[0].command, &[&["--json"], more].concat());
        serde_json::from_str::<Value>(&answer.text).unwrap()["draw"].clone()
    };
    assert_ne!(draw(&[]), draw(&["--set", "application.id=elsewhere"]), "the draws are those of the application");
    let missing = explain("nobody:5000:0", &[]).refused(2);
    assert!(missing.contains("no command nobody:5000:0"), "{missing}");
}

fn decisions_of_a_file(folder: &Path, commands: &[InterventionCommand]) {
    let mut changed = commands[0].clone();
    changed.propensity += 0.01;
    for (file, command, code) in [("same.jsonl", &commands[0], 0), ("changed.jsonl", &changed, 1)] {
        std::fs::write(folder.join(file), serde_json::to_string(command).unwrap() + "\n").unwrap();
        // Nobody listens there: a file needs no cluster.
        let words = ["policy", "explain", &command.command, "--log", file, "--bootstrap-servers", "127.0.0.1:1"];
        let answer = ask(folder, &words);
        assert_eq!(answer.code, code, "{}{}", answer.text, answer.errors);
        assert_eq!(answer.text.contains("propensity ("), code == 1, "{}", answer.text);
    }
}

fn dead_letters(stage: &Stage, servers: &str) {
    let list = ["dlq", "ls", "--bootstrap-servers", servers];
    let letter = ask(stage.folder(), &[&list[..], &["--json"]].concat()).json();
    assert_eq!((letter["topic"].as_str(), letter["exception"].as_str()), (Some("chat"), Some("DecodeError")));
    let place = format!("{}:{}", letter["partition"], letter["offset"]);
    let text = ask(stage.folder(), &list).done();
    assert!(text.lines().count() == 2 && text.contains(&place) && text.contains("cough"), "{text}");
    let later = ask(stage.folder(), &[&list[..], &["--since", "2100-01-01T00:00:00Z"]].concat()).done();
    assert_eq!(later, "no dead letters\n");

    let show = |place: &str| ask(stage.folder(), &["dlq", "show", place, "--bootstrap-servers", servers]);
    let whole = show(&place).done();
    assert!(whole.contains(&format!("key        {COUGHED}")), "{whole}");
    assert!(whole.contains(r#""kind":"cough""#) && whole.contains("unknown chat kind"), "{whole}");
    assert!(show("0:999999").refused(2).contains("conductor dlq ls"));
}

/// Every file below the folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => drop(found.insert(path.clone(), std::fs::read(&path).unwrap())),
        }
    }
    found
}

fn left_behind(folder: &Path, states: &str, records: u64, session: &str) {
    let inspect = ["state", "inspect", "--state-dir", states];
    let before = files(Path::new(states));
    let view = ask(folder, &[&inspect[..], &["--json"]].concat()).json();
    let tasks: Vec<&Value> = view["tasks"].as_array().unwrap().iter().collect();
    let watching = tasks.iter().filter(|task| task["inputs"].to_string().contains("\"chat\""));
    let sum = |field: &str| -> u64 { watching.clone().map(|task| task["counts"][field].as_u64().unwrap()).sum() };
    assert_eq!((sum("read"), sum("dead_lettered")), (records, 1));
    assert_eq!(sum("read"), sum("processed") + sum("late") + sum("dead_lettered"));
    assert_eq!(tasks.len(), 7, "six that watch, and one that learns");
    for task in &tasks {
        // A partition may have no session.
        let has_time = task["stream_time_ms"].is_number();
        assert!(task["cluster"].is_string() && has_time == (task["counts"]["read"] != 0), "{task}");
    }
    let text = ask(folder, &inspect).done();
    assert!(text.contains("posteriors") && text.contains("stream time") && text.contains("CHANGELOG TO"), "{text}");

    let rows = |more: &[&str]| ask(folder, &[&inspect[..], &["--json", "--store"], more].concat()).done();
    let of_session = rows(&["interventions", "--key", session]);
    assert!(of_session.lines().count() >= 2, "a ledger and a command: {of_session}");
    for line in of_session.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        assert_eq!(row["session"], session);
        assert!(row["value"]["ledger"].is_object() || row["value"]["published"]["kind"].is_string(), "{row}");
    }
    for store in ["panes", "attendees", "sessions", "ticks", "interventions", "posteriors", "meta"] {
        let shown = rows(&[store, "--limit", "5"]);
        assert!((1..=5).contains(&shown.lines().count()) && !shown.contains("\"hex\""), "{store}: {shown}");
    }
    assert!(before == files(Path::new(states)), "looking has changed the states");
}
