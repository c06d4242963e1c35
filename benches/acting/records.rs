//! What the stream writes, in JSON, with its key: as full as in the middle of a session.

use engagement_conductor::clock::SystemClock;
use serde_json::json;

/// Between two scores of a session.
pub(crate) const TICK_MS: i64 = 5_000;

/// A key and a value.
pub(crate) type Record = (String, Vec<u8>);

/// The tick before now.
pub(crate) fn this_tick_ms() -> i64 {
    SystemClock.now_ms() / TICK_MS * TICK_MS
}

/// A score of a session at a tick.
pub(crate) fn score(session: &str, at_ms: i64) -> Record {
    let value = json!({
        "session": session, "at_ms": at_ms, "score": 0.7, "score_90s": 0.6875, "core": 0.7125, "core_90s": 0.69, "band": "usual",
        "people": 83, "anomaly": { "score": 0.21, "level": "none", "parts": [] },
        "signals": {
            "chat_per_min": 12.4, "reactions_per_min": 8.2, "poll_participation": 0.46, "questions_per_min": 0.6, "join_per_min": 1.2,
            "leave_per_min": 0.8, "active_users": 41, "present_users": 83, "phase": "middle", "elapsed_s": 1260.0,
        },
        "terms": { "chat": 0.72, "poll": 0.66, "active": 0.7, "reactions": 0.71, "stay": 0.74 },
        "baseline": { "version": 1, "chat": 0.1493, "poll": 0.46, "active": 0.5, "reactions": 0.0988, "stay": 0.0096 },
    });
    (session.to_owned(), serde_json::to_vec(&value).unwrap())
}

/// An approved command of a session, decided at a tick, that is written by the templates.
pub(crate) fn command(session: &str, at_ms: i64) -> Record {
    let value = json!({
        "command": format!("{session}:{at_ms}:0"), "session": session, "at_ms": at_ms, "kind": "CHAT_PROMPT",
        "target": { "segment": "EVERYONE" }, "parameters": {}, "confidence": 0.6, "propensity": 0.6,
        "holdout_probability": 0.12, "context_key": "middle_workshop_medium_SUDDEN_DROP",
        "reason": "chat fell to 3.1 a minute, usual are 12.4", "expires_at_ms": at_ms + 600_000, "status": "approved",
        "mode": "auto",
        "policy": { "version": 1, "arms": [], "control_mean": 0.0, "seed_ms": at_ms, "episode_ms": at_ms },
        "context": { "title": "State, and where to keep it", "messages": [] },
    });
    (session.to_owned(), serde_json::to_vec(&value).unwrap())
}
