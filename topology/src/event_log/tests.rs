use std::io::Write;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::cpu_time::cpu_time;

const HI: &str = r#"{"topic":"chat","key":"s-1","timestamp_ms":5,"value":{"kind":"message","user":"u-7","text":"hi"}}"#;

/// A record that owns its parts: topic, key, timestamp, value.
type Owned = (String, Option<String>, i64, Option<String>);

fn file(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn owned(record: LogRecord<'_>) -> Owned {
    let value = record.value.map(|value| String::from_utf8(value.to_vec()).unwrap());
    (record.topic.to_owned(), record.key.map(str::to_owned), record.timestamp_ms, value)
}

fn read_all<P: AsRef<Path>>(paths: &[P]) -> Vec<Result<Owned, LogError>> {
    let mut reader = EventLogReader::open(paths).unwrap();
    let mut records = Vec::new();
    while let Some(record) = reader.next_record() {
        records.push(record.map(owned));
    }
    records
}

fn write_all(path: &Path, records: &[Owned]) {
    let mut writer = EventLogWriter::create(path).unwrap();
    for (topic, key, timestamp_ms, value) in records {
        let value = value.as_ref().map(String::as_bytes);
        writer.write(&LogRecord { topic, key: key.as_deref(), timestamp_ms: *timestamp_ms, value }).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn a_line_gives_its_topic_key_timestamp_and_value() {
    let folder = TempDir::new().unwrap();
    let log = file(
        &folder,
        "a.jsonl",
        format!("{HI}\r\n\n  \n{{\"topic\":\"policy\",\"key\":null,\"timestamp_ms\":6,\"value\":null,\"new\":1}}"),
    );
    let records: Vec<_> = read_all(&[log]).into_iter().map(Result::unwrap).collect();
    let value = r#"{"kind":"message","user":"u-7","text":"hi"}"#;
    assert_eq!(records[0], ("chat".into(), Some("s-1".into()), 5, Some(value.into())));
    assert_eq!(records[1], ("policy".into(), None, 6, None));
    assert_eq!(records.len(), 2);
}

#[test]
fn what_is_written_reads_like_the_contract() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.jsonl");
    let value = "{\"kind\":\"message\",\n\t\"user\":\"u-7\"}\n";
    write_all(
        &path,
        &[("chat".into(), Some("s \"1\"\n".into()), 5, Some(value.into())), ("policy".into(), None, 5, None)],
    );
    let expected = concat!(
        r#"{"topic":"chat","key":"s \"1\"\n","timestamp_ms":5,"value":{"kind":"message", "#,
        "\t",
        r#""user":"u-7"}}"#,
        "\n",
        r#"{"topic":"policy","key":null,"timestamp_ms":5,"value":null}"#,
        "\n"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
    assert_eq!(read_all(&[path])[0].as_ref().unwrap().1.as_deref(), Some("s \"1\"\n"));
}

#[test]
fn reading_goes_on_after_a_broken_line() {
    let folder = TempDir::new().unwrap();
    let log = file(&folder, "a.jsonl", [HI.as_bytes(), b"\n{\"topic\":\"chat\",\n\xFF\xFE\n", HI.as_bytes()].concat());
    let records = read_all(std::slice::from_ref(&log));
    assert!(records[0].is_ok() && records[3].is_ok() && records.len() == 4);
    let error = records[1].as_ref().unwrap_err();
    assert!(error.to_string().starts_with(&format!("{}:2: not a record: ", log.display())), "{error}");
    let LogError::Line { line: 3, bytes, .. } = records[2].as_ref().unwrap_err() else { panic!("{:?}", records[2]) };
    assert_eq!(bytes, b"\xFF\xFE");
}

#[test]
fn a_line_without_a_value_or_with_a_wrong_type_is_broken() {
    let folder = TempDir::new().unwrap();
    for line in [
        r#"{"topic":"chat","key":"s","timestamp_ms":5}"#,
        r#"{"key":"s","timestamp_ms":5,"value":{}}"#,
        r#"{"topic":"chat","key":7,"timestamp_ms":5,"value":{}}"#,
        r#"{"topic":"chat","key":"s","timestamp_ms":5.5,"value":{}}"#,
        r#"{"topic":"chat","key":"s","timestamp_ms":5,"value":{}} x"#,
        "[]",
    ] {
        assert!(read_all(&[file(&folder, "a.jsonl", line)])[0].is_err(), "{line}");
    }
}

#[test]
fn a_line_beyond_the_limit_is_broken_and_kept_in_part() {
    let folder = TempDir::new().unwrap();
    let long = "x".repeat(2 * LINE_BYTES_MAX);
    let records = read_all(&[file(&folder, "a.jsonl", format!("{HI}\n{long}\n{HI}\n"))]);
    let Err(LogError::Line { line: 2, reason: LineError::TooLong, bytes, .. }) = &records[1] else {
        panic!("not too long")
    };
    assert_eq!(bytes.len(), BROKEN_LINE_BYTES_KEPT);
    assert!(records[2].is_ok() && records.len() == 3);
}

#[test]
fn several_logs_are_merged_by_timestamp_and_ties_keep_the_order_of_the_files() {
    let folder = TempDir::new().unwrap();
    let log = |name: &str, times: &[i64]| {
        let path = folder.path().join(name);
        let records: Vec<Owned> = times.iter().map(|time| (name.into(), None, *time, Some("{}".into()))).collect();
        write_all(&path, &records);
        path
    };
    let logs =
        [log("a.jsonl", &[1, 5, 5, 9]), log("b.jsonl.zst", &[0, 5, 7]), log("c.jsonl", &[]), log("d.jsonl", &[5])];
    let order: Vec<(i64, char)> = read_all(&logs)
        .into_iter()
        .map(|record| record.map(|(topic, _, time, _)| (time, topic.chars().next().unwrap())).unwrap())
        .collect();
    assert_eq!(order, [(0, 'b'), (1, 'a'), (5, 'a'), (5, 'a'), (5, 'b'), (5, 'd'), (7, 'b'), (9, 'a')]);
}

#[test]
fn a_broken_line_of_one_log_does_not_disturb_the_merge_of_the_others() {
    let folder = TempDir::new().unwrap();
    let at = |time: i64| format!("{{\"topic\":\"t\",\"timestamp_ms\":{time},\"value\":{{}}}}\n");
    let first = file(&folder, "a.jsonl", format!("broken\n{}broken\n{}", at(1), at(4)));
    let second = file(&folder, "b.jsonl", format!("{}{}", at(2), at(3)));
    let records = read_all(&[first, second]);
    let times: Vec<i64> = records.iter().filter_map(|record| record.as_ref().ok()).map(|record| record.2).collect();
    assert_eq!(times, [1, 2, 3, 4]);
    assert_eq!(records.len(), 6);
}

#[test]
fn a_log_that_is_missing_no_file_or_unreadable_says_so_with_the_path() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("none.jsonl");
    let error = EventLogReader::open([&missing]).err().unwrap();
    assert!(matches!(error, OpenError::Missing { .. }));
    assert!(error.to_string().contains("none.jsonl`: check the path"), "{error}");
    let error = EventLogReader::open([folder.path()]).err().unwrap();
    assert!(matches!(error, OpenError::NotAFile { .. }), "{error}");
    let error = EventLogWriter::create(&folder.path().join("no/such/a.jsonl")).err().unwrap();
    assert!(error.to_string().contains("check that its directory exists"), "{error}");
}

#[test]
fn a_compressed_log_that_is_none_or_that_was_cut_off_is_an_error_and_an_end() {
    let folder = TempDir::new().unwrap();
    let records = read_all(&[file(&folder, "a.jsonl.zst", HI)]);
    assert!(matches!(records[..], [Err(LogError::Read { line: 0, .. })]), "{records:?}");

    let path = folder.path().join("b.jsonl.zst");
    let value = format!("\"{}\"", "abc".repeat(1000));
    let record = ("chat".to_owned(), None, 1, Some(value));
    write_all(&path, &vec![record; 1000]);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    let records = read_all(&[path]);
    assert!(matches!(records.last(), Some(Err(LogError::Read { .. }))));
    assert!(records.iter().rev().skip(1).all(Result::is_ok));
}

#[test]
fn a_record_before_its_predecessor_is_refused_naming_both_and_writing_goes_on() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.jsonl");
    let mut writer = EventLogWriter::create(&path).unwrap();
    let record = |timestamp_ms| LogRecord { topic: "chat", key: None, timestamp_ms, value: Some(b"{}") };
    writer.write(&record(10)).unwrap();
    let error = writer.write(&record(9)).unwrap_err().to_string();
    assert!(error.contains("timestamp 9 is before 10"), "{error}");
    let error = writer.write(&LogRecord { value: Some(b"{nope"), ..record(11) }).unwrap_err();
    assert!(matches!(error, WriteError::Value { .. }), "{error}");
    writer.write(&record(10)).unwrap();
    writer.finish().unwrap();
    assert_eq!(read_all(&[path]).len(), 2);
}

#[test]
fn a_log_in_order_of_arrival_is_read_as_it_was_written() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.jsonl");
    let mut writer = EventLogWriter::create(&path).unwrap().in_order_of_arrival();
    for timestamp_ms in [10, 9, 12, 1] {
        writer.write(&LogRecord { topic: "chat", key: None, timestamp_ms, value: Some(b"{}") }).unwrap();
    }
    writer.finish().unwrap();
    let times: Vec<i64> = read_all(&[path]).into_iter().map(|record| record.unwrap().2).collect();
    assert_eq!(times, [10, 9, 12, 1]);
}

