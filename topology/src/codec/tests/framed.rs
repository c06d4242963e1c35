//! Confluent's framing, byte by byte.

use super::*;

#[test]
fn what_is_framed_for_a_registry_is_a_zero_the_id_and_the_record_that_avro_alone_writes() {
    let text = r#"{"kind":"message","user":"u-7","text":"hi"}"#;
    let value: Chat = decode(text.as_bytes()).unwrap();
    let framed = bytes_of(&value, Format::Confluent { schema_id: 0x0102_0304 });
    assert_eq!(framed[..5], [0, 1, 2, 3, 4]);
    assert_eq!(framed[5..], bytes_of(&value, Format::Avro)[10..]);
}

#[test]
fn a_schema_is_the_same_however_it_is_laid_out_and_another_with_another_field() {
    let ours = fingerprint_of(Chat::SCHEMA).unwrap();
    let laid_out: serde_json::Value = serde_json::from_str(Chat::SCHEMA).unwrap();
    assert_eq!(fingerprint_of(&laid_out.to_string()), Some(ours));
    let (_, listed) = fingerprints().find(|(record, _)| *record == Chat::RECORD).unwrap();
    assert_eq!(ours, listed);

    let more = Chat::SCHEMA.replacen(
        r#""fields": ["#,
        r#""fields": [{"name": "more", "type": ["null", "string"], "default": null},"#,
        1,
    );
    assert_ne!(more, Chat::SCHEMA);
    assert_ne!(fingerprint_of(&more).unwrap(), ours);
    assert_eq!(fingerprint_of("no schema"), None);
}
