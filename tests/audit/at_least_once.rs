//! At least once: nothing is lost when a process is killed, and some of it is there twice.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster::clock::wait_for;
use streams::broker::TopicPartition;
use topology::codec::decode;
use topology::wire::{EngagementScore, topics};

use crate::stage::{APPLICATION, Stage};
use crate::topic::{lag, partitions, read};

const KILLS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(180);
/// Bytes per second and consumer until enough is killed: the log takes longer than that.
const SLOW: u64 = 15_000;
const FAST: u64 = 100_000_000;

#[test]
fn at_least_once_loses_no_tick_when_processes_are_killed() {
    let stage = Stage::new();
    let log = stage.events(&["--sessions", "8", "--minutes", "15"]);
    stage.replay(&log, "max");
    stage.limit_consumers(SLOW, None);
    stage.limit_consumers(FAST, Some("reader"));
    let broker = stage.broker();
    let inputs: Vec<TopicPartition> = topics::INPUTS.iter().flat_map(|topic| partitions(&broker, topic)).collect();
    let guarantee = [("CONDUCTOR__ENGINE__PROCESSING_GUARANTEE", "at_least_once")];
    let mut instances = ["c", "d"].map(|name| stage.instance(name, "1", &guarantee));
    for instance in &mut instances {
        instance.start();
    }
    for kill in 0..KILLS {
        let before = wait_for(PATIENCE, || lag(&broker, APPLICATION, &inputs)).unwrap();
        assert!(before > 0, "the log was processed before enough was killed: {kill}");
        let victim = &mut instances[kill % 2];
        let is_moving = wait_for(PATIENCE, || {
            victim.check();
            (lag(&broker, APPLICATION, &inputs)? < before).then_some(())
        });
        assert!(is_moving.is_some(), "nothing is processed: {}", victim.said());
        victim.kill();
        victim.start();
    }
    stage.unlimit_consumers();
    let drained = wait_for(PATIENCE, || {
        for instance in &mut instances {
            instance.check();
        }
        (lag(&broker, APPLICATION, &inputs) == Some(0)).then_some(())
    });
    assert!(drained.is_some(), "it is not processed: {} {}", instances[0].said(), instances[1].said());
    for instance in &mut instances {
        let status = instance.stop();
        assert!(status.success(), "it ends with {status}: {}", instance.said());
    }

    let recorded = stage.folder().join("recorded.jsonl").display().to_string();
    stage.loadtest(&["record", "--bootstrap-servers", &stage.cluster.bootstrap_servers(), "--out", &recorded]);
    let expected = stage.backtest(recorded.as_ref(), "expected").join("scores.jsonl");
    let expected: BTreeMap<(String, i64), [f64; 2]> = std::fs::read_to_string(expected)
        .unwrap()
        .lines()
        .map(|line| tick(&decode(line.as_bytes()).unwrap()))
        .collect();
    let mut found = BTreeMap::<(String, i64), Vec<[f64; 2]>>::new();
    for record in read(&broker, topics::ENGAGEMENT_SCORES).into_values().flatten() {
        let score: EngagementScore = decode(&record.value.unwrap()).unwrap();
        assert!((0.0..=1.0).contains(&score.score));
        let (name, counted) = tick(&score);
        found.entry(name).or_default().push(counted);
    }
    let missing: Vec<_> = expected.keys().filter(|tick| !found.contains_key(tick)).collect();
    assert!(missing.is_empty(), "{} ticks are lost: {:?}", missing.len(), missing.first());
    let more: Vec<_> = found.keys().filter(|tick| !expected.contains_key(tick)).collect();
    assert!(more.is_empty(), "{} ticks that nobody expects: {:?}", more.len(), more.first());
    // A record that is processed twice makes a count too large, one that is lost makes it too small.
    let is_short = |(tick, counted): &(&(String, i64), &[f64; 2])| {
        let most = |signal: usize| found[*tick].iter().map(|copy| copy[signal]).fold(0.0, f64::max);
        (0..counted.len()).any(|signal| most(signal) < counted[signal] - 1e-9)
    };
    let short: Vec<_> = expected.iter().filter(is_short).collect();
    assert!(short.is_empty(), "{} ticks have counted less than there was: {:?}", short.len(), short.first());
    let repeated = found.values().filter(|copies| copies.len() > 1).count();
    println!("{} ticks, {repeated} of them more than once", found.len());
}

/// The tick, and what it has counted of messages and reactions.
fn tick(score: &EngagementScore) -> ((String, i64), [f64; 2]) {
    let counted = [score.signals.chat_per_min, score.signals.reactions_per_min].map(Option::unwrap_or_default);
    ((score.session.to_string(), score.at_ms), counted)
}
