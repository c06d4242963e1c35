//! What must hold of a run, however it went. Each promise says what it found where it is broken.

use std::collections::{BTreeMap, BTreeSet};

use domain::time::{GRACE, Millis, TICK, pane_start};
use streams::testing::simulation::{InputRecord, OutputRecord, Place, SimulationReport};
use topology::codec::{Coded, decode};
use topology::settings::Learning;
use topology::wire::{EngagementScore, InterventionCommand, InterventionResult, Session, SessionKind, topics};

use crate::run::undisturbed;
use crate::{explain, learned};

/// Checks everything that a run of the log promises.
pub(crate) fn check(report: &SimulationReport, learning: Learning) -> Result<(), String> {
    same_bytes(report, topics::ENGAGEMENT_SCORES)?;
    same_bytes(report, &dead_letters())?;
    if learning == Learning::Frozen {
        same_bytes(report, topics::INTERVENTION_COMMANDS)?;
        same_bytes(report, topics::INTERVENTION_RESULTS)?;
    }
    every_record_is_accounted_for(report)?;
    every_tick_once(report)?;
    every_status_once(report)?;
    explain::every_decision_recomputes(report)?;
    learned::the_policy_is_the_fold_of_the_results(report)
}

/// The values of a topic, decoded, in the order of partitions and offsets.
pub(crate) fn values<T: Coded>(report: &SimulationReport, topic: &str) -> Result<Vec<T>, String> {
    let partitions = report.outputs.iter().filter(|(partition, _)| *partition.topic == *topic);
    partitions.flat_map(|(_, records)| records).map(value).collect()
}

pub(crate) fn value<T: Coded>(record: &OutputRecord) -> Result<T, String> {
    decode(record.value.as_deref().unwrap_or_default()).map_err(|error| error.to_string())
}

fn dead_letters() -> String {
    format!("{}-dead-letters", crate::log::settings(Learning::Frozen).application_id)
}

/// A session's records of one topic are the same bytes in the same order as without trouble.
fn same_bytes(report: &SimulationReport, topic: &str) -> Result<(), String> {
    let of_topic = |report: &SimulationReport| -> BTreeMap<Place, Vec<OutputRecord>> {
        report.outputs_by_key().into_iter().filter(|((partition, _), _)| *partition.topic == *topic).collect()
    };
    let (expected, found) = (of_topic(&undisturbed().report), of_topic(report));
    for place in expected.keys().chain(found.keys()) {
        let (one, other) = (expected.get(place), found.get(place));
        if one != other {
            let (one, other) = (one.map_or(&[][..], Vec::as_slice), other.map_or(&[][..], Vec::as_slice));
            let same = one.iter().zip(other).take_while(|(one, other)| one == other).count();
            let (partition, key) = place;
            return Err(format!(
                "{partition} {key:?}: {} records where {} are expected, the first {same} are the same",
                other.len(),
                one.len()
            ));
        }
    }
    Ok(())
}

/// Nothing is read twice, and nothing disappears.
fn every_record_is_accounted_for(report: &SimulationReport) -> Result<(), String> {
    let (mut inputs, mut results, mut dead) = (0, 0, 0);
    for (task, counts) in &report.counts {
        if counts.read != counts.processed + counts.late + counts.dead_lettered {
            return Err(format!("task {task}: {counts:?}"));
        }
        *(if task.sub_topology == 0 { &mut inputs } else { &mut results }) += counts.read;
        dead += counts.dead_lettered;
    }
    let count = |topic: &str| -> usize {
        report
            .outputs
            .iter()
            .filter(|(partition, _)| *partition.topic == *topic)
            .map(|(_, records)| records.len())
            .sum()
    };
    let records = &undisturbed().inputs.records;
    let inputs_expected = records.iter().filter(|record| topics::INPUTS.contains(&&*record.topic)).count();
    let expected = (inputs_expected, count(topics::INTERVENTION_RESULTS), count(&dead_letters()));
    let found = (inputs as usize, results as usize, dead as usize);
    let is_equal = expected == found;
    is_equal.then_some(()).ok_or_else(|| format!("read, learned, dead: {found:?} where {expected:?} are expected"))
}

/// A session is scored at every multiple of 5 s from its first event to its end, once: computed from the log alone.
fn every_tick_once(report: &SimulationReport) -> Result<(), String> {
    same_ticks(&scored(report)?)
}

