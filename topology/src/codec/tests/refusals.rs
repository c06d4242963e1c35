//! What is refused, and in which words.

use super::random::{Dice, Random};
use super::*;

fn refusal<T: Coded + std::fmt::Debug>(bytes: &[u8]) -> String {
    decode::<T>(bytes).unwrap_err().to_string()
}

#[test]
fn an_unknown_kind_is_refused_by_its_name_in_both_formats() {
    let text = r#"{"kind":"sneezed","user":"u-7"}"#;
    assert!(refusal::<Chat>(text.as_bytes()).contains("unknown chat kind `sneezed`"));
    assert!(refusal::<Reaction>(text.as_bytes()).contains("unknown reaction kind `sneezed`, expected one of emoji"));

    let value: Chat = decode(br#"{"kind":"message","user":"u-7"}"#).unwrap();
    let mut bytes = bytes_of(&value, Format::Avro);
    bytes[11..18].copy_from_slice(b"sneezed");
    assert!(refusal::<Chat>(&bytes).contains("unknown chat kind `sneezed`"));
}

#[test]
fn an_unknown_name_of_any_set_is_refused_by_its_name() {
    assert!(refusal::<Session>(br#"{"kind":"phase","phase":"lunch"}"#).contains("unknown session phase `lunch`"));
    assert!(refusal::<Session>(br#"{"kind":"mode","mode":"yolo","actor":"o"}"#).contains("unknown mode `yolo`"));
}

#[test]
fn an_unknown_field_is_ignored_however_deep_it_is() {
    let deep = format!(r#"{{"kind":"left","user":"u-7","new":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    // The parser may give up on such depth or not; what counts is that it comes back.
    let _ = decode::<Presence>(deep.as_bytes());
    let value: Presence = decode(br#"{"kind":"left","user":"u-7","new":[{"a":[1,{}]}]}"#).unwrap();
    assert_eq!(value.kind, PresenceKind::Left);
}

#[test]
fn a_kind_without_a_field_that_it_needs_is_refused_by_the_fields_name() {
    for (text, field) in [
        (r#"{"kind":"voted","poll":"p-1","user":"u-7"}"#, "option"),
        (r#"{"kind":"voted","poll":"p-1","option":0}"#, "user"),
        (r#"{"kind":"opened","poll":"p-1","question":"?"}"#, "options"),
    ] {
        let refusal = refusal::<Poll>(text.as_bytes());
        assert!(refusal.contains(&format!("needs the field `{field}`")), "{refusal}");
    }
    for (text, field) in [
        (r#"{"kind":"upvote","user":"u-7"}"#, "message"),
        (r#"{"kind":"question","user":"u-7","message":"m"}"#, "text"),
        (r#"{"kind":"reply","user":"u-7"}"#, "in_reply_to"),
    ] {
        let refusal = refusal::<Chat>(text.as_bytes());
        assert!(refusal.contains(&format!("needs the field `{field}`")), "{refusal}");
    }
    for kind in SessionKind::ALL {
        let text = format!(r#"{{"kind":"{kind}"}}"#);
        assert_eq!(decode::<Session>(text.as_bytes()).is_ok(), *kind == SessionKind::Ended, "{kind}");
    }
    assert!(refusal::<Chat>(br#"{"kind":"message"}"#).contains("missing field `user`"));
    assert!(refusal::<Chat>(br#"{"kind":"message","user":""}"#).contains("the field `user` is empty"));
}

#[test]
fn a_number_that_makes_no_sense_is_refused() {
    let negative = r#"{"kind":"voted","poll":"p-1","user":"u-7","option":-1}"#;
    assert!(refusal::<Poll>(negative.as_bytes()).contains("the field `option` is -1"));
    let large = r#"{"kind":"voted","poll":"p-1","user":"u-7","option":3000000000}"#;
    assert!(refusal::<Poll>(large.as_bytes()).contains("3000000000"));
    let huge = r#"{"kind":"executed","command":"c","at_ms":1,"attempts":1,"cost_usd":1e999}"#;
    assert!(refusal::<InterventionFeedback>(huge.as_bytes()).contains("number out of range"));
}

#[test]
fn a_wrong_type_is_refused_with_a_short_message() {
    assert!(refusal::<Chat>(br#"{"kind":"message","user":7}"#).contains("invalid type"));
    assert!(refusal::<Chat>(br#"{"kind":3,"user":"u"}"#).contains("a chat kind"));
    let long = format!(r#"{{"kind":"message","user":"u","chars":"{}"}}"#, "x".repeat(1_000_000));
    assert!(refusal::<Chat>(long.as_bytes()).len() < 3_000);
}

#[test]
fn a_number_that_is_not_finite_travels_in_neither_direction() {
    let mut value = InterventionFeedback::random(&mut Dice::new(1));
    (value.command, value.attempts, value.tokens_in, value.tokens_out) = ("c".into(), 1, None, None);
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        value.cost_usd = Some(wrong);
        for format in [Format::Json, Format::Avro] {
            let mut bytes = Vec::new();
            let refused = encode(&value, format, &mut bytes).unwrap_err().to_string();
            assert!(refused.contains("not finite"), "{refused}");
            assert_eq!(bytes, b"");
        }
        let marked = 12345.678f64;
        value.cost_usd = Some(marked);
        let mut bytes = bytes_of(&value, Format::Avro);
        let place = bytes.windows(8).position(|window| window == marked.to_le_bytes()).unwrap();
        bytes[place..place + 8].copy_from_slice(&wrong.to_le_bytes());
        assert!(refusal::<InterventionFeedback>(&bytes).contains("not finite"));
    }
    let mut policy = Policy { version: 1, arms: vec![PolicyArm::random(&mut Dice::new(1))], mean: None, n: None };
    policy.arms[0].sum = f64::NAN;
    assert!(encode(&policy, Format::Avro, &mut Vec::new()).is_err());
}

#[test]
fn a_list_beyond_its_limit_is_refused() {
    let options = vec!["\"yes\""; check::POLL_OPTIONS_MAX + 1].join(",");
    let text = format!(r#"{{"kind":"opened","poll":"p","question":"?","options":[{options}]}}"#);
    assert!(refusal::<Poll>(text.as_bytes()).contains("the field `options` has 101 entries, the limit is 100"));
}

#[test]
fn a_schema_that_this_build_does_not_know_is_refused_with_advice() {
    let refused = refusal::<Chat>(b"\xC3\x01\x08\x07\x06\x05\x04\x03\x02\x01\x00");
    assert!(refused.contains("0102030405060708"), "{refused}");
    assert!(refused.contains("schema registry for rolling upgrades"), "{refused}");
}

#[test]
fn a_record_on_the_wrong_topic_is_named() {
    let value: Presence = decode(br#"{"kind":"left","user":"u-7"}"#).unwrap();
    assert_eq!(refusal::<Chat>(&bytes_of(&value, Format::Avro)), "the value is a Presence, the topic carries Chat");
}

#[test]
fn what_no_codec_of_this_build_reads_says_so() {
    assert_eq!(refusal::<Chat>(b""), "the value is empty");
    assert!(refusal::<Chat>(b"\x00\x00\x00\x00\x07abc").contains("needs a registry"));
    assert!(matches!(decode::<Chat>(b"\x00\x00\x00\x00\x07a"), Err(DecodeError::Registry { schema_id: Some(7) })));
    assert!(matches!(decode::<Chat>(b"\x00\x01"), Err(DecodeError::Registry { schema_id: None })));
    assert!(refusal::<Chat>(b"hello").contains("starts with 0x68"));
    assert!(refusal::<Chat>(b"   ").contains("starts with 0x20"));
    assert!(refusal::<Chat>(b"\xC3\x02aaaaaaaaaa").contains("starts with 0xC3"));
    assert!(decode::<Chat>(b" \r\n{\"kind\":\"message\",\"user\":\"u\"} ").is_ok());
}

#[test]
fn a_value_that_ends_early_or_late_is_refused_at_every_byte() {
    let value: Chat = decode(br#"{"kind":"question","user":"u-7","message":"m-1","text":"why?","chars":4}"#).unwrap();
    for format in [Format::Json, Format::Avro] {
        let bytes = bytes_of(&value, format);
        for length in 0..bytes.len() {
            assert!(decode::<Chat>(&bytes[..length]).is_err(), "{format:?} {length}");
        }
        assert!(decode::<Chat>(&[&bytes[..], b"x"].concat()).is_err(), "{format:?}");
    }
}

#[test]
fn a_text_of_five_mebibytes_is_read_and_cut_where_it_is_kept() {
    let text = "ü".repeat(5 * 1024 * 1024 / 2);
    let value = Chat {
        kind: ChatKind::Message,
        id: None,
        user: "u-7".into(),
        message: None,
        in_reply_to: None,
        text: Some(text.into()),
        chars: None,
        command: None,
    };
    for format in [Format::Json, Format::Avro] {
        let read: Chat = decode(&bytes_of(&value, format)).unwrap();
        assert_eq!(cut(read.text.as_deref().unwrap()).len(), 4_000);
        assert_eq!(read, value);
    }
}

#[test]
fn a_length_that_promises_more_than_eight_mebibytes_is_not_believed() {
    let value: Chat = decode(br#"{"kind":"message","user":"u-7"}"#).unwrap();
    let mut bytes = bytes_of(&value, Format::Avro);
    bytes.truncate(10);
    // 9 MiB as a zigzag varint.
    let mut length = 9u64 * 1024 * 1024 * 2;
    while length > 0x7F {
        bytes.push(0x80 | (length & 0x7F) as u8);
        length >>= 7;
    }
    bytes.push(length as u8);
    assert!(refusal::<Chat>(&bytes).contains("8388608"), "{}", refusal::<Chat>(&bytes));
}
