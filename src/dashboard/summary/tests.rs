use std::collections::BTreeMap;

use topology::wire::{Mode, topics};

use super::*;
use crate::dashboard::view::{Budget, View};
use crate::database::testing::Stage;
use crate::history::testing::{Told, batch, command_life, life};

/// What a dashboard has read of the same records.
fn view_of(records: &[Told]) -> View {
    let mut view = View::new(Mode::Suggest, Budget { decisions: 6, span_ms: 3_600_000 });
    for (offset, Told { topic, session, value }) in records.iter().enumerate() {
        match *topic {
            topics::ENGAGEMENT_SCORES => view.take_score(&serde_json::from_slice(value).unwrap()),
            topics::INTERVENTION_COMMANDS => {
                view.take_command(&serde_json::from_slice(value).unwrap(), offset as i64);
            }
            topics::INTERVENTION_FEEDBACK => view.take_feedback(session, serde_json::from_slice(value).unwrap()),
            _ => view.take_result(serde_json::from_slice(value).unwrap()),
        }
    }
    view
}

async fn history_of(stage: &Stage, records: &[Told]) -> HistoryStore {
    let store = HistoryStore::new(stage.open().await);
    store.write(&batch(records, &mut BTreeMap::new())).await.unwrap();
    store
}

#[tokio::test]
async fn a_summary_is_the_same_from_the_database_and_from_the_topics() {
    let mut records = life("s", 1_000_000, 60);
    records.extend(life("another", 1_000_000, 3));
    for stage in Stage::both() {
        let store = history_of(&stage, &records).await;
        let kept = of_history(&store, "s".to_owned()).await.unwrap();
        let seen = of_view("s", view_of(&records).get("s"));
        let whole = |summary: &Summary| {
            let mut value = serde_json::to_value(summary).unwrap();
            value["source"] = serde_json::Value::Null;
            // Databases add up in another order.
            value["score_mean"] = ((value["score_mean"].as_f64().unwrap() * 1e9).round()).into();
            value
        };
        assert_eq!((kept.source, seen.source), (Source::History, Source::Topics));
        assert_eq!(whole(&kept), whole(&seen));
        assert_eq!(
            (kept.overview.ticks, kept.overview.score_min, kept.overview.people_max),
            (60, Some(0.35), Some(80))
        );
        assert_eq!((kept.interventions.len(), kept.is_cut), (20, false));
        assert!(kept.interventions.is_sorted_by_key(|line| line.at_ms));
    }
}

#[tokio::test]
async fn what_interventions_were_worth_is_told_against_those_left_alone() {
    let mut records = Vec::new();
    for (number, change) in [0.1, 0.2, 0.3].into_iter().enumerate() {
        records.extend(command_life("s", 5_000 * number as i64, CommandStatus::Approved, change));
    }
    records.extend(command_life("s", 50_000, CommandStatus::HeldOut, 0.02));
    let stage = Stage::file();
    let store = history_of(&stage, &records).await;
    let Worth { measured, change_mean, reward_mean, controls, control_change_mean } =
        of_history(&store, "s".to_owned()).await.unwrap().effect;
    assert_eq!((measured, controls, control_change_mean), (3, 1, Some(0.02)));
    assert!((change_mean.unwrap() - 0.2).abs() < 1e-9, "{change_mean:?}");
    // A sample's reward is its change less 0.03.
    assert!((reward_mean.unwrap() - 0.17).abs() < 1e-9, "{reward_mean:?}");
}

#[tokio::test]
async fn of_a_session_that_nobody_has_heard_of_nothing_is_told() {
    let stage = Stage::file();
    let store = history_of(&stage, &life("s", 0, 3)).await;
    let none = of_history(&store, "t".to_owned()).await.unwrap();
    assert_eq!((none.overview, none.effect), (Overview::default(), Worth::default()));
    assert_eq!(of_view("t", None).overview, Overview::default());
}
