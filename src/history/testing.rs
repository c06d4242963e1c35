//! Topics made up for tests, and what there is in tables.

use std::sync::Arc;

use bytes::Bytes;
use streams::broker::{ConsumerRecord, TopicPartition};
use topology::wire::{
    AnomalyClass, AnomalyLevel, CommandStatus, FeedbackKind, InterventionCommand, InterventionFeedback,
    InterventionKind, InterventionResult, topics,
};

use super::batch::{Batch, Watermark};
use super::export::{Format, export};
use super::store::{HistoryStore, Wanted};
use super::table::Table;
use crate::registry::known::KnownSchemas;
use crate::report::sample;

/// A record: its topic, its session, and its value in JSON.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) topic: &'static str,
    pub(crate) session: String,
    pub(crate) value: Vec<u8>,
}

pub(crate) fn told(topic: &'static str, session: &str, value: &impl serde::Serialize) -> Told {
    Told { topic, session: session.to_owned(), value: serde_json::to_vec(value).unwrap() }
}

/// What a session says in so many ticks from `start_ms` on: a score each, and with every third one a whole life of a command.
pub(crate) fn life(session: &str, start_ms: i64, ticks: usize) -> Vec<Told> {
    let mut all = Vec::new();
    for number in 0..ticks {
        let at_ms = start_ms + 5_000 * number as i64;
        let mut score = sample::score(session, at_ms, 0.5 + 0.001 * number as f64);
        if number % 3 == 0 {
            score = sample::alarm(session, at_ms, AnomalyLevel::Warning, AnomalyClass::SuddenDrop);
            score.signals.chat_per_min = Some(2.5);
            score.terms.chat = Some(0.25);
        }
        all.push(told(topics::ENGAGEMENT_SCORES, session, &score));
        if number % 3 == 0 {
            let status = if number % 2 == 0 { CommandStatus::Approved } else { CommandStatus::HeldOut };
            all.extend(command_life(session, at_ms, status, 0.01 * number as f64 - 0.03));
        }
    }
    all
}

/// A command that ends in this status, its feedback if it was approved, and its result.
pub(crate) fn command_life(session: &str, at_ms: i64, last: CommandStatus, change: f64) -> Vec<Told> {
    let with = |status| {
        let mut command = sample::command(session, at_ms, InterventionKind::Poll, status);
        command.parameters.insert("anomaly".into(), "SUDDEN_DROP".into());
        command
    };
    let mut all = Vec::new();
    let command: InterventionCommand = with(last);
    if last == CommandStatus::Approved {
        all.push(told(topics::INTERVENTION_COMMANDS, session, &with(CommandStatus::Proposed)));
    }
    all.push(told(topics::INTERVENTION_COMMANDS, session, &command));
    if last == CommandStatus::Approved {
        all.push(told(topics::INTERVENTION_FEEDBACK, session, &feedback(&command)));
    }
    let result: InterventionResult = sample::result(&command, change);
    all.push(told(topics::INTERVENTION_RESULTS, session, &result));
    all
}

pub(crate) fn feedback(command: &InterventionCommand) -> InterventionFeedback {
    InterventionFeedback {
        kind: FeedbackKind::Executed,
        id: None,
        command: command.command.clone(),
        at_ms: command.at_ms + 1_500,
        attempts: 2,
        content: Some("How is the pace?\nToo fast, \"much\"".into()),
        provider: Some("templates".into()),
        tokens_in: None,
        tokens_out: None,
        cost_usd: Some(0.0),
        error: None,
    }
}

/// Knows one schema: that of scores, as number 7.
pub(crate) fn schemas() -> KnownSchemas {
    use topology::wire::{EngagementScore, Value as _};
    let known = topology::codec::fingerprint_of(EngagementScore::SCHEMA);
    KnownSchemas::new(Box::new(move |id| Ok(known.filter(|_| id == 7))))
}

pub(crate) fn partition(topic: &str, number: u32) -> TopicPartition {
    TopicPartition::new(topic, number)
}

pub(crate) fn watermark(next_offset: i64) -> Watermark {
    Watermark { topic_id: "t".to_owned(), next_offset }
}

/// The records as a batch of partition 0 of each topic, whose offsets go on from `offsets`.
pub(crate) fn batch(records: &[Told], offsets: &mut std::collections::BTreeMap<&'static str, i64>) -> Batch {
    let mut batch = Batch::default();
    let schemas = schemas();
    for record in records {
        let before = offsets.get(record.topic).copied();
        let next = offsets.entry(record.topic).or_default();
        let consumed = ConsumerRecord {
            offset: *next,
            timestamp_ms: 1_000 + *next,
            key: Some(Bytes::from(record.session.clone())),
            value: Some(Bytes::from(record.value.clone())),
            headers: Vec::new(),
        };
        batch.take(record.topic, &consumed, &schemas).unwrap();
        *next += 1;
        batch.reach(&partition(record.topic, 0), before.map(watermark).as_ref(), watermark(*next));
    }
    batch
}

pub(crate) fn wanted(table: Table) -> Wanted {
    Wanted { table, session: None, since_ms: None, until_ms: None, at_most: None }
}

/// A table as lines of JSON.
pub(crate) async fn table(store: &HistoryStore, table: Table) -> Vec<String> {
    let mut text = Vec::new();
    export(store, &wanted(table), Format::Jsonl, &mut text, &mut |_| ()).await.unwrap();
    String::from_utf8(text).unwrap().lines().map(str::to_owned).collect()
}

/// All tables as lines of JSON.
pub(crate) async fn tables(store: &HistoryStore) -> [Vec<String>; 3] {
    [
        table(store, Table::EngagementMetrics).await,
        table(store, Table::Interventions).await,
        table(store, Table::AgentPerformance).await,
    ]
}

/// The name of a topic as clients look it up.
pub(crate) fn name(topic: &str) -> Arc<str> {
    Arc::from(topic)
}
