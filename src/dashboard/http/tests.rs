use std::time::Duration;

use cluster::clock::wait_for;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use streams::broker::memory::MemoryBroker;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use topology::wire::{CommandStatus, InterventionCommand, InterventionKind, topics};

use super::*;
use crate::dashboard::testing::{NOW, Stage};
use crate::dashboard::thread::DashboardThread;
use crate::history::store::HistoryStore;
use crate::history::testing::{Told, batch, life};
use crate::report::sample;
use crate::settings::secret::Secret;

const TOKEN: &str = "0123456789abcdef";
const PATIENCE: Duration = Duration::from_secs(20);

/// A dashboard that answers at an address of its own.
struct Door {
    stage: Stage,
    thread: DashboardThread<MemoryBroker>,
    shared: Shared,
    base: String,
    client: Client,
}

impl Door {
    async fn new(viewers: usize) -> Self {
        Self::with(viewers, History::default(), None).await
    }

    async fn with(viewers: usize, history: History, prometheus: Option<PrometheusHandle>) -> Self {
        let stage = Stage::new();
        let (thread, shared, requests) = stage.dashboard();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let clock: Arc<dyn Clock> = Arc::new(stage.clock.clone());
        let served = Served {
            shared: shared.clone(),
            requests,
            guard: Guard::new(vec![("ana".into(), Secret::of(TOKEN))], Vec::new(), true),
            history,
            configuration: json!([{ "key": "kafka.bootstrap_servers", "value": "b:9092", "origin": { "layer": "default" } }]),
            exports: Arc::new(Semaphore::new(1)),
            peers: Peers::new(Vec::new(), Vec::new()).unwrap(),
            viewers: Arc::new(Semaphore::new(viewers)),
            clock: Arc::clone(&clock),
            wall: clock,
            application_id: "app".into(),
            stalled_after_ms: 10_000,
            prometheus,
        };
        tokio::spawn(serve(listener, Arc::new(served), std::future::pending()));
        Self { stage, thread, shared, base, client: Client::new() }
    }

