//! What an earlier version of the application wrote can be read without a registry.

use std::sync::LazyLock;

use apache_avro::Schema;
use serde::{Deserialize, Serialize};

use super::super::avro::parse;
use super::*;

const BEFORE: &str = r#"{"type":"record","name":"Note","namespace":"engagement_conductor","fields":[
    {"name":"text","type":"string"}]}"#;
const NOW: &str = r#"{"type":"record","name":"Note","namespace":"engagement_conductor","fields":[
    {"name":"weight","type":["null","double"],"default":null},{"name":"text","type":"string"}]}"#;

/// A record as it was.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename = "Note")]
struct NoteBefore {
    text: String,
}

/// The same record with a new field.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
    text: String,
}

macro_rules! note {
    ($Note:ident, $schema:expr, $former:expr) => {
        impl Value for $Note {
            const RECORD: &'static str = "Note";
            const TOPIC: &'static str = "notes";
            const SCHEMA: &'static str = $schema;
            const FORMER_SCHEMAS: &'static [&'static str] = $former;

            fn validate(&self) -> Result<(), Invalid> {
                Ok(())
            }
        }

        impl Coded for $Note {
            fn avro() -> Result<&'static Avro, &'static apache_avro::Error> {
                static SCHEMAS: LazyLock<Vec<Schema>> = LazyLock::new(|| parse::<$Note>().unwrap());
                static AVRO: LazyLock<Avro> = LazyLock::new(|| Avro::new::<$Note>(&SCHEMAS).unwrap());
                Ok(&AVRO)
            }
        }
    };
}

note!(NoteBefore, BEFORE, &[]);
note!(Note, NOW, &[BEFORE]);

#[test]
fn a_record_of_a_former_schema_is_read_with_the_new_field_absent() {
    let bytes = bytes_of(&NoteBefore { text: "hi".into() }, Format::Avro);
    assert_eq!(decode::<Note>(&bytes).unwrap(), Note { weight: None, text: "hi".into() });
}

#[test]
fn an_older_build_refuses_a_newer_schema_in_avro_and_reads_it_in_json() {
    let note = Note { weight: Some(1.5), text: "hi".into() };
    let refused = decode::<NoteBefore>(&bytes_of(&note, Format::Avro)).unwrap_err();
    assert!(matches!(refused, DecodeError::UnknownFingerprint { record: "Note", .. }), "{refused}");
    assert_eq!(decode::<NoteBefore>(&bytes_of(&note, Format::Json)).unwrap(), NoteBefore { text: "hi".into() });
}
