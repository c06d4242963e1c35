//! Real audiences: the samples, imported and run through.

use std::path::Path;

use serde_json::Value;

use crate::run::{import, json_lines, sample, succeed};

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The scores of a log; every one of them a number in [0,1].
fn scores(folder: &Path, log: &Path, out: &str, more: &[&str]) -> Vec<Value> {
    let arguments = [&["backtest", "--log", path(log), "--out", out, "--json"], more].concat();
    let totals: Value = serde_json::from_str(&succeed(folder, &arguments)).unwrap();
    assert_eq!((&totals["lost"], &totals["dead_letters"]), (&0.into(), &0.into()));
    let scores = json_lines(&folder.join(out).join("scores.jsonl"));
    assert!(scores.len() > 100);
    for score in &scores {
        for field in ["score", "score_90s", "core", "core_90s"] {
            let value = score[field].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&value), "{field} {value} at {}", score["at_ms"]);
        }
    }
    scores
}

fn people(score: &Value) -> f64 {
    score["people"].as_f64().unwrap()
}

#[test]
fn every_score_of_a_streams_chat_is_in_range() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("twitch.jsonl");
    import(&["twitch", path(&sample("twitch/northernlion_1087079172.csv")), "--out", path(&log)]);
    scores(folder.path(), &log, "out", &[]);
}

#[test]
fn meetings_of_a_chat_are_not_emptied_by_the_rules_of_presence() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("irc.jsonl");
    import(&["irc", path(&sample("irc")), "--out", path(&log)]);
    let scores = scores(folder.path(), &log, "out", &[]);
    let mean = scores.iter().map(people).sum::<f64>() / scores.len() as f64;
    let empty = scores.iter().filter(|score| people(score) == 0.0).count();
    assert!(mean > 4.0, "{mean} people in the mean");
    assert!(empty * 50 < scores.len(), "{empty} of {} ticks with nobody there", scores.len());
}

/// The first eight hours of the sample, whose newest minute comes first.
fn first_hours(sample: &Path, part: &Path) {
    const MINUTES: usize = 8 * 60;
    let text = std::fs::read_to_string(sample).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let oldest = &lines[lines.len() - MINUTES..];
    std::fs::write(part, format!("{}\n{}\n", lines[0], oldest.join("\n"))).unwrap();
}

#[test]
fn a_marathon_with_its_own_baselines_is_not_in_permanent_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("gdq.jsonl");
    let (series, schedule) = (folder.path().join("series.csv"), sample("gdq/agdq2018_schedule.csv"));
    first_hours(&sample("gdq/agdq2018_timeseries.csv"), &series);
    import(&["gdq", path(&series), "--schedule", path(&schedule), "--out", path(&log)]);
    succeed(folder.path(), &["calibrate", "--log", path(&log), "--out", "baselines.jsonl"]);
    let own = scores(folder.path(), &log, "own", &["--baselines", "baselines.jsonl"]);
    let alarmed = own.iter().filter(|score| score["anomaly"]["level"] != "none").count();
    assert!(alarmed * 10 < own.len(), "{alarmed} of {} ticks at a warning or worse", own.len());
}
