//! Many seeds, and the promises on each of them.

use std::sync::Mutex;

use engagement_conductor::clock::SystemClock;
use streams::runtime::{ProcessingGuarantee, ThreadSettings};
use streams::testing::simulation::{Disturbances, SimulationReport};
use topology::settings::Learning;
use topology::wire::{CommandStatus, EngagementScore, InterventionCommand, InterventionResult, Outcome, topics};

use crate::promises::{check, every_tick_at_least_once, values};
use crate::run::{disturbed, disturbed_on_disks, keep_repartitions, undisturbed};

const SEEDS: u64 = 500;
/// Opening stores on disk takes most of the time of a seed.
const SEEDS_ON_DISKS: u64 = 100;
const SEEDS_AT_LEAST_ONCE: u64 = 100;
const THREADS: u64 = 2;
/// Every so many seeds deciders read what was learned: their decisions then depend on timing, and carry what they read.
const LEARNING_EVERY: u64 = 5;
/// `SIMULATION_SEED=17` runs this seed alone.
const ONE_SEED: &str = "SIMULATION_SEED";

/// What one seed comes to, in memory or on disks.
type Replay = fn(u64, Learning, fn(&mut ThreadSettings)) -> Result<SimulationReport, String>;

fn run(seed: u64, replay: Replay) -> Result<Disturbances, String> {
    let learning = if seed.is_multiple_of(LEARNING_EVERY) { Learning::Live } else { Learning::Frozen };
    // Half of the seeds purge what the learner has read, as usual; the other half show its order.
    let settings: fn(&mut ThreadSettings) = if seed.is_multiple_of(2) { |_| {} } else { keep_repartitions };
    let report = replay(seed, learning, settings)?;
    check(&report, learning)?;
    Ok(report.disturbances)
}

fn seeds(count: u64) -> Vec<u64> {
    match std::env::var(ONE_SEED).ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => vec![seed],
        None => (1..=count).collect(),
    }
}

/// The promises hold for every seed; returns what happened in all of them, or nothing when one was asked for.
fn every_seed(count: u64, replay: Replay) -> Option<Disturbances> {
    let seeds = seeds(count);
    undisturbed();
    let stopwatch = SystemClock.stopwatch();
    let found = Mutex::new((Disturbances::default(), Vec::new()));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (seeds, found) = (&seeds, &found);
            scope.spawn(move || {
                for seed in seeds.iter().filter(|seed| **seed % THREADS == thread) {
                    let result = run(*seed, replay);
                    let (seen, failures) = &mut *found.lock().unwrap();
                    match result {
                        Ok(more) => add(seen, &more),
                        Err(what) => failures.push(format!(
                            "seed {seed}: {what}\n    {ONE_SEED}={seed} cargo test --test simulation whatever_happens"
                        )),
                    }
                }
            });
        }
    });
    let (seen, failures) = found.into_inner().unwrap();
    let seconds = stopwatch.elapsed().as_secs_f64();
    println!("{} seeds in {seconds:.1} s, {:.1} per second: {seen:?}", seeds.len(), seeds.len() as f64 / seconds);
    assert!(failures.is_empty(), "{} of {} seeds:\n{}", failures.len(), seeds.len(), failures.join("\n"));
    (seeds.len() > 1).then_some(seen)
}

#[test]
fn whatever_happens_to_the_instances_every_effect_is_committed_exactly_once() {
    let Some(seen) = every_seed(SEEDS, disturbed) else { return };
    let least = [seen.crashes, seen.wiped, seen.lost_answers, seen.stalls, seen.closed, seen.aborts, seen.settled];
    assert!(least.iter().all(|count| *count > 50), "the trouble was no trouble: {seen:?}");
}

#[test]
fn whatever_happens_to_the_power_every_effect_is_committed_exactly_once() {
    let Some(seen) = every_seed(SEEDS_ON_DISKS, disturbed_on_disks) else { return };
    let least = [seen.crashes, seen.wiped, seen.lost_answers, seen.power_cuts];
    assert!(least.iter().all(|count| *count > 20), "the trouble was no trouble: {seen:?}");
}

#[test]
fn without_transactions_no_tick_is_lost_whatever_happens_to_the_instances() {
    fn at_least_once(settings: &mut ThreadSettings) {
        settings.processing_guarantee = ProcessingGuarantee::AtLeastOnce;
    }
    let run = |seed| every_tick_at_least_once(&disturbed(seed, Learning::Frozen, at_least_once)?);
    let lost = (1..=SEEDS_AT_LEAST_ONCE).filter_map(|seed| Some(format!("seed {seed}: {}", run(seed).err()?)));
    let lost: Vec<String> = lost.collect();
    assert!(lost.is_empty(), "{} of {SEEDS_AT_LEAST_ONCE} seeds:\n{}", lost.len(), lost.join("\n"));
}

fn add(seen: &mut Disturbances, more: &Disturbances) {
    seen.crashes += more.crashes;
    seen.wiped += more.wiped;
    seen.power_cuts += more.power_cuts;
    seen.lost_answers += more.lost_answers;
    seen.stalls += more.stalls;
    seen.closed += more.closed;
    seen.started += more.started;
    seen.replaced += more.replaced;
    seen.aborts += more.aborts;
    seen.settled += more.settled;
}

#[test]
fn the_log_has_something_of_everything() {
    let report = &undisturbed().report;
    check(report, Learning::Frozen).unwrap();
    let commands: Vec<InterventionCommand> = values(report, topics::INTERVENTION_COMMANDS).unwrap();
    let results: Vec<InterventionResult> = values(report, topics::INTERVENTION_RESULTS).unwrap();
    for status in [CommandStatus::Proposed, CommandStatus::Approved, CommandStatus::HeldOut, CommandStatus::Cancelled] {
        assert!(commands.iter().any(|command| command.status == status), "no command is {status}");
    }
    for outcome in [Outcome::Measured, Outcome::Declined, Outcome::Failed, Outcome::Unanswered] {
        assert!(results.iter().any(|result| result.outcome == outcome), "no result is {outcome}");
    }
    let teaches = |result: &&InterventionResult| result.outcome == Outcome::Measured && !result.waited;
    assert!(results.iter().filter(teaches).count() >= 3, "{results:?}");
    let scores: Vec<EngagementScore> = values(report, topics::ENGAGEMENT_SCORES).unwrap();
    assert!(scores.iter().all(|score| score.baseline.version == 7), "every session pins what calibration published");
    let counts = report.counts.values();
    let (late, dead) = counts.fold((0, 0), |(late, dead), counts| (late + counts.late, dead + counts.dead_lettered));
    assert!(late > 2 && dead > 3, "{late} late, {dead} dead-lettered");
}

#[test]
fn in_the_simulator_learning_too_gives_the_same_bytes() {
    let run = || disturbed(5, Learning::Live, keep_repartitions).unwrap();
    let report = run();
    assert_eq!(report, run());
    let commands: Vec<InterventionCommand> = values(&report, topics::INTERVENTION_COMMANDS).unwrap();
    assert!(commands.iter().any(|command| command.policy.version > 0), "no decision has read what was learned");
}
