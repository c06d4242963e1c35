//! Bad input stops nothing, and nothing of it disappears.

use bytes::Bytes;
use domain::intervention::Mode;
use streams::broker::Headers;
use streams::partition::partition_of;
use streams::testing::TestRecord;
use topology::codec::{Format, encode};
use topology::wire::{FeedbackKind, InterventionFeedback};

use crate::conductor::{Conductor, MINUTE, SECOND, T0, header, settings};
use crate::partition::Partition;

const HI: &str = r#"{"kind":"message","user":"u-1","text":"hi"}"#;

fn record(key: Option<&[u8]>, value: Option<&[u8]>, timestamp_ms: i64) -> TestRecord {
    let bytes = |bytes: &[u8]| Bytes::copy_from_slice(bytes);
    TestRecord { timestamp_ms, key: key.map(bytes), value: value.map(bytes), headers: Headers::new() }
}

/// Feedback whose price is no number, as only Avro can say it.
fn feedback_with_nan() -> Vec<u8> {
    let feedback = InterventionFeedback {
        kind: FeedbackKind::Executed,
        id: None,
        command: "c".into(),
        at_ms: T0,
        attempts: 1,
        content: None,
        provider: None,
        tokens_in: None,
        tokens_out: None,
        cost_usd: Some(0.123_456_789),
        error: None,
    };
    let mut bytes = Vec::new();
    encode(&feedback, Format::Avro, &mut bytes).unwrap();
    let place = bytes.windows(8).position(|window| window == 0.123_456_789_f64.to_le_bytes()).unwrap();
    bytes[place..place + 8].copy_from_slice(&f64::NAN.to_le_bytes());
    bytes
}

