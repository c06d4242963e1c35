//! What operators see: where everything stands, in one look.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;

use super::Served;
use super::problem::Problem;
use crate::admin::text::safe_cut;
use crate::dashboard::live::ExecutorState;
use crate::dashboard::peers::PeerView;
use crate::dashboard::view::card::Card;

/// Commands that are shown.
const COMMANDS_MAX: usize = 200;
/// Characters of a dead letter's value that are shown.
const VALUE_CHARS_MAX: usize = 500;

#[derive(Serialize)]
struct Command {
    session: String,
    intervention: Card,
}

#[derive(Serialize)]
struct DeadLetter {
    at_ms: i64,
    topic: String,
    partition: String,
    offset: String,
    place: String,
    key: Option<String>,
    cause: String,
    value: String,
}

#[derive(Serialize)]
struct Topic {
    topic: &'static str,
    records_per_s: f64,
}

#[derive(Serialize)]
struct Health {
    what: &'static str,
    ok: bool,
    detail: Option<String>,
}

#[derive(Serialize)]
struct Executor {
    state: ExecutorState,
}

#[derive(Serialize)]
pub(super) struct Operators {
    now_ms: i64,
    application_id: String,
    version: &'static str,
    instances: Vec<PeerView>,
    topics: Vec<Topic>,
    commands: Vec<Command>,
    dead_letters: Vec<DeadLetter>,
    executor: Executor,
    viewers: usize,
    health: Vec<Health>,
}

pub(super) async fn look(State(served): State<Arc<Served>>) -> Json<Operators> {
    let (commands, executor, viewers) = {
        let live = served.shared.live();
        (newest(&live.view), live.executor(), live.viewers())
    };
    let peers = served.peers.streams();
    let desk = served.shared.desk();
    let letters = desk.letters.iter().rev().map(|(letter, key, value)| DeadLetter {
        at_ms: letter.timestamp_ms,
        topic: letter.topic.clone(),
        partition: letter.from_partition.clone(),
        offset: letter.from_offset.clone(),
        place: letter.place.to_string(),
        key: key.as_ref().map(ToString::to_string),
        cause: letter.message.clone(),
        value: safe_cut(&String::from_utf8_lossy(value), VALUE_CHARS_MAX),
    });
    let topics =
        desk.growth.iter().map(|(topic, growth)| Topic { topic, records_per_s: growth.records_per_s }).collect();
    let health = vec![
        Health { what: "Kafka", ok: desk.away.is_none(), detail: desk.away.as_ref().map(|(why, _)| why.clone()) },
        Health {
            what: "topics",
            ok: desk.missing.is_empty(),
            detail: (!desk.missing.is_empty()).then(|| format!("missing: {}", desk.missing.join(", "))),
        },
        Health {
            what: "records",
            ok: desk.unreadable == 0,
            detail: (desk.unreadable > 0).then(|| format!("{} could not be read", desk.unreadable)),
        },
        Health {
            what: "database",
            ok: served.history.get().is_some(),
            detail: served.history.get().is_none().then(|| "it is not there yet: an executor makes it".to_owned()),
        },
    ];
    Json(Operators {
        now_ms: served.now().session_ms,
        application_id: served.application_id.clone(),
        version: env!("CARGO_PKG_VERSION"),
        instances: peers,
        topics,
        commands,
        dead_letters: letters.collect(),
        executor: Executor { state: executor },
        viewers,
        health,
    })
}

/// The settings of this dashboard. They tell of other machines: only who may act sees them.
pub(super) async fn configuration(
    State(served): State<Arc<Served>>,
    headers: HeaderMap,
) -> Result<Json<serde_json::Value>, Problem> {
    served.guard.admit(&headers)?;
    Ok(Json(serde_json::json!({ "settings": served.configuration })))
}

/// The newest commands of all sessions.
fn newest(view: &crate::dashboard::view::View) -> Vec<Command> {
    let mut all: Vec<(i64, &str, &Card)> = view
        .sessions()
        .flat_map(|session| session.cards().map(|card| (card.at_ms, session.shown().session.as_str(), card)))
        .collect();
    all.sort_by_key(|(at_ms, ..)| std::cmp::Reverse(*at_ms));
    let newest = all.into_iter().take(COMMANDS_MAX);
    newest.map(|(_, session, card)| Command { session: session.to_owned(), intervention: card.clone() }).collect()
}
