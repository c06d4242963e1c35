use std::collections::BTreeMap;

use topology::wire::{CommandStatus, InterventionKind, topics};

use super::super::batch::Batch;
use super::super::table::Table;
use super::super::testing::{
    Told, batch, command_life, feedback, life, partition, table, tables, told, wanted, watermark,
};
use super::*;
use crate::database::testing::Stage;
use crate::report::sample;

async fn store(stage: &Stage) -> HistoryStore {
    HistoryStore::new(stage.open().await)
}

/// Writes the records in portions of so many.
async fn write_all(store: &HistoryStore, records: &[Told], portion: usize) {
    let mut offsets = BTreeMap::new();
    for records in records.chunks(portion) {
        store.write(&batch(records, &mut offsets)).await.unwrap();
    }
}

/// A new database with these records.
async fn tables_of(records: &[Told], portion: usize) -> [Vec<String>; 3] {
    let stage = Stage::file();
    let store = store(&stage).await;
    write_all(&store, records, portion).await;
    tables(&store).await
}

/// The records as some interleaving of their topics, each in its order.
fn interleaved(records: &[Told], seed: u64) -> Vec<Told> {
    let mut topics: BTreeMap<&str, Vec<Told>> = BTreeMap::new();
    for record in records.iter().rev() {
        topics.entry(record.topic).or_default().push(record.clone());
    }
    let mut topics: Vec<Vec<Told>> = topics.into_values().collect();
    let mut random = domain::random::seed_of(&[&seed.to_le_bytes()]);
    let mut mixed = Vec::new();
    while !topics.is_empty() {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let place = (random >> 33) as usize % topics.len();
        mixed.extend(topics[place].pop());
        topics.retain(|topic| !topic.is_empty());
    }
    mixed
}

