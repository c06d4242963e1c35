//! kill -9 and SIGSTOP, again and again, while a log is processed.

use std::time::Duration;

use cluster::clock::wait_for;
use domain::random::Generator;
use rustix::process::Signal;
use streams::broker::TopicPartition;
use streams::broker::kafka::KafkaBroker;
use topology::wire::topics;

use crate::instance::Instance;
use crate::judge::{metrics_agree, policy_is_the_fold, same_bytes, settled_accounts};
use crate::stage::{APPLICATION, Stage};
use crate::topic::{lag, partitions};

/// Kills, at least; then the instances are left alone.
const KILLS_MIN: usize = 8;
/// How long an instance that is started again at once is given to have its tasks.
const BACK: Duration = Duration::from_secs(6);
/// Records of changelogs that one commit of one task writes, at most: that of a tenth of a second at this speed, or of one full round.
const RESTORED_MAX: u64 = 3_000;
/// A processing that comes to no end.
const PATIENCE: Duration = Duration::from_secs(420);
/// Bytes per second and consumer until enough is killed: the log takes longer than that.
const SLOW: u64 = 15_000;
const FAST: u64 = 100_000_000;

#[test]
fn every_effect_is_there_exactly_once_whatever_is_killed() {
    let stage = Stage::new();
    let servers = stage.cluster.bootstrap_servers();
    stage.replay_as_it_is(&stage.log("16", "30"));
    // Those that restore are not slowed.
    stage.limit_consumers(SLOW, None);
    stage.limit_consumers(FAST, Some("reader"));

    let broker = stage.broker();
    let inputs: Vec<TopicPartition> = topics::INPUTS.iter().flat_map(|topic| partitions(&broker, topic)).collect();
    let mut instances = ["a", "b"].map(|name| stage.instance(name, "2", &[]));
    instances.iter_mut().for_each(Instance::start);
    let kills = disturb(&stage, &mut instances, &broker, &inputs);
    println!("{kills} kills; partitions are drained");
    assert!(kills >= KILLS_MIN, "the log was processed before enough was killed: {kills}");

    let accounts = settled_accounts(&mut instances);
    for instance in &instances {
        let (_, tasks) = instance.ask("/tasks").unwrap();
        let (_, metrics) = instance.ask("/metrics").unwrap();
        metrics_agree(&tasks, &metrics);
    }
    for instance in &mut instances {
        let status = instance.stop();
        assert!(status.success(), "{} ends with {status}: {}", instance.name(), instance.said());
    }

    let recorded = stage.folder().join("recorded.jsonl").display().to_string();
    stage.loadtest(&["record", "--bootstrap-servers", &servers, "--out", &recorded]);
    let expected = stage.backtest(recorded.as_ref(), "expected");
    let scores = same_bytes(&broker, topics::ENGAGEMENT_SCORES, &expected.join("scores.jsonl"));
    let commands = same_bytes(&broker, topics::INTERVENTION_COMMANDS, &expected.join("commands.jsonl"));
    let results = same_bytes(&broker, topics::INTERVENTION_RESULTS, &expected.join("results.jsonl"));
    let (learned, arms) = policy_is_the_fold(&broker);
    println!(
        "{scores} scores, {commands} commands, {results} results, {learned} learned from, {arms} rows of the policy; {accounts:?}"
    );
    assert!(scores > 1_000 && commands > 10 && results > 5, "too little happened to prove anything");
    assert_eq!(results, learned);
    assert!(arms > 1, "nothing was learned");
    let sent = std::fs::read_to_string(&recorded).unwrap().lines().count() as u64;
    assert_eq!(accounts.read, sent);
    assert_eq!(accounts.read, accounts.processed + accounts.late + accounts.dead_lettered);
}

/// Disturbs the instances until everything is processed; returns how often one was killed.
fn disturb(stage: &Stage, instances: &mut [Instance; 2], broker: &KafkaBroker, inputs: &[TopicPartition]) -> usize {
    let mut chance = Generator::of(&[b"audit", &seed().to_le_bytes()]);
    let mut kills = 0;
    let drained = wait_for(PATIENCE, || {
        let pause = Duration::from_millis(5_000 + chance.below(10_000));
        if is_drained_within(pause, instances, broker, inputs) {
            return Some(());
        }
        if kills >= KILLS_MIN {
            return None;
        }
        let victim = &mut instances[chance.below(2) as usize];
        match chance.below(8) {
            // Longer than its poll interval: the others take over, and it must notice.
            0 => {
                println!("{} hangs", victim.name());
                victim.signal(Signal::STOP);
                is_drained_within(Duration::from_secs(14), &mut [], broker, inputs);
                instances.iter().for_each(|instance| instance.signal(Signal::CONT));
            }
            // Dead for longer than its session: its tasks move, and come back.
            kind @ 1..=4 => {
                println!("{} is killed, and starts again later", victim.name());
                victim.kill();
                kills += 1;
                is_drained_within(Duration::from_millis(6_500 + 500 * kind), &mut [], broker, inputs);
                victim.start();
            }
            _ => {
                println!("{} is killed, and starts again at once", victim.name());
                let before = running(victim);
                victim.kill();
                kills += 1;
                victim.start();
                restores_little(victim, &before);
            }
        }
        if kills == KILLS_MIN {
            stage.unlimit_consumers();
        }
        None
    });
    assert!(drained.is_some(), "not processed in time: {} {}", instances[0].said(), instances[1].said());
    kills
}

/// The tasks that run on this instance.
fn running(instance: &Instance) -> Vec<String> {
    let tasks = instance.tasks().unwrap_or_default();
    let running = tasks.iter().filter(|task| task["state"] == "running");
    running.map(|task| task["task"].as_str().unwrap().to_owned()).collect()
}

/// Back within its session, an instance has its tasks and their states: what it restores of those that ran is what the last commit may
/// have left out.
fn restores_little(instance: &mut Instance, before: &[String]) {
    let mut found = Vec::new();
    wait_for(BACK, || {
        instance.check();
        let tasks = instance.tasks()?;
        let is_known = |task: &&serde_json::Value| before.iter().any(|name| task["task"] == name.as_str());
        found = tasks.iter().filter(is_known).filter(|task| task["state"] == "running").cloned().collect();
        (found.len() == before.len()).then_some(())
    });
    for task in &found {
        println!("  {} restored {} records", task["task"], task["restored"]);
        assert!(task["restored"].as_u64().unwrap() <= RESTORED_MAX, "more than a commit: {task}");
    }
}

/// Watches for so long; says whether everything was processed meanwhile.
fn is_drained_within(
    pause: Duration,
    instances: &mut [Instance],
    broker: &KafkaBroker,
    inputs: &[TopicPartition],
) -> bool {
    let mut looks = 0_u32;
    wait_for(pause, || {
        instances.iter_mut().for_each(Instance::check);
        looks += 1;
        // Each look is a client of its own: seldom.
        (looks.is_multiple_of(40) && lag(broker, APPLICATION, inputs) == Some(0)).then_some(())
    })
    .is_some()
}

/// Other seeds disturb in another order: `AUDIT_SEED=n`.
fn seed() -> u64 {
    std::env::var("AUDIT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}
