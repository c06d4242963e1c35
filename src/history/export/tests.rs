use std::collections::BTreeMap;

use super::*;
use crate::database::testing::Stage;
use crate::history::table::Table;
use crate::history::testing::{batch, life, wanted};

/// What both databases give for two sessions.
async fn exported(table: Table, format: Format) -> String {
    let mut texts = Vec::new();
    for stage in Stage::both() {
        let store = HistoryStore::new(stage.open().await);
        let mut records = life("s,1", 3_600_000, 4);
        records.extend(life("t", 3_600_000, 4));
        store.write(&batch(&records, &mut BTreeMap::new())).await.unwrap();
        let mut text = Vec::new();
        let mut told = 0;
        let rows = export(&store, &wanted(table), format, &mut text, &mut |rows| told = rows).await.unwrap();
        assert_eq!(rows, told);
        texts.push(String::from_utf8(text).unwrap());
    }
    assert_eq!(texts[0], texts[1]);
    texts.swap_remove(0)
}

/// The text of a golden file; `UPDATE_GOLDEN=1` writes it anew.
fn golden(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/history/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap(), "{name}");
}

#[tokio::test]
async fn a_table_of_scores_is_exported_as_csv() {
    golden("engagement-metrics.csv", &exported(Table::EngagementMetrics, Format::Csv).await);
}

#[tokio::test]
async fn a_table_of_interventions_is_exported_as_csv_and_as_json_lines() {
    golden("interventions.csv", &exported(Table::Interventions, Format::Csv).await);
    golden("interventions.jsonl", &exported(Table::Interventions, Format::Jsonl).await);
}

#[tokio::test]
async fn a_table_of_totals_is_exported_as_json_lines() {
    golden("agent-performance.jsonl", &exported(Table::AgentPerformance, Format::Jsonl).await);
}

#[test]
fn a_text_is_quoted_where_it_must_be() {
    for (text, expect) in
        [("plain", "plain"), ("", "\"\""), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("a\nb", "\"a\nb\"")]
    {
        let mut line = String::new();
        csv_text(&mut line, text);
        assert_eq!(line, expect);
    }
}