#[tokio::test]
async fn both_databases_hold_the_same_rows_and_a_repeated_tick_replaces() {
    let mut records = life("a", 1_000_000, 20);
    records.extend(life("b", 1_000_000, 20));
    let mut again = sample::score("a", 1_005_000, 0.9);
    again.signals.poll_participation = Some(0.5);
    records.push(told(topics::ENGAGEMENT_SCORES, "a", &again));
    let mut found = Vec::new();
    for stage in Stage::both() {
        let store = store(&stage).await;
        write_all(&store, &records, 17).await;
        found.push(tables(&store).await);
    }
    let [file, server] = <[_; 2]>::try_from(found).unwrap();
    assert_eq!(file, server);
    let [metrics, interventions, performance] = file;
    assert_eq!((metrics.len(), interventions.len(), performance.len()), (40, 14, 2));
    let replaced = metrics.iter().find(|line| line.starts_with(r#"{"session":"a","at_ms":1005000,"score":0.9,"#));
    assert!(replaced.is_some_and(|line| line.contains(r#""poll_participation":0.5"#)), "{metrics:#?}");
}

#[tokio::test]
async fn rows_are_the_same_whatever_the_interleaving_of_the_topics_and_the_portions() {
    let mut records = life("a", 1_000_000, 12);
    records.extend(life("b", 1_000_000, 6));
    // What at least once brings twice, and what only one topic has kept.
    records.extend(command_life("a", 1_000_000, CommandStatus::Approved, 0.7));
    let lone = sample::command("c", 5_000, InterventionKind::Nudge, CommandStatus::Approved);
    records.push(told(topics::INTERVENTION_FEEDBACK, "c", &feedback(&lone)));
    let mut lone = sample::result(&sample::command("d", 5_000, InterventionKind::Nudge, CommandStatus::HeldOut), 0.1);
    lone.variant = Some("v".into());
    records.push(told(topics::INTERVENTION_RESULTS, "d", &lone));
    // Topics that contradict each other.
    let mut odd = sample::command("e", 5_000, InterventionKind::Poll, CommandStatus::Approved);
    records.push(told(topics::INTERVENTION_FEEDBACK, "e2", &feedback(&odd)));
    let mut other = sample::result(&odd, 0.1);
    (other.session, other.variant) = ("e3".into(), Some("v".into()));
    records.push(told(topics::INTERVENTION_RESULTS, "e", &other));
    odd.variant = None;
    records.push(told(topics::INTERVENTION_COMMANDS, "e", &odd));
    // The time of a record depends on its offset here, so it is the same in all interleavings.
    let expect = tables_of(&records, records.len()).await;
    for seed in 0..60 {
        let portion = 1 + (seed as usize * 7) % 40;
        assert_eq!(tables_of(&interleaved(&records, seed), portion).await, expect, "seed {seed}");
    }
    let [_, interventions, performance] = expect;
    let results: i64 = performance
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["results"].as_i64().unwrap())
        .sum();
    assert_eq!((interventions.len(), results), (9, 8), "{interventions:#?}");
}

#[tokio::test]
async fn a_batch_that_another_has_overtaken_writes_nothing() {
    for stage in Stage::both() {
        let (one, two) = (store(&stage).await, store(&stage).await);
        let (mut offsets, records) = (BTreeMap::new(), life("a", 0, 9));
        let first = batch(&records[..10], &mut offsets);
        let second = batch(&records[10..], &mut offsets);
        assert_eq!(one.write(&first).await.unwrap().scores, 4);
        let before = tables(&one).await;
        // Again, from the start; and a batch of which one partition alone is old.
        assert!(matches!(two.write(&first).await, Err(WriteError::Overtaken(_))));
        let mut mixed = second.clone();
        mixed.reach(&partition("another", 0), None, watermark(3));
        assert!(two.write(&second).await.is_ok());
        let after = tables(&one).await;
        assert!(matches!(one.write(&mixed).await, Err(WriteError::Overtaken(_))));
        assert_eq!(tables(&two).await, after);
        assert_ne!(before, after);
        let found = one.watermarks(&[partition(topics::ENGAGEMENT_SCORES, 0), partition("another", 0)]).await.unwrap();
        assert_eq!(found, [Some(watermark(9)), None]);
        // A topic of the same name is another one.
        let mut anew = Batch::default();
        let other = super::super::batch::Watermark { topic_id: "u".to_owned(), next_offset: 1 };
        anew.reach(&partition(topics::ENGAGEMENT_SCORES, 0), Some(&watermark(9)), other.clone());
        one.write(&anew).await.unwrap();
        assert!(matches!(one.write(&anew).await, Err(WriteError::Overtaken(_))));
        assert_eq!(two.watermarks(&[partition(topics::ENGAGEMENT_SCORES, 0)]).await.unwrap(), [Some(other)]);
    }
}

#[tokio::test]
async fn of_many_who_write_the_same_at_once_one_has_written() {
    for stage in Stage::both() {
        let mut offsets = BTreeMap::new();
        let batch = batch(&life("a", 0, 30), &mut offsets);
        let mut working = Vec::new();
        for _ in 0..6 {
            let (store, batch) = (store(&stage).await, batch.clone());
            working.push(tokio::spawn(async move { store.write(&batch).await }));
        }
        let mut written = 0;
        for one in working {
            match one.await.unwrap() {
                Ok(_) => written += 1,
                Err(error) => assert!(matches!(error, WriteError::Overtaken(_)), "{error}"),
            }
        }
        assert_eq!(written, 1);
        let [_, _, performance] = tables(&store(&stage).await).await;
        let results: i64 = performance
            .iter()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["results"].as_i64().unwrap())
            .sum();
        assert_eq!(results, 10);
    }
}

#[tokio::test]
async fn points_are_thinned_to_the_last_of_each_step() {
    for stage in Stage::both() {
        let store = store(&stage).await;
        write_all(&store, &life("a", 0, 60), 1_000).await;
        let all = store.points("a", 0, 295_000, 2_000).await.unwrap();
        assert_eq!((all.points.len(), all.step_ms), (60, 5_000));
        let point = serde_json::to_string(&all.points[0]).unwrap();
        let expect = r#"{"at_ms":0,"score":0.35,"score_90s":0.35,"level":"warning","class":"SUDDEN_DROP","people":80,"chat":2.5,"reactions":null,"poll":null,"leave":null}"#;
        assert_eq!(point, expect);
        let few = store.points("a", i64::MIN, i64::MAX, 20).await.unwrap();
        let at: Vec<i64> = few.points.iter().map(|point| point.at_ms).collect();
        assert_eq!((few.step_ms, &at[..3], at.last()), (15_000, &[10_000, 25_000, 40_000][..], Some(&295_000)));
        assert_eq!(store.points("a", 10_000, 20_000, 20).await.unwrap().points.len(), 3);
        assert_eq!(store.points("b", 0, 20_000, 20).await.unwrap().points, []);
    }
}

#[tokio::test]
async fn interventions_and_performance_are_told_the_newest_first() {
    for stage in Stage::both() {
        let store = store(&stage).await;
        write_all(&store, &life("a", 0, 9), 1_000).await;
        let found = store.interventions("a", 2).await.unwrap();
        let [newest, older] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((newest.command.as_str(), older.command.as_str()), ("a:30000:0", "a:15000:0"));
        assert_eq!((newest.status.as_deref(), newest.feedback.as_deref()), (Some("approved"), Some("executed")));
        assert_eq!(
            (newest.class.as_deref(), newest.treated, newest.held_out),
            (Some("SUDDEN_DROP"), Some(true), Some(false))
        );
        assert_eq!((older.status.as_deref(), older.feedback.as_deref()), (Some("held_out"), None));
        assert!(newest.proposed_ms < newest.approved_ms && newest.held_out_ms.is_none());
        let performance = store.performance(0, 10).await.unwrap();
        let [control, treated] = performance.as_slice() else { panic!("{performance:?}") };
        assert_eq!((control.held_out, control.results, treated.results), (true, 1, 2));
        assert_eq!((treated.change_sum, treated.reward_sum), (0.0, -0.06));
        assert_eq!(store.performance(3_600_000, 10).await.unwrap(), []);
    }
}

#[tokio::test]
async fn what_is_old_is_deleted_in_bounded_portions() {
    for stage in Stage::both() {
        let store = store(&stage).await;
        let mut records = life("a", 0, 9);
        records.extend(life("a", 10_000_000, 9));
        write_all(&store, &records, 1_000).await;
        let first = store.prune(9_000_000, 5).await.unwrap();
        assert_eq!((first.rows, first.is_more), (5 + 3 + 2, true));
        assert_eq!(store.prune(9_000_000, 5).await.unwrap(), Pruned { rows: 4, is_more: false });
        assert_eq!(store.prune(9_000_000, 5).await.unwrap(), Pruned::default());
        let [metrics, interventions, performance] = tables(&store).await;
        assert_eq!((metrics.len(), interventions.len(), performance.len()), (9, 3, 2));
        // The watermarks stay.
        let found = store.watermarks(&[partition(topics::ENGAGEMENT_SCORES, 0)]).await.unwrap();
        assert_eq!(found, [Some(watermark(18))]);
    }
}

#[tokio::test]
async fn an_export_is_of_one_session_and_one_span() {
    for stage in Stage::both() {
        let store = store(&stage).await;
        let mut records = life("a", 0, 9);
        records.extend(life("b", 0, 9));
        write_all(&store, &records, 1_000).await;
        for (table, session, since_ms, until_ms, expect) in [
            (Table::EngagementMetrics, None, None, None, 18),
            (Table::EngagementMetrics, Some("a"), Some(5_000), Some(15_000), 2),
            (Table::Interventions, Some("b"), Some(15_000), None, 2),
            (Table::Interventions, None, None, Some(15_000), 2),
            (Table::AgentPerformance, None, Some(0), Some(1), 2),
            (Table::AgentPerformance, None, Some(1), None, 0),
        ] {
            let wanted = Wanted { session: session.map(str::to_owned), since_ms, until_ms, ..wanted(table) };
            let mut rows = 0;
            let take = |_| {
                rows += 1;
                Ok::<(), sqlx::Error>(())
            };
            store.export(&wanted, take).await.unwrap();
            assert_eq!((rows, store.count(&wanted).await.unwrap()), (expect, expect), "{wanted:?}");
        }
        assert_eq!(table(&store, Table::Interventions).await.len(), 6);
    }
}
