use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::import::read_back::{Record, present, read_back};
use crate::truth::Truth;

fn arguments(folder: &Path, name: &str) -> args::Generate {
    args::Generate {
        sessions: 4,
        seed: 3,
        out: folder.join(format!("{name}.jsonl.zst")),
        truth: folder.join(format!("{name}-truth.jsonl")),
        minutes: 40,
        start_ms: args::START_MS + 7,
        stagger_minutes: 5,
        healthy: false,
        force: false,
    }
}

fn truth(arguments: &args::Generate) -> Vec<Truth> {
    let text = std::fs::read_to_string(&arguments.truth).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn by_session(records: Vec<Record>) -> BTreeMap<String, Vec<Record>> {
    let mut sessions: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for record in records {
        sessions.entry(record.session.clone()).or_default().push(record);
    }
    sessions
}

#[test]
fn the_sessions_are_merged_in_order_of_time_and_each_is_as_if_it_were_alone() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = arguments(folder.path(), "a");
    let summary = generate(&arguments).unwrap();
    let records = read_back(&arguments.out);
    assert_eq!(summary.counts.total(), records.len() as u64);
    present(&records);
    let sessions = by_session(records);
    assert_eq!(sessions.len(), 4);
    for (start_ms, number) in starts(&arguments) {
        let plan = plan(&arguments, number, start_ms);
        let mut alone = Vec::new();
        let mut audience = Audience::new(plan.clone(), World::Normal);
        audience.step(i64::MAX, &mut |happening| {
            alone.push((happening.at_ms, simulated::input(&plan, &happening, &Commands::new())));
        });
        let merged: Vec<_> =
            sessions[&format!("s-{number}")].iter().map(|record| (record.at_ms, record.input.clone())).collect();
        assert_eq!(merged, alone);
    }
}

#[test]
fn the_truth_is_the_plans_anomalies() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = args::Generate { sessions: 12, minutes: 30, ..arguments(folder.path(), "a") };
    generate(&arguments).unwrap();
    let expected: Vec<_> = starts(&arguments)
        .into_iter()
        .flat_map(|(start_ms, number)| {
            plan(&arguments, number, start_ms).anomalies.into_iter().map(move |anomaly| Truth {
                session: format!("s-{number}"),
                class: anomaly.class.name().to_owned(),
                onset_ms: anomaly.onset_ms,
                end_ms: anomaly.end_ms,
            })
        })
        .collect();
    assert!(expected.len() > 3, "{expected:?}");
    assert_eq!(truth(&arguments), expected);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |name: &str, seed| {
        let arguments = args::Generate { sessions: 2, minutes: 25, seed, ..arguments(folder.path(), name) };
        generate(&arguments).unwrap();
        (std::fs::read(arguments.out).unwrap(), std::fs::read(arguments.truth).unwrap())
    };
    assert_eq!(bytes("a", 1), bytes("b", 1));
    assert_ne!(bytes("c", 2).0, bytes("d", 1).0);
}

#[test]
fn in_healthy_sessions_nothing_goes_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = args::Generate { healthy: true, minutes: 30, ..arguments(folder.path(), "a") };
    generate(&arguments).unwrap();
    assert_eq!(truth(&arguments), []);
}

#[test]
fn neither_file_is_replaced_unasked_nor_left_half_made() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = arguments(folder.path(), "a");
    std::fs::write(&arguments.truth, "precious").unwrap();
    assert!(matches!(generate(&arguments), Err(Error::Exists { .. })));
    assert_eq!(std::fs::read_to_string(&arguments.truth).unwrap(), "precious");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let same = args::Generate { truth: arguments.out.clone(), ..arguments };
    assert!(matches!(generate(&same), Err(Error::SameFile { .. })));
}

#[test]
fn all_sessions_start_within_the_span_on_whole_seconds_and_the_first_at_once() {
    let arguments = args::Generate { sessions: 500, ..arguments(Path::new("."), "a") };
    let starts = starts(&arguments);
    assert_eq!((starts[0].0, starts.len()), (arguments.start_ms, 500));
    assert!(starts.iter().all(|(start, _)| (start - arguments.start_ms) % STEP == 0));
    let last = starts[499].0 - arguments.start_ms;
    assert!((4 * MINUTE..=5 * MINUTE).contains(&last), "{last}");
}
