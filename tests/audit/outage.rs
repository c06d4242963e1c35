//! Sessions are live, and the cluster goes away for a minute.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cluster::clock::wait_for;
use domain::anomaly::Level;
use streams::broker::kafka::KafkaBroker;
use topology::codec::decode;
use topology::wire::{EngagementScore, topics};

use crate::instance::Instance;
use crate::judge::Accounts;
use crate::stage::{PARTITIONS, Stage, timed};
use crate::topic::read;

const OUTAGE: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(90);
const TICK_MS: i64 = 5_000;
/// So much of silence must be seen as silence.
const SILENCE_MS: i64 = 10_000;

/// What the platform sends before the outage, and what it keeps meanwhile and sends afterwards. Between them nothing happens.
const BEFORE_MS: std::ops::Range<i64> = 0..80_000;
const AFTER_MS: std::ops::Range<i64> = 100_000..165_000;

/// A part of the log, by the time since its beginning, with all times moved.
fn part(stage: &Stage, log: &Path, part: &std::ops::Range<i64>, by_ms: i64) -> PathBuf {
    let lines: Vec<(i64, String)> = std::fs::read_to_string(log).unwrap().lines().map(timed).collect();
    let start = lines[0].0;
    let within = lines.iter().filter(|(at, _)| part.contains(&(at - start)));
    let moved = within.map(|(at, line)| line.replacen(&at.to_string(), &(at + by_ms).to_string(), 1) + "\n");
    let path = stage.folder().join(format!("part-{}.jsonl", part.start));
    std::fs::write(&path, moved.collect::<String>()).unwrap();
    path
}

/// The time of the last line.
fn last_ms(log: &Path) -> i64 {
    std::fs::read_to_string(log).unwrap().lines().map(timed).map(|(at, _)| at).max().unwrap()
}

/// The newest event of all inputs.
fn newest_event(broker: &KafkaBroker) -> i64 {
    let all = topics::INPUTS.iter().flat_map(|topic| read(broker, topic).into_values().flatten());
    all.map(|record| record.timestamp_ms).max().unwrap()
}

/// The scores of each session, in their order.
fn scores(broker: &KafkaBroker) -> BTreeMap<String, Vec<EngagementScore>> {
    let mut found = BTreeMap::<String, Vec<EngagementScore>>::new();
    for record in read(broker, topics::ENGAGEMENT_SCORES).into_values().flatten() {
        let score: EngagementScore = decode(&record.value.unwrap()).unwrap();
        found.entry(score.session.clone().to_string()).or_default().push(score);
    }
    found
}

/// Waits until every session has ticked on without an event.
fn await_silence_ticks(broker: &KafkaBroker, instance: &mut Instance) {
    let until = newest_event(broker) + SILENCE_MS;
    let mut looks = 0_u32;
    let ticked = wait_for(PATIENCE, || {
        instance.check();
        looks += 1;
        // Each look reads a topic with a client of its own: seldom.
        let is_due = looks.is_multiple_of(40);
        (is_due && scores(broker).values().all(|of| of.last().unwrap().at_ms >= until)).then_some(())
    });
    assert!(ticked.is_some(), "time does not go on in silence: {}", instance.said());
}

/// How far time has come in each task that had any.
fn stream_times(instance: &Instance) -> BTreeMap<String, i64> {
    let tasks = instance.tasks().unwrap();
    tasks
        .iter()
        .filter_map(|task| Some((task["task"].as_str().unwrap().to_owned(), task["stream_time_ms"].as_i64()?)))
        .collect()
}

#[test]
fn an_outage_of_the_cluster_stops_time_raises_no_alarm_and_is_over_when_it_is_over() {
    let mut stage = Stage::new();
    let log = stage.events(&["--sessions", "4", "--minutes", "20", "--stagger-minutes", "0", "--healthy"]);
    let before = part(&stage, &log, &BEFORE_MS, 0);
    let broker = stage.broker();
    let mut instance = stage.instance("live", "2", &[("CONDUCTOR__ENGINE__IDLE_ADVANCE_MS", "2000")]);
    instance.start();
    instance.await_ready();
    stage.replay(&before, "1");
    let moved_by = newest_event(&broker) - last_ms(&before);
    await_silence_ticks(&broker, &mut instance);

    stage.cluster.stop().unwrap();
    // Each thread finds out by itself: until it has, it knows of silence that the cluster had told it before.
    let every_thread = ["stream thread 0 for", "stream thread 1 for"].map(|thread| format!("does not answer {thread}"));
    let told = wait_for(PATIENCE, || {
        let (status, why) = instance.ask("/healthz/ready")?;
        (status == 503 && every_thread.iter().all(|away| why.contains(away))).then_some(why)
    });
    let why = told.unwrap_or_else(|| panic!("it is ready without a cluster: {}", instance.said()));
    assert!(why.contains("time stands still"), "{why}");
    let stood = stream_times(&instance);
    wait_for(OUTAGE, || -> Option<()> {
        instance.check();
        let (live, why) = instance.ask("/healthz/live").unwrap();
        assert_eq!(live, 200, "an outage is no reason to start the process anew: {why}");
        // A thread may give up its tasks meanwhile: the group can not be asked whether it still has them.
        for (task, at) in stream_times(&instance) {
            assert_eq!(at, stood[&task], "time goes on in {task}");
        }
        None
    });
    stage.cluster.restart().unwrap();
    instance.await_ready();
    for (task, at) in stream_times(&instance) {
        let went_on = at - stood[&task];
        assert!(went_on < 45_000, "the outage was taken for {went_on} ms of silence in {task}");
    }

    let after = part(&stage, &log, &AFTER_MS, moved_by);
    stage.replay_as_it_is(&after);
    await_silence_ticks(&broker, &mut instance);
    let mut accounts = Accounts::default();
    assert_eq!(accounts.add(&instance.ask("/tasks").unwrap().1).to_string(), PARTITIONS);
    let status = instance.stop();
    assert!(status.success(), "it ends with {status}: {}", instance.said());
    let sent: usize = [before, after].map(|log| std::fs::read_to_string(log).unwrap().lines().count()).iter().sum();
    assert_eq!((accounts.read, accounts.processed), (sent as u64, sent as u64), "{accounts:?}");
    for (session, scores) in scores(&broker) {
        for pair in scores.windows(2) {
            let step = pair[1].at_ms - pair[0].at_ms;
            assert_eq!(step, TICK_MS, "{session} after {}: each tick once, and none is missing", pair[0].at_ms);
        }
        let alarm = scores.iter().find(|score| score.anomaly.level != Level::None);
        assert!(alarm.is_none(), "{session} raises an alarm: {alarm:?}");
    }
}