#[test]
fn what_can_not_be_read_is_set_aside_with_the_reason_and_the_stream_goes_on() {
    let nan = feedback_with_nan();
    let huge = format!(r#"{{"kind":"message","user":"{}","text":"t"}}"#, "u".repeat(513));
    let key = Some(b"s".as_slice());
    let hi = Some(HI.as_bytes());
    let cases: Vec<(&str, TestRecord, &str)> = vec![
        ("chat", record(key, Some(b"\xff\xfe not a value"), T0), "DecodeError"),
        ("chat", record(key, Some(b"{\"kind\":\"mess"), T0), "DecodeError"),
        ("chat", record(key, Some(b""), T0), "DecodeError"),
        ("chat", record(key, None, T0), "DecodeError"),
        ("chat", record(key, Some(br#"{"kind":"sing","user":"u"}"#), T0), "DecodeError"),
        ("chat", record(key, Some(br#"{"kind":"message","user":7}"#), T0), "DecodeError"),
        ("poll", record(key, Some(br#"{"kind":"voted","poll":"p","user":"u","option":"first"}"#), T0), "DecodeError"),
        ("session", record(key, Some(br#"{"kind":"mode","mode":"loud","actor":"a"}"#), T0), "DecodeError"),
        ("presence", record(key, Some(br#"{"kind":"joined","user":""}"#), T0), "DecodeError"),
        ("chat", record(None, hi, T0), "NoKeyError"),
        ("chat", record(Some(b""), hi, T0), "DecodeError"),
        ("chat", record(Some(&[b'k'; 513]), hi, T0), "DecodeError"),
        ("chat", record(Some(b"\xff"), hi, T0), "DecodeError"),
        ("chat", record(key, Some(huge.as_bytes()), T0), "DecodeError"),
        ("chat", record(key, hi, i64::MIN), "DecodeError"),
        ("chat", record(key, hi, i64::MAX), "DecodeError"),
        ("session", record(key, Some(br#"{"kind":"paused","actor":"a"}"#), i64::MAX), "DecodeError"),
        ("chat", record(key, hi, 253_402_300_800_000), "DecodeError"),
        ("intervention-feedback", record(key, Some(&nan), T0), "DecodeError"),
        ("poll", record(key, Some(br#"{"kind":"voted","poll":"p","user":"u","option":1}"#), T0), "ProcessorError"),
        ("poll", record(key, Some(br#"{"kind":"closed","poll":"p"}"#), T0), "ProcessorError"),
    ];
    let mut conductor = Conductor::auto();
    conductor.send("chat", "s", T0, HI);
    for (offset, (topic, record, class)) in cases.iter().enumerate() {
        conductor.driver.pipe_record(topic, record.clone()).unwrap();
        conductor.wait(0);
        let letter = conductor.dead_letters.get(offset).unwrap_or_else(|| panic!("{topic} {record:?}"));
        assert_eq!((&letter.key, &letter.value), (&record.key, &record.value));
        assert_eq!(letter.timestamp_ms, record.timestamp_ms);
        assert_eq!(header(letter, "__streams.errors.exception"), Some(*class), "{letter:?}");
        assert_eq!(header(letter, "__streams.errors.topic"), Some(*topic));
        assert_eq!(header(letter, "__streams.errors.partition"), Some("0"));
        assert!(header(letter, "__streams.errors.offset").unwrap().parse::<u64>().is_ok());
        for name in ["message", "stacktrace"] {
            assert!(!header(letter, &format!("__streams.errors.{name}")).unwrap().is_empty());
        }
    }
    conductor.send("chat", "s", T0 + 20 * SECOND, HI);
    assert_eq!(conductor.ticks("s").len(), 3, "the stream goes on");
    let counts = conductor.driver.counts();
    assert_eq!((counts.processed, counts.late, counts.dead_lettered), (2, 0, cases.len() as u64));
    conductor.assert_nothing_disappeared();
}

#[test]
fn a_text_of_five_mebibytes_is_counted_and_kept_short() {
    let mut conductor = Conductor::auto();
    let text = "ä".repeat(5 * 1024 * 1024 / 2);
    let id = "m".repeat(1024 * 1024);
    for kind in ["message", "question"] {
        let said = format!(r#"{{"kind":"{kind}","user":"u","message":"{id}","text":"{text}"}}"#);
        conductor.send("chat", "s", T0, said);
    }
    conductor.send(
        "session",
        "s",
        T0,
        format!(r#"{{"kind":"started","title":"{text}","description":"{text}","type":"panel"}}"#),
    );
    conductor.wait(6 * SECOND);
    assert!(conductor.scores[0].signals.chat_per_min > Some(0.0));
    let mut key = vec![0, 1];
    key.extend_from_slice(b"stexts");
    let row = conductor.driver.get("sessions", &key).unwrap().unwrap();
    assert!(row.len() < 25_000, "{} bytes", row.len());
    conductor.assert_nothing_disappeared();
}

#[test]
fn a_dead_letter_of_a_huge_record_is_cut_and_says_how_large_it_was() {
    let mut conductor = Conductor::auto();
    conductor.send("chat", "s", T0, "x".repeat(600 * 1024));
    let letter = &conductor.dead_letters[0];
    assert_eq!(letter.value.as_ref().unwrap().len(), 512 * 1024);
    assert_eq!(header(letter, "__streams.errors.original.size"), Some("614400"));
}

/// Scaled down from a million, so that the test takes a moment: the cost of a user is the same for each.
#[test]
fn twenty_thousand_users_of_one_session_are_counted_one_by_one() {
    const USERS: i64 = 20_000;
    let mut partition = Partition::new(&settings(Mode::Auto), 1);
    for user in 0..USERS {
        let joined = format!(r#"{{"kind":"joined","user":"u-{user}"}}"#);
        partition.enqueue("presence", "s", T0 + user * 4 * SECOND / USERS, &joined);
    }
    partition.enqueue("chat", "s", T0 + 6 * SECOND, HI);
    partition.run(streams::task::Pacing::Unpaced, 1_000_000);
    assert_eq!(partition.log.scores[0].people, USERS);
}

#[test]
fn feedback_and_decisions_for_commands_that_nobody_knows_are_counted() {
    let mut conductor = Conductor::auto();
    conductor.send("chat", "s", T0, HI);
    let at = T0 / 5_000 * 5_000;
    for command in ["c".to_owned(), format!("s:{at}:0"), format!("other:{at}:0"), "x".repeat(100_000)] {
        let feedback = format!(r#"{{"kind":"executed","command":"{command}","at_ms":1,"attempts":1}}"#);
        conductor.send("intervention-feedback", "s", T0, feedback);
        let decision = format!(r#"{{"kind":"decision","command":"{command}","decision":"approved","actor":"a"}}"#);
        conductor.send("session", "s", T0, decision);
    }
    let counter = |name| conductor.driver.counter(name);
    assert_eq!((counter("feedback_unknown"), counter("decision_unknown")), (4, 4));
    assert!(conductor.commands.is_empty() && conductor.results.is_empty());
    conductor.assert_nothing_disappeared();
}

#[test]
fn a_key_on_the_wrong_partition_is_set_aside() {
    let mut partition = Partition::new(&settings(Mode::Auto), 4);
    let ids: Vec<String> = (0..100).map(|n| format!("session-{n}")).collect();
    let foreign = ids.iter().filter(|id| partition_of(id.as_bytes(), 4) != 0).count();
    for topic in ["chat", "intervention-feedback"] {
        let value = if topic == "chat" { HI } else { r#"{"kind":"failed","command":"c","at_ms":1,"attempts":1}"# };
        for id in &ids {
            partition.send(topic, id, T0, value);
        }
    }
    assert_eq!(partition.log.dead_letters, 2 * foreign);
    let counts = partition.task.counts();
    assert_eq!(counts.read, counts.processed + counts.dead_lettered);
}

/// A baseline of absurd numbers comes from outside, too.
#[test]
fn an_absurd_baseline_gives_scores_all_the_same() {
    for rate in ["1e308", "-1e308", "0.0", "5e-324"] {
        let mut conductor = Conductor::auto();
        let baseline = format!(
            r#"{{"version":1,"chat":{rate},"poll":{rate},"active":{rate},"reactions":{rate},"stay":{rate},"calibrated_from":"x","at_ms":1}}"#
        );
        conductor.send("baselines", "workshop_small", T0, &baseline);
        for second in 0..600 {
            let said = format!(r#"{{"kind":"message","user":"u-{}","text":"t"}}"#, second % 7);
            conductor.send("chat", "s", T0 + second * SECOND, said);
        }
        conductor.wait(10 * MINUTE);
        assert_eq!(conductor.scores.len(), 239);
        assert!(conductor.scores.iter().all(|score| (0.0..=1.0).contains(&score.score)), "{rate}");
        assert_eq!(conductor.scores[0].baseline.version, 1);
    }
}
