use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap as Headers, Method, StatusCode, Uri};
use domain::context::InterventionKind;
use serde_json::{Value, json};
use topology::trace::TraceContext;
use topology::wire::CommandStatus;

use super::*;
use crate::http::HttpSettings;
use crate::http::address::AllowedHosts;
use crate::report::sample;

const NOW: Millis = 1_700_000_000_000;

/// What the platform was sent.
#[derive(Clone, Debug)]
struct Seen {
    method: Method,
    uri: Uri,
    headers: Headers,
    body: Bytes,
}

type Log = Arc<Mutex<Vec<Seen>>>;

/// A platform that carries out whatever it is sent, and its client.
async fn platform(prefix: &str, token: Option<Secret>, signing_secret: Option<Secret>) -> (PlatformClient, Log) {
    let log = Log::default();
    let note = |State(log): State<Log>, method: Method, uri: Uri, headers: Headers, body: Bytes| async move {
        log.lock().unwrap().push(Seen { method, uri, headers, body });
        StatusCode::NO_CONTENT
    };
    let router = Router::new().fallback(note).with_state(Arc::clone(&log));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}{prefix}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let settings = HttpSettings { connect_timeout_ms: 1_000, request_timeout_ms: 5_000 };
    let http = HttpClient::new(settings, AllowedHosts::new(["127.0.0.1".to_owned()], true)).unwrap();
    (PlatformClient::new(http, PlatformSettings { base_url, token, signing_secret }), log)
}

fn secret(text: &str) -> Secret {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Secret::read(file.path()).unwrap()
}

fn header<'a>(seen: &'a Seen, name: &str) -> Option<&'a str> {
    seen.headers.get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_platform_is_sent_what_the_contract_says() {
    let (client, log) = platform("/api/v1/", Some(secret("hunter2\n")), Some(secret("signed"))).await;
    let command = sample::command("s-1", 5_000, InterventionKind::Poll, CommandStatus::Approved);
    let content = Content::parse(command.kind, "How is the pace?\nToo fast\nToo slow").unwrap();
    let body = body(&command, &content).unwrap();
    let trace = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    assert_eq!(client.carry_out("s-1", "s-1:5000:0", body.clone(), trace, NOW).await, Response::Executed);

    let seen = log.lock().unwrap()[0].clone();
    assert_eq!((seen.method.as_str(), seen.uri.path()), ("POST", "/api/v1/sessions/s-1/interventions/s-1:5000:0"));
    assert_eq!(header(&seen, "content-type"), Some("application/json"));
    assert_eq!(header(&seen, "idempotency-key"), Some("s-1:5000:0"));
    assert_eq!(header(&seen, "traceparent"), trace.map(|trace| trace.to_string()).as_deref());
    assert_eq!(header(&seen, "authorization"), Some("Bearer hunter2"));
    let signed =
        signature::Signed { at_ms: NOW, method: "POST", path: seen.uri.path(), key: "s-1:5000:0", body: &seen.body };
    assert_eq!(header(&seen, "signature"), Some(signature::sign(b"signed", &signed).as_str()));
    let sent: Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!(
        sent,
        json!({
            "kind": "POLL",
            "variant": null,
            "target": { "segment": "EVERYONE" },
            "content": "How is the pace?\nToo fast\nToo slow",
            "poll": { "question": "How is the pace?", "options": ["Too fast", "Too slow"] },
            "parameters": {},
        })
    );
    assert!(!format!("{client:?}").contains("hunter2"));
}

#[tokio::test]
async fn an_id_is_one_segment_of_the_path_whatever_is_in_it() {
    let (client, log) = platform("", None, None).await;
    for id in ["a/b", "a/../b", "ü ?#%2F", "a\\b", "a\r\nx-evil: 1", "%2e%2e", "…"] {
        assert_eq!(client.carry_out(id, id, Vec::new(), None, NOW).await, Response::Executed, "{id}");
        let seen = log.lock().unwrap().pop().unwrap();
        let segments: Vec<&str> = seen.uri.path().split('/').skip(1).collect();
        let [sessions, session, interventions, command] = segments[..] else { panic!("{}", seen.uri) };
        assert_eq!((sessions, interventions, seen.uri.query()), ("sessions", "interventions", None), "{id}");
        for segment in [session, command, header(&seen, "idempotency-key").unwrap()] {
            let decoded = percent_encoding::percent_decode_str(segment).decode_utf8().unwrap();
            assert_eq!(decoded, id);
        }
        assert_eq!(header(&seen, "x-evil"), None);
    }
    for id in ["", ".", ".."] {
        assert!(matches!(client.carry_out(id, "c", Vec::new(), None, NOW).await, Response::Failed { .. }), "{id}");
    }
    assert!(log.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_platform_that_is_not_there_may_be_asked_again() {
    let http = HttpClient::new(
        HttpSettings { connect_timeout_ms: 1_000, request_timeout_ms: 1_000 },
        AllowedHosts::new(["127.0.0.1".to_owned()], true),
    )
    .unwrap();
    let base_url = "http://127.0.0.1:1/".parse().unwrap();
    let client = PlatformClient::new(http, PlatformSettings { base_url, token: None, signing_secret: None });
    let response = client.carry_out("s", "c", Vec::new(), None, NOW).await;
    assert!(matches!(&response, Response::Retry { error, after: None } if error.contains("refused")), "{response:?}");
}
