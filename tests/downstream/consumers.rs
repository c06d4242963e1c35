//! What other people's programs read is what a backtest of the same log writes.

use std::collections::BTreeMap;

use serde_json::Value;
use topology::codec::decode;
use topology::wire::{InterventionResult, topics};

use crate::programs::{java, python, run};
use crate::stage::{Stage, json_lines};
use crate::topic::read;

/// The values of each session, in their order. In JSON, what is not known is left out; in Avro it is null.
fn by_session(values: &[Value]) -> BTreeMap<String, Vec<Value>> {
    let mut sessions: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for value in values {
        let session = value["session"].as_str().unwrap().to_owned();
        sessions.entry(session).or_default().push(without_nulls(value));
    }
    sessions
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let known = fields.iter().filter(|(_, value)| !value.is_null());
            known.map(|(name, value)| (name.clone(), without_nulls(value))).collect()
        }
        Value::Array(values) => values.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

fn assert_same(found: &[Value], expected: &[Value]) {
    assert_eq!(found.len(), expected.len());
    let (found, expected) = (by_session(found), by_session(expected));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (session, expected) in &expected {
        let differs = expected.iter().zip(&found[session]).find(|(expected, found)| expected != found);
        assert_eq!(differs, None, "{session}");
    }
}

#[test]
fn a_consumer_in_python_reads_through_the_registry_the_scores_that_a_backtest_computes() {
    let stage = Stage::shared();
    assert_same(&json_lines(&python(&[&stage.servers(), &stage.registry.url()])), &stage.scores);
}

#[test]
fn a_consumer_in_java_reads_through_the_registry_the_scores_that_a_backtest_computes() {
    let stage = Stage::shared();
    assert_same(&json_lines(&java(&[&stage.servers(), &stage.registry.url()])), &stage.scores);
}

#[test]
fn kcat_reads_as_json_the_commands_that_a_backtest_computes() {
    let stage = Stage::shared();
    let servers = stage.servers();
    let what = ["-C", "-b", &servers, "-t", topics::INTERVENTION_COMMANDS, "-o", "beginning", "-e", "-q"];
    let printed = run("kcat", &[&what[..], &["-X", "isolation.level=read_committed"]].concat());
    assert_same(&json_lines(&printed), &stage.commands);
}

#[test]
fn results_in_single_object_encoding_are_those_that_a_backtest_computes() {
    let stage = Stage::shared();
    let records = read(&stage.broker(), topics::INTERVENTION_RESULTS);
    let values = records.into_values().flatten().map(|record| record.value.unwrap());
    let results: Vec<Value> = values
        .map(|value| {
            assert_eq!(value[..2], [0xC3, 0x01]);
            serde_json::to_value(decode::<InterventionResult>(&value).unwrap()).unwrap()
        })
        .collect();
    assert_same(&results, &stage.results);
}