#[test]
fn a_record_that_nobody_could_read_is_not_written() {
    let folder = TempDir::new().unwrap();
    let mut writer = EventLogWriter::create(&folder.path().join("a.jsonl")).unwrap();
    let value = format!("\"{}\"", "x".repeat(LINE_BYTES_MAX));
    let record = LogRecord { topic: "chat", key: None, timestamp_ms: 1, value: Some(value.as_bytes()) };
    assert!(matches!(writer.write(&record), Err(WriteError::TooLong { .. })));
}

#[test]
fn progress_goes_from_nothing_to_the_size_of_the_files() {
    let folder = TempDir::new().unwrap();
    let (plain, compressed) = (folder.path().join("a.jsonl"), folder.path().join("b.jsonl.zst"));
    let records: Vec<Owned> = (0..1000).map(|time| ("chat".into(), None, time, Some("{}".into()))).collect();
    write_all(&plain, &records);
    write_all(&compressed, &records);
    let size = std::fs::metadata(&plain).unwrap().len() + std::fs::metadata(&compressed).unwrap().len();
    let mut reader = EventLogReader::open([&plain, &compressed]).unwrap();
    assert_eq!((reader.bytes_read(), reader.bytes_total()), (0, size));
    while let Some(record) = reader.next_record() {
        record.unwrap();
    }
    assert_eq!(reader.bytes_read(), size);
}

