//! The schemas and the structs say the same, and nobody changes a schema by accident.

use std::collections::BTreeSet;

use apache_avro::Schema;
use apache_avro::schema::RecordSchema;

use super::random::{Dice, Random};
use super::*;

fn record(text: &str) -> RecordSchema {
    let Schema::Record(record) = Schema::parse_str(text).unwrap() else { panic!("not a record") };
    record
}

#[test]
fn every_schema_parses_and_its_record_has_the_name_that_the_struct_says() {
    fn check<T: Coded>() {
        let record = record(T::SCHEMA);
        assert_eq!(record.name.name(), T::RECORD);
        assert_eq!(record.name.namespace(), Some("engagement_conductor"));
        assert!(T::avro().is_ok());
    }
    for_each_record!(check);
}

/// The names of a record's fields; those of a nested record behind the name of the field that holds it.
fn fields_in_schema(schema: &Schema, path: &str, found: &mut BTreeSet<String>) {
    match schema {
        Schema::Record(record) => {
            for field in &record.fields {
                let path = format!("{path}.{}", field.name);
                fields_in_schema(&field.schema, &path, found);
                found.insert(path);
            }
        }
        Schema::Union(union) => union.variants().iter().for_each(|schema| fields_in_schema(schema, path, found)),
        Schema::Array(array) => fields_in_schema(&array.items, path, found),
        _ => {}
    }
}

fn fields_in_json(value: &serde_json::Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        // The one map of the contract: its keys are no fields.
        serde_json::Value::Object(_) if path == ".parameters" => {}
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                let path = format!("{path}.{name}");
                fields_in_json(value, &path, found);
                found.insert(path);
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| fields_in_json(value, path, found)),
        _ => {}
    }
}

#[test]
fn a_record_has_the_same_fields_in_json_and_in_its_schema() {
    fn check<T: Coded + Random>() {
        let (mut in_schema, mut in_json) = (BTreeSet::new(), BTreeSet::new());
        fields_in_schema(&Schema::parse_str(T::SCHEMA).unwrap(), "", &mut in_schema);
        // No kind has all fields: what is gathered from many values is what the struct can write.
        for seed in 0..500 {
            fields_in_json(&serde_json::to_value(T::random(&mut Dice::new(seed))).unwrap(), "", &mut in_json);
        }
        assert_eq!(in_json, in_schema, "{}", T::RECORD);
    }
    for_each_record!(check);
}

/// What a new version of a record must keep to, in nested records too.
fn check_fields(record: &RecordSchema) {
    for field in &record.fields {
        let name = format!("{}.{}", record.name.name(), field.name);
        assert!(field.doc.is_some(), "{name} says nothing");
        match &field.schema {
            Schema::Union(union) => {
                assert_eq!(union.variants().first(), Some(&Schema::Null), "{name}");
                assert_eq!(field.default, Some(serde_json::Value::Null), "{name}");
            }
            Schema::Enum(_) => panic!("{name} is an enum: nobody could add a symbol"),
            Schema::Record(record) => check_fields(record),
            Schema::Array(array) => {
                if let Schema::Record(record) = &*array.items {
                    check_fields(record);
                }
            }
            _ => {}
        }
    }
}

#[test]
fn a_nullable_field_has_null_first_and_as_its_default_so_that_older_records_can_be_read() {
    fn check<T: Coded>() {
        check_fields(&record(T::SCHEMA));
    }
    for_each_record!(check);
}

#[test]
fn the_fingerprints_are_those_that_the_readme_of_the_schemas_lists() {
    let readme = include_str!("../../../../schemas/README.md");
    let listed: Vec<&str> = readme.lines().filter(|line| line.starts_with("| `")).collect();
    let current: Vec<String> =
        fingerprints().map(|(record, fingerprint)| format!("| `{record}` | `{fingerprint:016x}` |")).collect();
    assert_eq!(listed, current, "a schema changed: read schemas/README.md before you change the list");
}
