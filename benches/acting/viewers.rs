//! Who watches sessions: connections to a dashboard over which server-sent events come.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engagement_conductor::clock::Stopwatch;
use loadtest::interrupt::Interrupt;
use serde::Deserialize;
use tokio::runtime::Runtime;

use crate::pace;
use crate::process::Process;

const PATIENCE: Duration = Duration::from_secs(60);

/// One delta, as it came to one viewer.
#[derive(Clone, Debug)]
pub(crate) struct Delta {
    pub(crate) viewer: usize,
    /// Of its points.
    pub(crate) ticks: Vec<i64>,
    /// By the stopwatch.
    pub(crate) at: Duration,
}

#[derive(Default)]
struct Seen {
    /// Viewers who have what was there before.
    snapshots: usize,
    deltas: Vec<Delta>,
    /// Why a connection is no more.
    ended: Option<String>,
}

#[derive(Deserialize)]
struct Event {
    points: Vec<Point>,
}

#[derive(Deserialize)]
struct Point {
    at_ms: i64,
}

/// Dropped, they go.
pub(crate) struct Viewers {
    _runtime: Runtime,
    seen: Arc<Mutex<Seen>>,
}

impl Viewers {
    /// One for each of these sessions; returns when all are there.
    pub(crate) fn open(dashboard: &Process, sessions: &[String], stopwatch: Stopwatch, interrupt: &Interrupt) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let seen = Arc::<Mutex<Seen>>::default();
        let client = reqwest::Client::new();
        for (viewer, session) in sessions.iter().enumerate() {
            let request = client.get(dashboard.url(&format!("/api/sessions/{session}/events")));
            let seen = Arc::clone(&seen);
            runtime.spawn(async move {
                let ended = watch(request, viewer, &seen, stopwatch).await;
                let why =
                    ended.err().map_or_else(|| "the dashboard has ended it".to_owned(), |error| error.to_string());
                seen.lock().unwrap().ended.get_or_insert(why);
            });
        }
        let viewers = Self { _runtime: runtime, seen };
        pace::wait_for("all viewers are there", PATIENCE, interrupt, || {
            (viewers.look(|seen| seen.snapshots) == sessions.len()).then_some(())
        });
        viewers
    }

    /// Waits until each viewer has all these ticks of its session; what it got must be them, once, in their order.
    pub(crate) fn settle(&self, expected: &[Vec<i64>], interrupt: &Interrupt) -> Vec<Delta> {
        let all: usize = expected.iter().map(Vec::len).sum();
        pace::wait_for("everything reaches every viewer", PATIENCE, interrupt, || {
            let points = self.look(|seen| seen.deltas.iter().map(|delta| delta.ticks.len()).sum::<usize>());
            (points >= all).then_some(())
        });
        let deltas = self.look(|seen| seen.deltas.clone());
        let mut found: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
        deltas.iter().for_each(|delta| found.entry(delta.viewer).or_default().extend(&delta.ticks));
        for (viewer, ticks) in expected.iter().enumerate() {
            assert_eq!(found.get(&viewer), Some(ticks), "what viewer {viewer} got is not what was written");
        }
        deltas
    }

    fn look<T>(&self, ask: impl FnOnce(&Seen) -> T) -> T {
        let seen = self.seen.lock().unwrap();
        assert_eq!(seen.ended, None, "somebody can not watch");
        ask(&seen)
    }
}

async fn watch(
    request: reqwest::RequestBuilder,
    viewer: usize,
    seen: &Mutex<Seen>,
    stopwatch: Stopwatch,
) -> reqwest::Result<()> {
    let mut response = request.send().await?.error_for_status()?;
    let mut buffer = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let at = stopwatch.elapsed();
        buffer.extend_from_slice(&chunk);
        // A frame ends with an empty line.
        while let Some(end) = buffer.windows(2).position(|two| two == b"\n\n") {
            let frame: Vec<u8> = buffer.drain(..end + 2).collect();
            take(&String::from_utf8(frame).unwrap(), viewer, at, seen);
        }
    }
    Ok(())
}

fn take(frame: &str, viewer: usize, at: Duration, seen: &Mutex<Seen>) {
    let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    match field("event: ") {
        "snapshot" => seen.lock().unwrap().snapshots += 1,
        "delta" => {
            let event: Event = serde_json::from_str(field("data: ")).unwrap();
            let ticks: Vec<i64> = event.points.iter().map(|point| point.at_ms).collect();
            // Without a point it says where the executor is.
            if !ticks.is_empty() {
                seen.lock().unwrap().deltas.push(Delta { viewer, ticks, at });
            }
        }
        _ => {}
    }
}
