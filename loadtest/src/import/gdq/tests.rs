use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use topology::wire::SessionPhase;

use super::*;
use crate::args::To;
use crate::import::read_back::{Record, present, read_back, sample};

fn run(timeseries: &Path, out: &Path) -> Result<Summary, Error> {
    let to = To { out: out.to_owned(), seed: 1, force: false };
    import(&Gdq { timeseries: timeseries.to_owned(), schedule: sample("gdq/agdq2018_schedule.csv"), to })
}

/// The first two hours of the sample (with a gap, empty viewers, newest first): the whole day takes seconds.
fn two_hours(folder: &Path) -> PathBuf {
    let text = std::fs::read_to_string(sample("gdq/agdq2018_timeseries.csv")).unwrap();
    let kept = text.lines().filter(|line| line.starts_with("\"time") || line[..14] <= *"\"2018-01-07 15");
    let path = folder.join("agdq2018_timeseries.csv");
    std::fs::write(&path, kept.collect::<Vec<_>>().join("\n")).unwrap();
    path
}

fn imported(folder: &Path) -> (Vec<Minute>, Vec<Record>, Summary) {
    let (timeseries, out) = (two_hours(folder), folder.join("out.jsonl.zst"));
    let summary = run(&timeseries, &out).unwrap();
    (timeseries::read(&timeseries).unwrap(), read_back(&out), summary)
}

#[test]
fn every_minute_has_the_counts_of_the_source() {
    let folder = tempfile::tempdir().unwrap();
    let (minutes, records, summary) = imported(folder.path());
    let present = present(&records);
    let mut counted: BTreeMap<i64, (u32, u32, usize)> = BTreeMap::new();
    for (record, present) in records.iter().zip(present) {
        let minute = counted.entry(record.at_ms.div_euclid(MINUTE) * MINUTE).or_default();
        match &record.input {
            Input::Chat(_) => minute.0 += 1,
            Input::Reaction(_) => minute.1 += 1,
            _ => {}
        }
        minute.2 = present;
    }
    assert!(minutes.len() > 100 && summary.counts.total() > 10_000, "{summary}");
    for minute in &minutes {
        let expected = (minute.chats, minute.emotes, minute.viewers as usize);
        assert_eq!(counted.get(&minute.at_ms), Some(&expected), "{minute:?}");
    }
    let chats: u64 = minutes.iter().map(|minute| u64::from(minute.chats)).sum();
    assert_eq!(summary.counts.topics.get("chat"), Some(&chats));
    assert!(records.iter().all(|record| record.session == "agdq2018"));
}

#[test]
fn the_same_files_and_seed_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let timeseries = two_hours(folder.path());
    let [one, other] = ["a.jsonl", "b.jsonl"].map(|name| {
        let out = folder.path().join(name);
        run(&timeseries, &out).unwrap();
        std::fs::read(out).unwrap()
    });
    assert_eq!(one, other);
}

#[test]
fn gaps_are_breaks_and_the_start_carries_the_next_phases_of_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let (minutes, records, summary) = imported(folder.path());
    let Input::Session(started) = &records[0].input else { panic!("{:?}", records[0]) };
    assert_eq!(started.schedule.as_ref().unwrap().len(), SCHEDULE_MAX);
    assert!(started.ends_at_ms.unwrap() > minutes[0].at_ms + 6 * 24 * 60 * MINUTE);
    let told: Vec<_> = records
        .iter()
        .filter_map(|record| match &record.input {
            Input::Session(session) => session.phase.map(|phase| (phase, (record.at_ms - minutes[0].at_ms) / MINUTE)),
            _ => None,
        })
        .collect();
    // From 15:40 to 15:42 one minute is missing, from 15:42 to 15:47 four are.
    let (on, off) = (SessionPhase::Middle, SessionPhase::Break);
    assert_eq!(told, [(off, 101), (on, 102), (off, 103), (on, 107)]);
    assert!(summary.notes.contains(&("gaps in the source, told as breaks", 2)));
}

#[test]
fn empty_viewers_keep_the_last_count() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let rows = "time,num_viewers,num_chats,num_emotes\n2018-01-01 00:03:00,7,1,0\n2018-01-01 00:02:00,,1,0\n\
        2018-01-01 00:01:00,5,1,0\n2018-01-01 00:00:00,,1,0\n";
    std::fs::write(&path, rows).unwrap();
    let viewers: Vec<_> = timeseries::read(&path).unwrap().iter().map(|minute| minute.viewers).collect();
    assert_eq!(viewers, [0, 5, 5, 7]);
}

#[test]
fn a_broken_row_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    for (row, expected) in [
        ("2018-01-01 00:01:00,x,1,0", "a.csv:3: `num_viewers` is `x`, expected a whole number from 0 to 1000000"),
        ("2018-01-01 00:01:00,1,,0", "a.csv:3: `num_chats` is ``"),
        ("2018-13-01 00:01:00,1,1,0", "a.csv:3: `time` is `2018-13-01 00:01:00`, expected a time in UTC"),
        ("2018-01-01 00:00:30,1,1,0", "a.csv:3: less than a minute after the row of line 2"),
    ] {
        std::fs::write(&path, format!("time,num_viewers,num_chats,num_emotes\n2018-01-01 00:00:00,1,1,0\n{row}\n"))
            .unwrap();
        let error = run(&path, &folder.path().join("out.jsonl")).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no log");
}
