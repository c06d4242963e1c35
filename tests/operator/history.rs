//! What happened, out of a database.

use std::path::Path;

use bytes::Bytes;
use engagement_conductor::database::Database;
use engagement_conductor::history::batch::{Batch, Watermark};
use engagement_conductor::history::store::HistoryStore;
use engagement_conductor::registry::known::KnownSchemas;
use streams::broker::{ConsumerRecord, TopicPartition};
use topology::wire::topics;

use crate::asked::ask;

const SCORES: i64 = 5_000;

/// Writes scores of one session, a tick each, into `conductor.db`.
fn fill(folder: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let url = format!("sqlite://{}", folder.join("conductor.db").display());
        let store = HistoryStore::new(Database::open(&url, None).await.unwrap());
        let mut batch = Batch::default();
        let schemas = KnownSchemas::new(Box::new(|_| Ok(None)));
        for number in 0..SCORES {
            let value = serde_json::json!({
                "session": "monday", "at_ms": 5_000 * number, "score": 0.7, "score_90s": 0.7, "core": 0.7, "core_90s": 0.7,
                "band": "usual", "people": 80, "anomaly": { "score": 0.0, "level": "none", "parts": [] }, "signals": {},
                "terms": {}, "baseline": {
                    "version": 1, "chat": 0.1, "poll": 0.5, "active": 0.5, "reactions": 0.1, "stay": 0.1,
                },
            });
            let record = ConsumerRecord {
                offset: number,
                timestamp_ms: 0,
                key: Some(Bytes::from_static(b"monday")),
                value: Some(Bytes::from(serde_json::to_vec(&value).unwrap())),
                headers: Vec::new(),
            };
            batch.take(topics::ENGAGEMENT_SCORES, &record, &schemas).unwrap();
        }
        let reached = Watermark { topic_id: "t".to_owned(), next_offset: SCORES };
        batch.reach(&TopicPartition::new(topics::ENGAGEMENT_SCORES, 0), None, reached);
        store.write(&batch).await.unwrap();
    });
}

#[test]
fn a_database_that_is_not_there_is_refused_and_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let export = ["history", "export", "--table", "interventions"];
    let errors = ask(folder.path(), &export).refused(2);
    assert!(errors.contains("there is no database at conductor.db") && errors.contains("--database-url"), "{errors}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something was made");
    // One that is there and has no history in it stays as it is.
    std::fs::write(folder.path().join("conductor.db"), "").unwrap();
    let errors = ask(folder.path(), &export).refused(2);
    assert!(errors.contains("there is no history in this database"), "{errors}");
    assert_eq!(std::fs::metadata(folder.path().join("conductor.db")).unwrap().len(), 0);
    let away = [&export[..], &["--database-url", "postgres://u@127.0.0.1:1/none"]].concat();
    let errors = ask(folder.path(), &away).refused(1);
    assert!(errors.contains("database.url"), "{errors}");
}

#[test]
fn an_export_goes_to_the_standard_output_or_into_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let export = ["history", "export", "--table", "engagement-metrics"];
    let all = ask(folder.path(), &export).done();
    assert_eq!(all.lines().count() as i64, SCORES + 1);
    assert!(all.starts_with("session,at_ms,score,score_90s,"), "{}", &all[..100]);
    assert!(all.lines().nth(2).unwrap().starts_with("monday,5000,0.7,0.7,"));
    // Times as milliseconds and as words, and half-open: the next export begins where this one ends.
    let span = ["--since", "10000", "--until", "1970-01-01T00:00:30Z", "--session", "monday", "--format", "jsonl"];
    let some = ask(folder.path(), &[&export[..], &span].concat()).done();
    assert_eq!(some.lines().count(), 4);
    assert!(some.starts_with(r#"{"session":"monday","at_ms":10000,"#), "{some}");

    let into = [&export[..], &["--out", "scores.csv"]].concat();
    let answer = ask(folder.path(), &into);
    assert!(answer.errors.contains("5000 rows in scores.csv"), "{}", answer.errors);
    assert_eq!(answer.done(), "");
    assert_eq!(std::fs::read_to_string(folder.path().join("scores.csv")).unwrap(), all);
    let errors = ask(folder.path(), &into).refused(2);
    assert!(errors.contains("scores.csv is there already"), "{errors}");
    let nowhere = [&export[..], &["--out", "none/scores.csv"]].concat();
    assert!(ask(folder.path(), &nowhere).refused(2).contains("--out"));
    let totals = ["history", "export", "--table", "agent-performance", "--session", "monday"];
    assert!(ask(folder.path(), &totals).refused(2).contains("leave --session out"));
    let wrong = ask(folder.path(), &[&export[..], &["--since", "yesterday"]].concat());
    assert!(wrong.code == 2 && wrong.errors.contains("milliseconds since 1970"), "{}", wrong.errors);
}