fn any_record() -> impl Strategy<Value = Owned> {
    let value = prop_oneof![
        Just(None),
        "[a-z \"\\\\\n🎉]{0,40}".prop_map(|text| Some(serde_json::to_string(&text).unwrap())),
        Just(Some(r#"{"kind":"message","user":"u-7"}"#.to_owned())),
    ];
    ("[a-z-]{1,10}", prop::option::of("[a-z\"\\\\\n🎉]{0,30}"), 0i64..1000, value)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_is_read_and_the_same_records_give_the_same_bytes(mut records in prop::collection::vec(any_record(), 0..50)) {
        records.sort_by_key(|record| record.2);
        let folder = TempDir::new().unwrap();
        for name in ["a.jsonl", "a.jsonl.zst"] {
            let (path, again) = (folder.path().join(name), folder.path().join(format!("again-{name}")));
            write_all(&path, &records);
            write_all(&again, &records);
            prop_assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(&again).unwrap());
            let read: Vec<Owned> = read_all(&[path]).into_iter().map(Result::unwrap).collect();
            prop_assert_eq!(&read, &records);
        }
    }

    #[test]
    fn a_log_of_garbage_is_never_a_panic(garbage in prop::collection::vec(any::<u8>(), 0..500)) {
        let folder = TempDir::new().unwrap();
        for name in ["a.jsonl", "a.jsonl.zst"] {
            for record in read_all(&[file(&folder, name, &garbage)]) {
                prop_assert!(record.is_err());
            }
        }
    }
}

/// Prints what a line costs; asserts nothing, since machines differ.
#[test]
fn speed_of_a_line() {
    let folder = TempDir::new().unwrap();
    let lines = 100_000u32;
    let path = folder.path().join("a.jsonl");
    let mut plain = std::fs::File::create(&path).unwrap();
    plain.write_all(format!("{HI}\n").repeat(lines as usize).as_bytes()).unwrap();
    let compressed = folder.path().join("a.jsonl.zst");
    let mut writer = EventLogWriter::create(&compressed).unwrap();
    let mut reader = EventLogReader::open([&path]).unwrap();
    let started = cpu_time();
    while let Some(record) = reader.next_record() {
        writer.write(&record.unwrap()).unwrap();
    }
    writer.finish().unwrap();
    println!("read and write compressed: {:?} a line", (cpu_time() - started) / lines);
    for (name, logs) in [("plain", vec![&path]), ("compressed", vec![&compressed]), ("two", vec![&path, &compressed])] {
        let mut reader = EventLogReader::open(&logs).unwrap();
        let started = cpu_time();
        let mut count = 0u32;
        while let Some(record) = reader.next_record() {
            std::hint::black_box(record.unwrap());
            count += 1;
        }
        println!("{name}: {:?} a line of {} bytes", (cpu_time() - started) / count, HI.len() + 1);
    }
}
