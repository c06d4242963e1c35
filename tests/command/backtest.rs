//! `conductor backtest` and `conductor calibrate` over made logs.

use std::fs;
use std::path::Path;

use crate::run::{json_lines, refused, succeed};

/// A small log of two sessions, with a broken line, a vote in a poll that never opened, and somebody else's topic.
fn log(folder: &Path) -> String {
    let mut lines = String::new();
    for second in 0..400 {
        let at = 1_700_000_000_000_i64 + second * 1_000;
        for session in ["s-1", "s-2"] {
            let user = second % 7;
            lines.push_str(&format!(
                "{{\"topic\":\"chat\",\"key\":\"{session}\",\"timestamp_ms\":{at},\"value\":{{\"kind\":\"message\",\"user\":\"u-{user}\",\"chars\":9}}}}\n"
            ));
        }
    }
    lines.push_str("{\"topic\":\"chat\",\"key\":\"s-1\",\n");
    lines.push_str("{\"topic\":\"poll\",\"key\":\"s-1\",\"timestamp_ms\":1700000400000,\"value\":{\"kind\":\"voted\",\"poll\":\"p\",\"user\":\"u-1\",\"option\":0}}\n");
    lines.push_str("{\"topic\":\"weather\",\"key\":\"s-1\",\"timestamp_ms\":1700000400000,\"value\":{}}\n");
    let path = folder.join("log.jsonl");
    fs::write(&path, lines).unwrap();
    path.to_string_lossy().into_owned()
}

fn run(folder: &Path, out: &str, more: &[&str]) -> serde_json::Value {
    let log = log(folder);
    let arguments = [&["backtest", "--log", &log, "--out", out, "--json"], more].concat();
    serde_json::from_str(&succeed(folder, &arguments)).unwrap()
}

#[test]
fn two_backtests_give_identical_bytes() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "one", &[]);
    run(folder.path(), "two", &[]);
    for file in ["scores.jsonl", "commands.jsonl", "results.jsonl", "dead-letters.jsonl", "report.html"] {
        let read = |out: &str| fs::read(folder.path().join(out).join(file)).unwrap();
        assert!(read("one") == read("two"), "{file} differs");
    }
}

#[test]
fn sessions_that_end_together_score_alike_on_any_number_of_partitions() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "one", &["--partitions", "1"]);
    run(folder.path(), "six", &["--partitions", "6"]);
    let scores = |out: &str| {
        let text = fs::read_to_string(folder.path().join(out).join("scores.jsonl")).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert!(scores("one").len() > 100);
    assert_eq!(scores("one"), scores("six"));
}

#[test]
fn a_broken_line_is_told_by_file_and_line_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let totals = run(folder.path(), "out", &[]);
    assert_eq!((&totals["lost"], &totals["dead_letters"], &totals["other_topics"]), (&0.into(), &2.into(), &1.into()));
    let letters = json_lines(&folder.path().join("out/dead-letters.jsonl"));
    let reasons: Vec<&str> = letters.iter().map(|letter| letter["reason"].as_str().unwrap()).collect();
    assert!(reasons.iter().any(|reason| reason.contains("log.jsonl") && reason.contains("801")), "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.contains("the poll p never opened")), "{reasons:?}");
}

#[test]
fn what_cannot_work_is_refused_with_the_reason_and_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    let errors = refused(folder.path(), &["backtest", "--log", "missing.jsonl", "--out", "out"]);
    assert!(errors.contains("missing.jsonl"), "{errors}");
    let errors = refused(folder.path(), &["backtest", "--log", &log, "--out", "log.jsonl"]);
    assert!(errors.contains("log.jsonl"), "{errors}");
    let errors = refused(folder.path(), &["backtest", "--log", &log, "--out", "out", "--partitions", "0"]);
    assert!(errors.contains("engine.partitions"), "{errors}");
    let errors = refused(folder.path(), &["backtest", "--log", &log, "--out", "out", "--baselines", "none.jsonl"]);
    assert!(errors.contains("none.jsonl"), "{errors}");
}

#[test]
fn measured_baselines_are_named_on_every_score() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    succeed(folder.path(), &["calibrate", "--log", &log, "--out", "baselines.jsonl"]);
    let baselines = json_lines(&folder.path().join("baselines.jsonl"));
    assert_eq!(baselines[0]["topic"], "baselines");
    let version = &baselines[0]["value"]["version"];
    run(folder.path(), "out", &["--baselines", "baselines.jsonl"]);
    let scores = json_lines(&folder.path().join("out/scores.jsonl"));
    assert!(!scores.is_empty() && scores.iter().all(|score| &score["baseline"]["version"] == version));
}
