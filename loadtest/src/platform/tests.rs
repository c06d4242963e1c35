use std::sync::mpsc::Receiver;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};

use super::answer::{Did, Platform, Seen, answer};

fn platform(fail_percent: u8) -> (Platform, Receiver<Seen>) {
    let (show, shown) = std::sync::mpsc::sync_channel(1_000);
    (Platform::new(fail_percent, show), shown)
}

fn ask(platform: &Platform, command: &str, content: &str) -> StatusCode {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("idempotency-key", command.parse().unwrap());
    let body = serde_json::json!({ "kind": "POLL", "content": content, "target": { "segment": "EVERYONE" }, "new": 1 });
    let path = Path(("s-1".to_owned(), command.to_owned()));
    runtime.block_on(answer(State(platform.clone()), path, headers, Json(serde_json::from_value(body).unwrap())))
}

#[test]
fn each_key_is_carried_out_once_and_every_call_is_shown() {
    let (platform, shown) = platform(0);
    for command in ["a", "a", "b"] {
        assert_eq!(ask(&platform, command, "How is the pace?\nToo fast\nToo slow"), StatusCode::NO_CONTENT);
    }
    let lines: Vec<String> = shown.try_iter().map(|seen| seen.to_string()).collect();
    let line = "s-1: POLL to EVERYONE: How is the pace? | Too fast | Too slow";
    assert_eq!(
        lines,
        [format!("{line} (carried out)"), format!("{line} (carried out before)"), format!("{line} (carried out)")]
    );
}

#[test]
fn it_fails_as_often_as_it_is_told_to_and_the_same_calls_in_every_run() {
    let run = || {
        let (platform, shown) = platform(30);
        for number in 0..500 {
            ask(&platform, &format!("c-{number}"), "");
        }
        shown.try_iter().map(|seen| seen.did == Did::Failed).collect::<Vec<_>>()
    };
    let failed = run();
    let count = failed.iter().filter(|failed| **failed).count();
    assert!((100..200).contains(&count), "{count} of 500");
    assert_eq!(failed, run());
}

#[test]
fn what_is_shown_can_not_move_the_cursor() {
    let (platform, shown) = platform(0);
    ask(&platform, "a", "one \u{1b}[2J \u{202e} two");
    let line = shown.recv().unwrap().to_string();
    assert!(!line.contains(['\u{1b}', '\u{202e}']) && line.contains("two"), "{line}");
}
