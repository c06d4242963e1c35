//! What was learned is the fold of the results, in the order in which the learner read them.

use std::collections::BTreeMap;

use domain::bandit::{self, ControlRow, Lesson, PolicyRow, fold_arm, fold_control};
use domain::context::{ContextKey, InterventionKind};
use streams::testing::simulation::SimulationReport;
use topology::wire::{InterventionResult, Policy, PolicyArm, topics};

use crate::promises::{value, values};

/// Compares the topic `policy` and the keys of the store with the fold. Where the learner's input was purged there is no order
/// left to compare with.
pub(crate) fn the_policy_is_the_fold_of_the_results(report: &SimulationReport) -> Result<(), String> {
    let mut read: Vec<InterventionResult> = Vec::new();
    for record in report.repartitions.values().flatten() {
        read.push(value(record)?);
    }
    let mut results: Vec<InterventionResult> = values(report, topics::INTERVENTION_RESULTS)?;
    if read.len() < results.len() {
        return Ok(());
    }
    let expected = fold(&read);
    let found = published(report)?;
    if found != expected {
        return Err(format!("the policy is {found:?}, and the fold of the results is {expected:?}"));
    }
    let by_command = |one: &InterventionResult, other: &InterventionResult| one.command.cmp(&other.command);
    results.sort_by(by_command);
    read.sort_by(by_command);
    if read != results {
        return Err("the learner read other results than were published".to_owned());
    }
    stored_keys(report, &expected)
}

fn fold(results: &[InterventionResult]) -> BTreeMap<String, Policy> {
    let mut version = 0;
    let mut arms: BTreeMap<String, PolicyRow> = BTreeMap::new();
    let mut controls: BTreeMap<String, ControlRow> = BTreeMap::new();
    for result in results.iter().filter_map(of_wire) {
        match result.lesson() {
            Lesson::Arm => {
                version += 1;
                let key = result.key.to_string();
                let row = fold_arm(arms.get(&key), version, &result);
                arms.extend(row.map(|row| (key, row)));
            }
            Lesson::Control => {
                version += 1;
                let key = ControlRow::name(result.key.anomaly);
                let row = fold_control(controls.get(&key), version, &result);
                controls.extend(row.map(|row| (key, row)));
            }
            Lesson::Nothing => {}
        }
    }
    let arms = arms.into_iter().map(|(key, row)| (key, arms_policy(&row)));
    arms.chain(controls.into_iter().map(|(key, row)| (key, control_policy(&row)))).collect()
}

fn of_wire(result: &InterventionResult) -> Option<bandit::InterventionResult> {
    Some(bandit::InterventionResult {
        key: ContextKey::parse(&result.context_key)?,
        kind: result.kind,
        outcome: result.outcome,
        held_out: result.held_out,
        waited: result.waited,
        change: result.change.unwrap_or_default(),
        reward: result.reward.unwrap_or_default(),
        success: result.success.unwrap_or_default(),
    })
}

fn arms_policy(row: &PolicyRow) -> Policy {
    let arms = InterventionKind::ALL.iter().zip(&row.arms).map(|(kind, sums)| PolicyArm {
        arm: kind.name().into(),
        n: sums.n,
        sum: sums.sum,
        sum_squares: sums.sum_of_squares,
        successes: sums.successes as f64,
        failures: sums.failures as f64,
    });
    Policy { version: row.version as i64, arms: arms.collect(), mean: None, n: None }
}

fn control_policy(row: &ControlRow) -> Policy {
    Policy { version: row.version as i64, arms: Vec::new(), mean: Some(row.mean), n: Some(row.n) }
}

/// The newest record of each key: what a reader of the compacted topic ends up with.
fn published(report: &SimulationReport) -> Result<BTreeMap<String, Policy>, String> {
    let mut newest = BTreeMap::new();
    let partitions = report.outputs.iter().filter(|(partition, _)| *partition.topic == *topics::POLICY);
    for record in partitions.flat_map(|(_, records)| records) {
        let key = String::from_utf8_lossy(record.key.as_deref().unwrap_or_default()).into_owned();
        newest.insert(key, value(record)?);
    }
    Ok(newest)
}

/// The store has a row per key, and one for the version.
fn stored_keys(report: &SimulationReport, expected: &BTreeMap<String, Policy>) -> Result<(), String> {
    let rows = report.stores.iter().filter(|((_, store), _)| **store == *"posteriors").flat_map(|(_, rows)| rows);
    let found: Vec<String> = rows.map(|(key, _)| String::from_utf8_lossy(key).into_owned()).collect();
    let version = (!expected.is_empty()).then(|| "version".to_owned());
    let mut keys: Vec<String> = expected.keys().cloned().chain(version).collect();
    keys.sort();
    (found == keys).then_some(()).ok_or_else(|| format!("the store has {found:?} where {keys:?} are expected"))
}