    fn steps(&mut self) {
        for _ in 0..4 {
            self.stage.clock.advance(2_000);
            self.thread.step().unwrap();
        }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    fn post(&self, path: &str, key: &str, body: &Value) -> RequestBuilder {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(TOKEN).json(body);
        request.header("Idempotency-Key", key).header("If-Match", "\"1\"")
    }

    /// Sends it, and lets the thread work until it is answered.
    async fn send(&mut self, request: RequestBuilder) -> (u16, Value) {
        let sent = tokio::spawn(request.send());
        while !sent.is_finished() {
            self.thread.step().unwrap();
            tokio::task::yield_now().await;
        }
        let response = sent.await.unwrap().unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }
}

fn proposed() -> InterventionCommand {
    let proposed = sample::command("s", 5_000, InterventionKind::Poll, CommandStatus::Proposed);
    InterventionCommand { expires_at_ms: NOW + 120_000, ..proposed }
}

fn approve() -> Value {
    json!({ "command": proposed().command, "decision": "approved" })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_does_is_recorded_and_the_second_is_told() {
    let mut served = Door::new(10).await;
    served.stage.write(topics::INTERVENTION_COMMANDS, "s", &proposed());
    served.steps();
    let first = served.post("/api/sessions/s/decisions", "k-1", &approve());
    assert_eq!(served.send(first).await.0, 202);
    let second = served.post("/api/sessions/s/decisions", "k-2", &approve());
    let (status, problem) = served.send(second).await;
    assert_eq!((status, problem["decided_by"].as_str()), (409, Some("ana")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().starts_with("Approved by ana "), "{problem}");
    let again = served.post("/api/sessions/s/decisions", "k-1", &approve());
    assert_eq!(served.send(again).await.0, 202, "the same key is the same request");
    assert_eq!(served.stage.said().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_request_that_is_whole_and_may_act_is_done() {
    let mut served = Door::new(10).await;
    served.stage.write(topics::INTERVENTION_COMMANDS, "s", &proposed());
    served.steps();
    let path = "/api/sessions/s/decisions";
    let whole = |served: &Door| served.post(path, "k-1", &approve());
    let bare = |served: &Door| served.client.post(format!("{}{path}", served.base)).json(&approve());
    let cases = [
        (bare(&served), 401),
        (bare(&served).bearer_auth("wrong"), 401),
        (whole(&served).header("Origin", "https://evil.example"), 403),
        (whole(&served).header("Sec-Fetch-Site", "cross-site"), 403),
        (whole(&served).header("Host", "evil.example"), 403),
        (bare(&served).bearer_auth(TOKEN).header("If-Match", "\"1\""), 400),
        (bare(&served).bearer_auth(TOKEN).header("Idempotency-Key", "k"), 428),
        (bare(&served).bearer_auth(TOKEN).header("Idempotency-Key", "k").header("If-Match", "\"x\""), 400),
        (bare(&served).bearer_auth(TOKEN).header("Idempotency-Key", "k").header("If-Match", "\"9\""), 412),
        (whole(&served).body("{"), 400),
        (served.post(path, "k-2", &json!({ "command": "s:9:9", "decision": "approved" })), 404),
        (served.post(path, "k-3", &json!({ "command": "s", "decision": "perhaps" })), 400),
        (whole(&served).body(vec![b' '; BODY_BYTES_MAX + 1]), 413),
    ];
    for (place, (request, expected)) in cases.into_iter().enumerate() {
        let (status, problem) = served.send(request).await;
        assert_eq!(status, expected, "case {place}: {problem}");
    }
    assert_eq!(served.stage.said().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_begin_with_a_snapshot_and_go_on_where_a_browser_stopped() {
    let mut served = Door::new(10).await;
    served.stage.write(topics::ENGAGEMENT_SCORES, "s", &sample::score("s", 5_000, 0.7));
    served.steps();
    let mut response = served.get("/api/sessions/s/events").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let snapshot = String::from_utf8(response.chunk().await.unwrap().unwrap().to_vec()).unwrap();
    let id = snapshot.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    served.stage.write(topics::ENGAGEMENT_SCORES, "s", &sample::score("s", 10_000, 0.6));
    served.steps();
    let delta = String::from_utf8(response.chunk().await.unwrap().unwrap().to_vec()).unwrap();
    assert!(delta.starts_with("event: delta\n") && delta.contains("\"at_ms\":10000"), "{delta}");
    drop(response);
    let mut again = served.get("/api/sessions/s/events").header("Last-Event-ID", id).send().await.unwrap();
    let missed = String::from_utf8(again.chunk().await.unwrap().unwrap().to_vec()).unwrap();
    assert_eq!(missed, delta, "what was missed, and nothing else");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_look_than_there_is_room_for_and_a_place_is_free_again() {
    let served = Door::new(1).await;
    let first = served.get("/api/sessions/events").send().await.unwrap();
    assert_eq!(first.status(), StatusCode::OK);
    let second = served.get("/api/sessions/s/events").send().await.unwrap();
    assert_eq!(second.status(), StatusCode::SERVICE_UNAVAILABLE);
    drop(first);
    // The server finds out that nobody reads when the connection is closed.
    let ask = || served.get("/api/sessions/s/events").send();
    let let_in = tokio::task::block_in_place(|| {
        wait_for(PATIENCE, || {
            let response = Handle::current().block_on(ask()).unwrap();
            (response.status() == StatusCode::OK).then_some(())
        })
    });
    assert!(let_in.is_some(), "the place is not free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_does_not_read_holds_nobody_up() {
    let served = Door::new(10).await;
    let address = served.base.trim_start_matches("http://").to_owned();
    let mut slow = TcpStream::connect(&address).await.unwrap();
    let request = format!("GET /api/sessions/s/events HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    slow.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 15];
    slow.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    let mut reader = served.get("/api/sessions/s/events").send().await.unwrap();
    // Each frame has four lines, the snapshot too.
    let mut lines = 0;
    for tick in 0..2_000 {
        while lines < 4 * (tick + 1) {
            let chunk = reader.chunk().await.unwrap().unwrap();
            lines += chunk.iter().filter(|byte| **byte == b'\n').count();
        }
        let mut score = sample::score("s", tick as i64 * 5_000, 0.7);
        score.anomaly.reason = Some("x".repeat(20_000).into());
        let mut live = served.shared.live();
        live.view.take_score(&score);
        served.stage.clock.advance(1_000);
        live.publish(Now { session_ms: NOW, wall_ms: served.stage.clock.now_ms() });
    }
    // 40 MB were sent to the one who reads: what waits for the other is 32 frames, and then it is let go.
    assert_eq!(served.shared.live().viewers(), 2);
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).await.unwrap();
    assert!(rest.len() < 20_000_000, "{} bytes waited for a viewer who did not read", rest.len());
    let gone = wait_for(PATIENCE, || (served.shared.live().viewers() == 1).then_some(()));
    assert!(gone.is_some(), "it is held although it has missed frames");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_on_the_page_comes_from_elsewhere_and_no_name_of_others_is_answered() {
    let served = Door::new(10).await;
    for path in ["/", "/s/x", "/ops", "/api/ops", "/api/me"] {
        let response = served.get(path).send().await.unwrap();
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'self';"), "{path}: {policy}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        let other = served.get(path).header("Host", "evil.example").send().await.unwrap();
        assert_eq!(other.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let me: Value = served.get("/api/me").bearer_auth(TOKEN).send().await.unwrap().json().await.unwrap();
    assert_eq!(me, json!({ "actor": "ana", "can_act": true }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_in_force_are_told_to_those_who_may_act() {
    let served = Door::new(10).await;
    let ask = || served.get("/api/ops/configuration");
    assert_eq!(ask().send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let told: Value = ask().bearer_auth(TOKEN).send().await.unwrap().json().await.unwrap();
    assert_eq!(told["settings"][0]["key"], "kafka.bootstrap_servers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dashboard_that_has_read_nothing_yet_is_alive_and_not_ready() {
    let served = Door::new(10).await;
    served.shared.desk().stepped_ms = NOW;
    assert_eq!(served.get("/healthz/live").send().await.unwrap().status(), StatusCode::OK);
    let ready = served.get("/healthz/ready").send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.text().await.unwrap().contains("nothing is read yet"));
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_commands_dead_letters_and_what_is_missing() {
    let mut served = Door::new(10).await;
    served.stage.write(topics::INTERVENTION_COMMANDS, "s", &proposed());
    served.steps();
    let look = |served: &Door| served.get("/api/ops").send();
    let ops: Value = look(&served).await.unwrap().json().await.unwrap();
    assert_eq!(ops["commands"][0]["intervention"]["status"], "proposed");
    assert_eq!(ops["health"][1], json!({ "what": "topics", "ok": false, "detail": "missing: app-dead-letters" }));
    let ready = served.get("/healthz/ready").send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    served.stage.create(&["app-dead-letters"]);
    served.stage.write_bytes("app-dead-letters", "s", "<script>\u{202e}".as_bytes());
    served.steps();
    let ops: Value = look(&served).await.unwrap().json().await.unwrap();
    let value = ops["dead_letters"][0]["value"].as_str().unwrap();
    assert!(value.starts_with("<script>") && !value.contains('\u{202e}'), "{value:?}");
    assert_eq!(served.get("/healthz/ready").send().await.unwrap().status(), StatusCode::OK);
}

/// A history with this in it, and the database that it lies in.
async fn history(records: &[Told]) -> (History, crate::database::testing::Stage) {
    let stage = crate::database::testing::Stage::file();
    let store = HistoryStore::new(stage.open().await);
    store.write(&batch(records, &mut std::collections::BTreeMap::new())).await.unwrap();
    (History::of(store), stage)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_a_session_can_be_taken_along_whole_in_portions() {
    // More ticks than two portions have.
    let mut records = life("s", 0, 1_203);
    records.extend(life("another", 0, 2));
    let (history, _database) = history(&records).await;
    let served = Door::with(10, history, None).await;
    let take = async |path: &str| {
        let response = served.get(path).send().await.unwrap();
        let headers = response.headers().clone();
        (response.status(), headers, response.text().await.unwrap())
    };
    let (status, headers, metrics) = take("/api/sessions/s/export/engagement-metrics.csv").await;
    assert_eq!((status, &headers["content-type"]), (StatusCode::OK, &"text/csv; charset=utf-8".parse().unwrap()));
    assert_eq!(headers["content-disposition"], "attachment; filename=\"s-engagement-metrics.csv\"");
    let mut lines = metrics.lines();
    assert!(lines.next().unwrap().starts_with("session,at_ms,"), "{metrics:.200}");
    let ticks: Vec<i64> = lines.map(|line| line.split(',').nth(1).unwrap().parse().unwrap()).collect();
    assert_eq!(ticks, (0..1_203).map(|tick| 5_000 * tick).collect::<Vec<_>>(), "each tick once, and none is missing");
    let (_, _, interventions) = take("/api/sessions/s/export/interventions.jsonl").await;
    let rows: Vec<Value> = interventions.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((rows.len(), &rows[0]["session"]), (401, &json!("s")));
    let (status, _, summary) = take("/api/sessions/s/summary").await;
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert_eq!((status, &summary["source"], &summary["ticks"]), (StatusCode::OK, &json!("history"), &json!(1_203)));
    let points = summary["points"].as_array().unwrap().len();
    assert!((200..=300).contains(&points), "{points} points");
    assert_eq!(take("/api/sessions/s/export/agent-performance.csv").await.0, StatusCode::NOT_FOUND);
    let (_, _, nobody) = take("/api/sessions/nobody/export/engagement-metrics.jsonl").await;
    assert_eq!(nobody, "");
    let without = Door::new(10).await.get("/api/sessions/s/export/interventions.csv").send().await.unwrap();
    assert_eq!(without.status(), StatusCode::SERVICE_UNAVAILABLE, "what is on the topics is no whole session");
}

/// The names that the document tells of.
fn documented() -> Vec<&'static str> {
    let document = include_str!("../../../docs/dashboard-api.md");
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `engagement_conductor_")?.split('`').next());
    rows.collect()
}

// One thread, so that what is counted goes to the recorder of this test.
#[tokio::test]
async fn every_metric_that_is_documented_is_there_and_counts_what_happens() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _local = metrics::set_default_local_recorder(&recorder);
    super::super::metrics::describe();
    let mut served = Door::with(10, History::default(), Some(handle)).await;
    served.stage.write(topics::INTERVENTION_COMMANDS, "s", &proposed());
    served.stage.write_bytes(topics::ENGAGEMENT_SCORES, "s", b"nonsense");
    served.steps();
    let watching = served.get("/api/sessions/events").send().await.unwrap();
    let path = "/api/sessions/s/decisions";
    for (key, expected) in [("k-1", 202), ("k-2", 409)] {
        let asked = served.post(path, key, &approve());
        assert_eq!(served.send(asked).await.0, expected);
    }
    let stranger = served.client.post(format!("{}/api/sessions/s/paused", served.base)).json(&json!({}));
    assert_eq!(served.send(stranger).await.0, 401);
    let broken = served.post("/api/sessions/s/mode", "k-3", &json!({ "mode": "loud" }));
    assert_eq!(served.send(broken).await.0, 400);
    let text = served.get("/metrics").send().await.unwrap().text().await.unwrap();
    drop(watching);
    let actions = "actions_total{action=";
    let expected = [
        "viewers 1".to_owned(),
        "sessions 1".to_owned(),
        "unreadable_records_total 1".to_owned(),
        format!("{actions}\"decision\",answer=\"recorded\"}} 1"),
        format!("{actions}\"decision\",answer=\"refused\"}} 1"),
        format!("{actions}\"pause\",answer=\"not_admitted\"}} 1"),
        format!("{actions}\"mode\",answer=\"not_understood\"}} 1"),
    ];
    for line in expected.map(|line| format!("engagement_conductor_dashboard_{line}")) {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    let mut told: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE engagement_conductor_")?.split(' ').next()).collect();
    told.sort_unstable();
    let mut documented = documented();
    documented.sort_unstable();
    assert_eq!(told, documented);
}
