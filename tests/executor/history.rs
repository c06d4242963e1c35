//! What happened, as the topics say it and as the database holds it.

use std::sync::LazyLock;

use cluster::clock::wait_for;
use engagement_conductor::database::Database;
use engagement_conductor::history::batch::{Batch, TOPICS, Watermark};
use engagement_conductor::history::export::{Format, export};
use engagement_conductor::history::store::{HistoryStore, Wanted};
use engagement_conductor::history::table::Table;
use engagement_conductor::registry::known::KnownSchemas;
use streams::broker::TopicPartition;
use tokio::runtime::Runtime;

use crate::instance::Instance;
use crate::stage::{PATIENCE, Stage, now_ms};
use crate::topic::read;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// What the topics say by now, folded at once.
fn told(stage: &Stage) -> Vec<String> {
    let mut batch = Batch::default();
    let schemas = KnownSchemas::new(Box::new(|_| Ok(None)));
    for topic in TOPICS {
        for (number, records) in read(&stage.broker(), topic) {
            records.iter().for_each(|record| batch.take(topic, record, &schemas).unwrap());
            let to = Watermark { topic_id: String::new(), next_offset: 0 };
            batch.reach(&TopicPartition::new(topic, number), None, to);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("told.db").display());
    runtime().block_on(async {
        let store = HistoryStore::new(Database::open(&url, None).await.unwrap());
        store.write(&batch).await.unwrap();
        tables(&store).await
    })
}

/// What the database of the executors holds.
fn kept(stage: &Stage) -> Vec<String> {
    runtime().block_on(async {
        tables(&HistoryStore::new(Database::open(&stage.database_url(), None).await.unwrap())).await
    })
}

/// Waits until all that the topics say is in the database, each record once; returns it as lines of JSON.
pub(crate) fn all_is_kept(stage: &Stage, executors: &mut [Instance]) -> Vec<String> {
    let told = told(stage);
    let mut looks = 0_u32;
    let is_kept = wait_for(PATIENCE, || {
        executors.iter_mut().for_each(Instance::check);
        looks += 1;
        (looks.is_multiple_of(20) && kept(stage) == told).then_some(())
    });
    if is_kept.is_none() {
        let (kept, said) = (kept(stage), executors.iter().map(Instance::said).collect::<String>());
        let missing: Vec<_> = told.iter().filter(|line| !kept.contains(line)).collect();
        let more: Vec<_> = kept.iter().filter(|line| !told.contains(line)).collect();
        panic!("{} missing {:?}; {} more {:?}\n{said}", missing.len(), missing.first(), more.len(), more.first());
    }
    told
}

/// All tables, as lines of JSON.
async fn tables(store: &HistoryStore) -> Vec<String> {
    let mut text = Vec::new();
    for table in [Table::EngagementMetrics, Table::Interventions, Table::AgentPerformance] {
        let wanted = Wanted { table, session: None, since_ms: None, until_ms: None, at_most: None };
        export(store, &wanted, Format::Jsonl, &mut text, &mut |_| ()).await.unwrap();
    }
    String::from_utf8(text).unwrap().lines().map(str::to_owned).collect()
}

/// A score of one of forty sessions, in JSON, with its key.
pub(crate) fn score(number: usize) -> (String, Vec<u8>) {
    // What is older than the retention would be deleted before it is looked at.
    static START_MS: LazyLock<i64> = LazyLock::new(|| now_ms() / 5_000 * 5_000);
    let (session, tick) = (format!("s-{}", number % 40), *START_MS + 5_000 * (number / 40) as i64);
    let score = serde_json::json!({
        "session": session, "at_ms": tick, "score": 0.61, "score_90s": 0.6, "core": 0.6, "core_90s": 0.59, "band": "usual",
        "people": 80, "anomaly": { "score": 0.1, "level": "none", "parts": [] }, "signals": { "chat_per_min": 2.5 },
        "terms": { "chat": 0.7 },
        "baseline": { "version": 1, "chat": 0.1, "poll": 0.5, "active": 0.5, "reactions": 0.1, "stay": 0.1 },
    });
    (session, serde_json::to_vec(&score).unwrap())
}

/// The result of a command, in JSON, with its key.
pub(crate) fn result(command: &[u8]) -> (String, Vec<u8>) {
    let command: serde_json::Value = serde_json::from_slice(command).unwrap();
    let session = command["session"].as_str().unwrap().to_owned();
    let result = serde_json::json!({
        "command": command["command"], "session": session, "at_ms": command["at_ms"].as_i64().unwrap() + 180_000,
        "context_key": command["context_key"], "kind": command["kind"], "propensity": 0.6, "treated": true, "held_out": false,
        "waited": false, "outcome": "measured", "started_ms": command["at_ms"], "score_before": 0.4, "score_after": 0.53,
        "change": 0.13, "reward": 0.1, "success": true, "success_5min": true,
    });
    (session, serde_json::to_vec(&result).unwrap())
}
