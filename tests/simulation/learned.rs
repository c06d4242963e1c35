//! What was learned is the fold of the results, in the order in which the learner read them.

use std::collections::BTreeMap;

use streams::testing::simulation::SimulationReport;
use topology::wire::{InterventionResult, Policy, topics};

use crate::fold::fold;
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
