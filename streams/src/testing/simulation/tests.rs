//! The engine under trouble, with an application that is small but uses everything: two co-partitioned inputs, counts per key,
//! an ordered store, timers, late records, dead letters, and a repartition to a second sub-topology.

use core::ops::ControlFlow;
use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::broker::{Cleanup, ConsumerRecord};
use crate::partition::partition_of;
use crate::processor::{Context, ProcessError, Processor};
use crate::record::{BoxError, Decoded, Record, RecordTime};
use crate::runtime::{ProcessingGuarantee, Sabotage};
use crate::serde::{decode_text, encode_text};
use crate::store::{StoreKind, StoreSpec};
use crate::task::Counts;
use crate::topology::{Edge, ProcessorSpec, SourceSpec, StoreHandle, TopologyBuilder};

const PARTITIONS: u32 = 3;
const SEEDS: u64 = 200;
const TICK_MS: i64 = 1_000;

type TextEdge = Edge<String, String>;

/// Counts per key, remembers the values of the last seconds in order, and ticks while a key is alive.
struct Count {
    counts: StoreHandle,
    journal: StoreHandle,
    ticks: TextEdge,
    classes: TextEdge,
}

impl Processor for Count {
    type Key = String;
    type Value = String;

    fn process(&mut self, record: Record<String, String>, context: &mut Context<'_>) -> Result<(), ProcessError> {
        if record.value == "odd" {
            return Err(ProcessError::DeadLetter("an odd record".into()));
        }
        let count = number(context.get(self.counts, record.key.as_bytes())?) + 1;
        context.put(self.counts, record.key.as_bytes(), count.to_string().as_bytes())?;
        let row = format!("{}/{:020}/{count}", record.key, record.timestamp_ms);
        context.put(self.journal, row.as_bytes(), record.value.as_bytes())?;
        context.schedule((record.timestamp_ms / TICK_MS + 1) * TICK_MS, record.key.as_bytes());
        let class = format!("{}-{}", record.key, count % 2);
        context.forward(self.classes, Record::new(class, record.value, record.timestamp_ms))
    }

    fn on_timer(&mut self, at_ms: i64, key: &[u8], context: &mut Context<'_>) -> Result<(), ProcessError> {
        let key = String::from_utf8_lossy(key).into_owned();
        let mut rows = Vec::new();
        context.scan(self.journal, format!("{key}/").as_bytes(), format!("{key}0").as_bytes(), &mut |row, _| {
            rows.push(row.to_vec());
            ControlFlow::Continue(())
        })?;
        let oldest = format!("{key}/{:020}", at_ms - 3 * TICK_MS);
        for row in rows.iter().filter(|row| row.as_slice() < oldest.as_bytes()) {
            context.delete(self.journal, row)?;
        }
        let alive = rows.iter().filter(|row| row.as_slice() >= oldest.as_bytes()).count();
        let count = number(context.get(self.counts, key.as_bytes())?);
        let tick = format!("{at_ms}: {count}, {alive} lately");
        context.forward(self.ticks, Record::new(key.clone(), tick, at_ms))?;
        if alive > 0 {
            context.schedule(at_ms + TICK_MS, key.as_bytes());
        }
        Ok(())
    }
}

/// Totals per class.
struct Total {
    totals: StoreHandle,
    out: TextEdge,
}

impl Processor for Total {
    type Key = String;
    type Value = String;

    fn process(&mut self, record: Record<String, String>, context: &mut Context<'_>) -> Result<(), ProcessError> {
        let total = number(context.get(self.totals, record.key.as_bytes())?) + record.value.len() as u64;
        context.put(self.totals, record.key.as_bytes(), total.to_string().as_bytes())?;
        context.forward(self.out, Record::new(record.key, total.to_string(), record.timestamp_ms))
    }
}

