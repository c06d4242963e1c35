//! One request: whether it is carried out, and what is shown of it.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use domain::random::seed_of;
use serde::Deserialize;
use serde_json::{Value, json};

/// Keys that are remembered; beyond it the lowest is forgotten.
const KEYS_MAX: usize = 100_000;
/// What is shown of a content.
const CONTENT_CHARS_MAX: usize = 500;

/// What is remembered of a key.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    calls: u32,
    is_carried_out: bool,
}

/// What it knows, and where it shows what it is asked.
#[derive(Clone)]
pub(super) struct Platform {
    keys: Arc<Mutex<BTreeMap<String, Known>>>,
    fail_percent: u8,
    show: SyncSender<Seen>,
}

/// What a request asks for, as far as it is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    kind: String,
    content: String,
    target: Target,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Target {
    segment: String,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Did {
    CarriedOut,
    Repeated,
    Failed,
}

impl Did {
    fn words(self) -> &'static str {
        match self {
            Self::CarriedOut => "carried out",
            Self::Repeated => "carried out before",
            Self::Failed => "failed on purpose",
        }
    }
}

/// A request, and what became of it.
#[derive(Debug)]
pub(super) struct Seen {
    session: String,
    command: String,
    asked: Asked,
    pub(super) did: Did,
}

impl Platform {
    pub(super) fn new(fail_percent: u8, show: SyncSender<Seen>) -> Self {
        Self { keys: Arc::default(), fail_percent, show }
    }

    fn carry_out(&self, key: &str) -> Did {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= KEYS_MAX && !keys.contains_key(key) {
            keys.pop_first();
        }
        let known = keys.entry(key.to_owned()).or_default();
        known.calls = known.calls.saturating_add(1);
        if known.is_carried_out {
            return Did::Repeated;
        }
        if seed_of(&[key.as_bytes(), &known.calls.to_le_bytes()]) % 100 < u64::from(self.fail_percent) {
            return Did::Failed;
        }
        known.is_carried_out = true;
        Did::CarriedOut
    }
}

pub(super) async fn answer(
    State(platform): State<Platform>,
    Path((session, command)): Path<(String, String)>,
    headers: HeaderMap,
    Json(asked): Json<Asked>,
) -> StatusCode {
    let Some(key) = headers.get("idempotency-key").and_then(|key| key.to_str().ok()) else {
        return StatusCode::BAD_REQUEST;
    };
    let did = platform.carry_out(key);
    // It is shown from another thread; when that has ended, so has the program.
    let (seen, show) = (Seen { session, command, asked, did }, platform.show);
    let shown = tokio::task::spawn_blocking(move || show.send(seen).is_ok()).await;
    match (did, shown) {
        (Did::CarriedOut | Did::Repeated, Ok(true)) => StatusCode::NO_CONTENT,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl Seen {
    pub(super) fn json(&self) -> Value {
        let Self { session, command, asked, did } = self;
        json!({
            "session": session,
            "command": command,
            "kind": asked.kind,
            "segment": asked.target.segment,
            "content": asked.content,
            "did": did.words(),
        })
    }
}

/// One line. All of it is other people's: nothing in it may move the cursor.
impl Display for Seen {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let plain = |text: &str| text.escape_debug().to_string();
        let content: String = self.asked.content.chars().take(CONTENT_CHARS_MAX).collect();
        let lines: Vec<String> = content.lines().map(plain).collect();
        let (session, kind, segment) =
            (plain(&self.session), plain(&self.asked.kind), plain(&self.asked.target.segment));
        write!(f, "{session}: {kind} to {segment}: {} ({})", lines.join(" | "), self.did.words())
    }
}