/// The same where repetitions are allowed.
pub(crate) fn every_tick_at_least_once(report: &SimulationReport) -> Result<(), String> {
    let mut found = scored(report)?;
    for ticks in found.values_mut() {
        ticks.sort_unstable();
        ticks.dedup();
    }
    same_ticks(&found)
}

/// The ticks of each session, in their order on the topic.
fn scored(report: &SimulationReport) -> Result<BTreeMap<String, Vec<Millis>>, String> {
    let mut found: BTreeMap<String, Vec<Millis>> = BTreeMap::new();
    for score in values::<EngagementScore>(report, topics::ENGAGEMENT_SCORES)? {
        found.entry(score.session.into()).or_default().push(score.at_ms);
    }
    Ok(found)
}

fn same_ticks(found: &BTreeMap<String, Vec<Millis>>) -> Result<(), String> {
    let expected = ticks(&undisturbed().inputs.records);
    for session in expected.keys().chain(found.keys()) {
        if expected.get(session) != found.get(session) {
            let count = |ticks: &BTreeMap<String, Vec<Millis>>| ticks.get(session).map_or(0, Vec::len);
            let (found, expected) = (count(found), count(&expected));
            return Err(format!("{session} has {found} ticks, and not the {expected} that its events ask for"));
        }
    }
    Ok(())
}

/// A session's life, as the log tells it.
#[derive(Default)]
struct Life {
    partition: u32,
    first: Option<Millis>,
    ended: Option<Millis>,
}

fn ticks(records: &[InputRecord]) -> BTreeMap<String, Vec<Millis>> {
    let mut lives: BTreeMap<String, Life> = BTreeMap::new();
    let mut stream_times: BTreeMap<u32, Millis> = BTreeMap::new();
    for (session, record) in records.iter().filter_map(|record| Some((event_of(record)?, record))) {
        let at = record.timestamp_ms;
        let now = stream_times.entry(record.partition).or_insert(at);
        *now = at.max(*now);
        let life = lives.entry(session).or_default();
        life.partition = record.partition;
        life.first = Some(life.first.map_or(at, |first| first.min(at)));
        if kind_of(record) == Some(SessionKind::Ended) {
            life.ended = Some(at);
        }
    }
    let ticks_of = |life: Life| -> Option<Vec<Millis>> {
        let last = stream_times.get(&life.partition)? - GRACE;
        let last = life.ended.map_or(last, |ended| ended.min(last));
        Some((pane_start(life.first?) + TICK..=last).step_by(TICK as usize).collect())
    };
    lives.into_iter().filter_map(|(session, life)| Some((session, ticks_of(life)?))).collect()
}

/// The session of a record that moves time: control records and what nobody can read do not.
fn event_of(record: &InputRecord) -> Option<String> {
    let session = core::str::from_utf8(record.key.as_deref()?).ok()?;
    let is_home = crate::log::partition_of_session(session) == record.partition;
    let is_readable = record.value.as_deref().is_some_and(|value| value.first() == Some(&0xC3));
    let is_control =
        *record.topic == *topics::INTERVENTION_FEEDBACK || kind_of(record).is_some_and(SessionKind::is_control);
    (is_home && is_readable && !is_control).then(|| session.to_owned())
}

fn kind_of(record: &InputRecord) -> Option<SessionKind> {
    if *record.topic != *topics::SESSION {
        return None;
    }
    decode::<Session>(record.value.as_deref()?).ok().map(|session| session.kind)
}

/// Each status of a command is published once, and each command has at most one result.
fn every_status_once(report: &SimulationReport) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    let mut commands = BTreeSet::new();
    for command in values::<InterventionCommand>(report, topics::INTERVENTION_COMMANDS)? {
        commands.insert(command.command.clone());
        if !seen.insert((command.command.clone(), command.status.name())) {
            return Err(format!("{} is {} twice", command.command, command.status));
        }
    }
    let mut settled = BTreeSet::new();
    for result in values::<InterventionResult>(report, topics::INTERVENTION_RESULTS)? {
        if !commands.contains(&result.command) {
            return Err(format!("{} has a result and was never published", result.command));
        }
        if !settled.insert(result.command.clone()) {
            return Err(format!("{} has two results", result.command));
        }
    }
    Ok(())
}