fn number(text: Option<&[u8]>) -> u64 {
    text.and_then(|text| core::str::from_utf8(text).ok()).and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn decode(record: &ConsumerRecord) -> Result<Decoded<String, String>, BoxError> {
    let decoded = decode_text(record)?;
    let is_control = decoded.value.starts_with("control");
    let time = if is_control { RecordTime::Control(record.timestamp_ms) } else { decoded.time };
    Ok(Decoded { time, ..decoded })
}

pub(super) fn topology() -> Arc<Topology> {
    let mut builder = TopologyBuilder::new();
    let events = builder
        .source(SourceSpec::new("events-source", "events", decode).lead().late_after_ms(2_500).check_partition(true))
        .unwrap();
    let signals = builder.source(SourceSpec::new("signals-source", "signals", decode).check_partition(true)).unwrap();
    let store = |builder: &mut TopologyBuilder, name: &str, kind| {
        builder.store(StoreSpec { name: name.into(), kind, changelog_retention_ms: None }).unwrap()
    };
    let counts = store(&mut builder, "counts", StoreKind::KeyValue);
    let journal = store(&mut builder, "journal", StoreKind::Ordered);
    let totals = store(&mut builder, "totals", StoreKind::KeyValue);
    let (ticks, classes, out): (TextEdge, TextEdge, TextEdge) = (builder.edge(), builder.edge(), builder.edge());
    let spec = ProcessorSpec { stores: &[counts, journal], forwards: &[ticks.id(), classes.id()], globals: &[] };
    builder.processor("count", &[&events, &signals], spec, move || Count { counts, journal, ticks, classes }).unwrap();
    builder.sink("ticks-sink", "ticks", &ticks, encode_text).unwrap();
    let repartition = builder.repartition("classes", Some(2)).unwrap();
    builder.sink("classes-sink", &repartition, &classes, encode_text).unwrap();
    let regrouped = builder.source(SourceSpec::new("classes-source", &repartition, decode_text)).unwrap();
    let spec = ProcessorSpec { stores: &[totals], forwards: &[out.id()], globals: &[] };
    builder.processor("total", &[&regrouped], spec, move || Total { totals, out }).unwrap();
    builder.sink("totals-sink", "totals", &out, encode_text).unwrap();
    Arc::new(builder.build("simulated").unwrap())
}

pub(super) fn inputs(count: usize) -> Inputs {
    let topic = |name: &str| TopicSpec {
        name: name.to_owned(),
        partitions: PARTITIONS,
        cleanup: Cleanup::Delete,
        retention_ms: None,
    };
    let topics = ["events", "signals", "ticks", "totals"].into_iter().map(topic).collect();
    let mut chance = chance::Chance::new(7);
    let mut records = Vec::new();
    for place in 0..count as i64 {
        let key = format!("key{}", chance.below(7)).into_bytes();
        let partition = partition_of(&key, PARTITIONS);
        let jitter = chance.below(1_500) as i64;
        let gap = if place > 0 && place % 60 == 0 { 40_000 } else { 0 };
        let (value, shift) = match chance.below(20) {
            0 => ("odd", 0),
            1 => ("late", -20_000),
            2 => ("control", 0),
            _ => ("some value", 0),
        };
        let topic = if chance.percent(70) { "events" } else { "signals" };
        records.push(InputRecord {
            topic: topic.into(),
            partition: if chance.percent(3) { (partition + 1) % PARTITIONS } else { partition },
            timestamp_ms: 1_600_000_000_000 + place * 150 + place / 60 * 40_000 + gap + jitter + shift,
            key: (!chance.percent(2)).then_some(key),
            value: Some(value.as_bytes().to_vec()),
        });
    }
    Inputs { topics, records }
}

pub(super) fn run(seed: u64, options: &SimulationOptions) -> Result<SimulationReport, SimulationFailure> {
    simulate(&topology(), &inputs(600), seed, options)
}

/// What differs from the run without trouble.
pub(super) fn difference(calm: &SimulationReport, other: &SimulationReport) -> Option<String> {
    if calm.outputs_by_key() != other.outputs_by_key() {
        let (calm, other) = (calm.outputs_by_key(), other.outputs_by_key());
        let first = calm.iter().find(|(place, records)| other.get(place) != Some(records));
        let (place, records) = first?;
        let others = other.get(place).cloned().unwrap_or_default();
        let at = records
            .iter()
            .zip(&others)
            .position(|(one, other)| one != other)
            .unwrap_or(others.len().min(records.len()));
        return Some(format!(
            "outputs of {place:?}: {} and {} records, first difference at {at}: {:?} and {:?}",
            records.len(),
            others.len(),
            records.get(at),
            others.get(at)
        ));
    }
    if calm.counts != other.counts {
        return Some(format!("counts: {:?} and {:?}", calm.counts, other.counts));
    }
    (calm.stores != other.stores).then(|| "stores".to_owned())
}

fn total(report: &SimulationReport) -> Counts {
    report.counts.values().fold(Counts::default(), |sum, counts| Counts {
        read: sum.read + counts.read,
        processed: sum.processed + counts.processed,
        late: sum.late + counts.late,
        dead_lettered: sum.dead_lettered + counts.dead_lettered,
    })
}

#[test]
fn every_record_has_its_effects_exactly_once_whatever_happens_to_the_cluster() {
    let calm = run(0, &SimulationOptions { is_disturbed: false, ..SimulationOptions::default() }).unwrap();
    let counts = total(&calm);
    assert_eq!(counts.read, counts.processed + counts.late + counts.dead_lettered);
    assert!(counts.late > 3 && counts.dead_lettered > 10 && counts.processed > 300, "{counts:?}");
    let mut seen = Disturbances::default();
    let mut failures = Vec::new();
    for seed in 1..=SEEDS {
        match run(seed, &SimulationOptions::default()) {
            Err(failure) => failures.push(failure.to_string()),
            Ok(report) => {
                if let Some(what) = difference(&calm, &report) {
                    failures.push(format!("seed {seed}: {what}"));
                }
                let more = report.disturbances;
                seen.crashes += more.crashes;
                seen.wiped += more.wiped;
                seen.lost_answers += more.lost_answers;
                seen.stalls += more.stalls;
                seen.aborts += more.aborts;
                seen.settled += more.settled;
                seen.replaced += more.replaced;
            }
        }
    }
    assert!(failures.is_empty(), "{} of {SEEDS} failed:\n{}", failures.len(), failures.join("\n"));
    let least = [seen.crashes, seen.wiped, seen.lost_answers, seen.stalls, seen.aborts, seen.settled];
    assert!(least.iter().all(|count| *count > 20), "the trouble was no trouble: {seen:?}");
}

#[test]
fn the_same_seed_gives_the_same_trouble() {
    let options = SimulationOptions::default();
    assert_eq!(run(11, &options), run(11, &options));
}

/// How many seeds find a defect, and what the first of them says.
fn found_by(settings: fn(&mut crate::runtime::ThreadSettings)) -> (usize, String) {
    let calm = run(0, &SimulationOptions { is_disturbed: false, ..SimulationOptions::default() }).unwrap();
    let options = SimulationOptions { settings, ..SimulationOptions::default() };
    let found: Vec<String> = (1..=SEEDS / 4)
        .filter_map(|seed| match run(seed, &options) {
            Ok(report) => difference(&calm, &report).map(|what| format!("seed {seed}: {what}")),
            Err(failure) => Some(failure.to_string()),
        })
        .collect();
    (found.len(), found.first().cloned().unwrap_or_default())
}

#[test]
fn a_store_that_is_written_before_the_commit_is_found() {
    let (count, first) = found_by(|settings| settings.sabotage = Sabotage::ApplyBeforeCommit);
    assert!(count > 0);
    println!("{count} of {}: {first}", SEEDS / 4);
}

#[test]
fn timers_that_fire_by_the_slice_are_found() {
    let (count, first) = found_by(|settings| settings.sabotage = Sabotage::TimersBySlice);
    assert!(count > 0);
    println!("{count} of {}: {first}", SEEDS / 4);
}

#[test]
fn a_restore_that_stops_at_the_last_stable_offset_is_found() {
    let (count, first) = found_by(|settings| settings.sabotage = Sabotage::RestoreToLastStable);
    assert!(count > 0);
    println!("{count} of {}: {first}", SEEDS / 4);
}

/// The values of an output topic, by key, each once.
fn distinct(report: &SimulationReport, topic: &str) -> BTreeSet<(Option<Bytes>, String)> {
    let mut found = BTreeSet::new();
    for ((partition, key), records) in report.outputs_by_key() {
        for record in records.iter().filter(|_| *partition.topic == *topic) {
            // A tick is known by its time: what it counts may hold records twice.
            let value = String::from_utf8_lossy(record.value.as_deref().unwrap_or_default()).into_owned();
            found.insert((key.clone(), value.split(':').next().unwrap_or_default().to_owned()));
        }
    }
    found
}

#[test]
fn at_least_once_loses_no_tick_whatever_happens_to_the_cluster() {
    fn settings(settings: &mut crate::runtime::ThreadSettings) {
        settings.processing_guarantee = ProcessingGuarantee::AtLeastOnce;
    }
    let undisturbed = SimulationOptions { is_disturbed: false, settings, ..SimulationOptions::default() };
    let calm = run(0, &SimulationOptions { is_disturbed: false, ..SimulationOptions::default() }).unwrap();
    assert_eq!(difference(&calm, &run(0, &undisturbed).unwrap()), None, "without trouble nothing is repeated");
    let (ticks, read) = (distinct(&calm, "ticks"), total(&calm).read);
    let (mut failures, mut repeated) = (Vec::new(), 0);
    for seed in 1..=SEEDS {
        match run(seed, &SimulationOptions { settings, ..SimulationOptions::default() }) {
            Err(failure) => failures.push(failure.to_string()),
            Ok(report) => {
                let lost: Vec<_> = ticks.difference(&distinct(&report, "ticks")).cloned().collect();
                let counts = total(&report);
                if !lost.is_empty() {
                    failures.push(format!("seed {seed}: {} ticks are lost, {:?}", lost.len(), lost.first()));
                }
                if counts.read != counts.processed + counts.late + counts.dead_lettered {
                    failures.push(format!("seed {seed}: {counts:?} of {read}"));
                }
                let count = |report: &SimulationReport| report.outputs.values().map(Vec::len).sum::<usize>();
                repeated += usize::from(count(&report) > count(&calm));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {SEEDS} failed:\n{}", failures.len(), failures.join("\n"));
    assert!(repeated > 20, "the trouble was no trouble: {repeated}");
}
