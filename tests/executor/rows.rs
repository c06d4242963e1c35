//! Rows of the history against the records of the topics, value by value and without the code that writes them.

use std::collections::BTreeMap;

use serde_json::Value;
use topology::wire::topics;

use crate::stage::Stage;
use crate::topic::read;

/// A record, in JSON.
struct Record {
    timestamp_ms: i64,
    value: Value,
}

/// What the records of one command say.
#[derive(Default)]
struct Command {
    statuses: Vec<Record>,
    feedback: Option<Value>,
    result: Option<Value>,
}

/// What a score says, in `engagement_metrics`: these of its own fields, and those of its parts.
const SCORE: [&str; 8] = ["session", "at_ms", "score", "score_90s", "core", "core_90s", "band", "people"];
/// What feedback and results say under other names.
const FEEDBACK: [(&str, &str); 9] = [
    ("feedback", "kind"),
    ("feedback_ms", "at_ms"),
    ("attempts", "attempts"),
    ("shown", "content"),
    ("provider", "provider"),
    ("tokens_in", "tokens_in"),
    ("tokens_out", "tokens_out"),
    ("cost_usd", "cost_usd"),
    ("error", "error"),
];
const RESULT: [(&str, &str); 11] = [
    ("outcome", "outcome"),
    ("result_ms", "at_ms"),
    ("started_ms", "started_ms"),
    ("treated", "treated"),
    ("held_out", "held_out"),
    ("waited", "waited"),
    ("score_before", "score_before"),
    ("score_after", "score_after"),
    ("change", "change"),
    ("reward", "reward"),
    ("success", "success"),
];

/// Each score and each command is one row with the same values, and there are no others. Lines are those of all tables.
pub(crate) fn agree(stage: &Stage, lines: &[String]) {
    let rows: Vec<(&str, Value)> = lines.iter().map(|line| (line.as_str(), json(line.as_bytes()))).collect();
    let table = |begin: &'static str| rows.iter().filter(move |(line, _)| line.starts_with(begin)).map(|(_, row)| row);
    metrics_agree(stage, table("{\"session\""));
    interventions_agree(stage, table("{\"command\""));
    let results = records(stage, topics::INTERVENTION_RESULTS);
    for (total, is_counted) in [
        ("results", (|_| true) as fn(&Value) -> bool),
        ("measured", |result| result["outcome"] == "measured"),
        ("successes", |result| result["success"] == true),
    ] {
        let counted = results.iter().filter(|result| is_counted(&result.value)).count() as u64;
        assert_eq!(table("{\"hour_ms\"").map(|row| row[total].as_u64().unwrap()).sum::<u64>(), counted, "{total}");
    }
}

fn metrics_agree<'a>(stage: &Stage, rows: impl Iterator<Item = &'a Value>) {
    let id = |value: &Value| (value["session"].as_str().unwrap().to_owned(), value["at_ms"].as_i64().unwrap());
    let scores = records(stage, topics::ENGAGEMENT_SCORES);
    let count = scores.len();
    let by_tick: BTreeMap<_, _> = scores.into_iter().map(|score| (id(&score.value), score.value)).collect();
    let mut found = 0;
    for row in rows {
        let score = by_tick.get(&id(row)).unwrap_or_else(|| panic!("nobody has told {row}"));
        for (column, value) in row.as_object().unwrap() {
            let told = if SCORE.contains(&column.as_str()) {
                &score[column]
            } else if let Some(of_anomaly) = column.strip_prefix("anomaly_") {
                &score["anomaly"][of_anomaly]
            } else if let Some(term) = column.strip_prefix("term_") {
                &score["terms"][term]
            } else {
                &score["signals"][column]
            };
            same(value, told, column, row);
        }
        found += 1;
    }
    assert_eq!((found, by_tick.len()), (count, count), "rows of engagement_metrics");
}

fn interventions_agree<'a>(stage: &Stage, rows: impl Iterator<Item = &'a Value>) {
    let mut commands = commands(stage);
    for row in rows {
        let id = row["command"].as_str().unwrap();
        let told = commands.remove(id).unwrap_or_else(|| panic!("nobody has told {row}"));
        let last = &told.statuses.last().unwrap().value;
        for column in ["session", "at_ms", "kind", "variant", "mode", "confidence", "propensity", "holdout_probability"]
        {
            same(&row[column], &last[column], column, row);
        }
        for column in ["context_key", "reason", "expires_at_ms", "content", "decided_by", "decided_at_ms", "status"] {
            same(&row[column], &last[column], column, row);
        }
        same(&row["segment"], &last["target"]["segment"], "segment", row);
        same(&row["class"], &last["parameters"]["anomaly"], "class", row);
        for status in ["proposed", "approved", "cancelled", "held_out"] {
            let at = told.statuses.iter().find(|record| record.value["status"] == status);
            let at = at.map_or(Value::Null, |record| record.timestamp_ms.into());
            same(&row[format!("{status}_ms")], &at, status, row);
        }
        for (columns, value) in [(&FEEDBACK[..], &told.feedback), (&RESULT[..], &told.result)] {
            let value = value.as_ref().unwrap_or(&Value::Null);
            columns.iter().for_each(|(column, field)| same(&row[*column], &value[*field], column, row));
        }
    }
    assert!(commands.is_empty(), "no row of interventions for {:?}", commands.keys());
}

fn commands(stage: &Stage) -> BTreeMap<String, Command> {
    let mut commands: BTreeMap<String, Command> = BTreeMap::new();
    let id = |record: &Record| record.value["command"].as_str().unwrap().to_owned();
    for record in records(stage, topics::INTERVENTION_COMMANDS) {
        commands.entry(id(&record)).or_default().statuses.push(record);
    }
    for record in records(stage, topics::INTERVENTION_FEEDBACK) {
        let feedback = &mut commands.entry(id(&record)).or_default().feedback;
        *feedback = Some(record.value);
    }
    for record in records(stage, topics::INTERVENTION_RESULTS) {
        let result = &mut commands.entry(id(&record)).or_default().result;
        *result = Some(record.value);
    }
    commands
}

/// All records of a topic that are committed; those of one key are in their order.
fn records(stage: &Stage, topic: &str) -> Vec<Record> {
    let read = read(&stage.broker(), topic).into_values().flatten();
    read.map(|record| Record { timestamp_ms: record.timestamp_ms, value: json(&record.value.unwrap()) }).collect()
}

fn json(text: &[u8]) -> Value {
    serde_json::from_slice(text).unwrap()
}

/// Whole numbers may be written with a fraction of nothing.
fn same(kept: &Value, told: &Value, column: &str, row: &Value) {
    let is_same = kept == told || (kept.is_number() && kept.as_f64() == told.as_f64());
    assert!(is_same, "{column} is {kept} and was told as {told}: {row}");
}
