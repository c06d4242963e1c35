//! The schemas and the structs say the same, and nobody changes a schema by accident.

use std::collections::{BTreeMap, BTreeSet};

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

#[test]
fn a_record_has_the_same_fields_in_the_same_order_in_json_and_in_its_schema() {
    fn check<T: Coded + Random>() {
        let in_schema: Vec<String> = record(T::SCHEMA).fields.iter().map(|field| field.name.clone()).collect();
        // No kind has all fields: what is gathered from many values is what the struct can write.
        let mut in_json = BTreeSet::new();
        for seed in 0..500 {
            let value = T::random(&mut Dice::new(seed));
            let text = serde_json::to_string(&value).unwrap();
            let fields: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
            in_json.extend(fields.into_keys());
        }
        assert_eq!(in_json, in_schema.into_iter().collect(), "{}", T::RECORD);
    }
    for_each_record!(check);
}

#[test]
fn a_nullable_field_has_null_first_and_as_its_default_so_that_older_records_can_be_read() {
    fn check<T: Coded>() {
        for field in record(T::SCHEMA).fields {
            if let Schema::Union(union) = &field.schema {
                assert_eq!(union.variants().first(), Some(&Schema::Null), "{}.{}", T::RECORD, field.name);
                assert_eq!(field.default, Some(serde_json::Value::Null), "{}.{}", T::RECORD, field.name);
            }
            assert!(!matches!(field.schema, Schema::Enum(_)), "{}.{} is closed", T::RECORD, field.name);
            assert!(field.doc.is_some(), "{}.{} says nothing", T::RECORD, field.name);
        }
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
