//! The other processes of the application, asked for how they are: the stream's instances and the executors. Their addresses are the
//! operator's, by setting.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Client;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::live::ExecutorState;

/// How often they are asked.
pub const ASK_EVERY: Duration = Duration::from_secs(2);
/// How long one may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// Tasks that are shown.
const TASKS_MAX: usize = 2_000;

/// A task, as operators look at it. What an instance does not tell is nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PeerTask {
    /// Its name.
    pub task: String,
    /// Active, or standing by.
    pub role: String,
    /// Whether it runs.
    pub state: String,
    /// Records that are not processed yet; nothing: that is not known of one of its inputs.
    pub lag: Option<i64>,
    /// How far event time has come in it, in milliseconds since the epoch.
    pub stream_time_ms: Option<i64>,
    /// The last commit of its thread, in milliseconds since the epoch.
    pub committed_at_ms: Option<i64>,
    /// Why it does not go on; nothing: it does.
    pub blocked: Option<String>,
    /// Offsets of its changelogs that are left to be restored, and how many there were.
    pub restore: Option<[i64; 2]>,
    /// Records of its changelogs that its stores were restored from.
    pub restored: u64,
    /// Why its stores were made anew, if they were.
    pub rebuilt: Option<String>,
    /// Bytes of its stores that are not committed yet.
    pub uncommitted_bytes: u64,
}

/// A stream thread that has gone wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeerTrouble {
    /// Its number.
    pub thread: u64,
    /// How often it was replaced.
    pub replaced: u64,
    /// What went wrong last.
    pub error: Option<String>,
}

/// One instance of the stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PeerView {
    /// Where it is.
    pub url: String,
    /// Whether it says that it is ready.
    pub ready: bool,
    /// Why not.
    pub reasons: Vec<String>,
    /// Its tasks.
    pub tasks: Vec<PeerTask>,
    /// Its threads that have gone wrong.
    pub troubles: Vec<PeerTrouble>,
}

impl PeerView {
    /// Takes in what `/tasks` says.
    fn tell(&mut self, told: &Value) {
        for thread in told.get("threads").and_then(Value::as_array).into_iter().flatten() {
            let committed_at_ms = thread.get("committed_at_ms").and_then(Value::as_i64);
            let number = |name: &str| thread.get(name).and_then(Value::as_u64).unwrap_or_default();
            let error = thread.get("error").and_then(Value::as_str).map(str::to_owned);
            let (thread_number, replaced) = (number("thread"), number("replaced"));
            if error.is_some() || replaced > 0 {
                self.troubles.push(PeerTrouble { thread: thread_number, replaced, error });
            }
            for task in thread.get("tasks").and_then(Value::as_array).into_iter().flatten() {
                let Ok(known) = serde_json::from_value::<PeerTask>(task.clone()) else { continue };
                let room = self.tasks.len() < TASKS_MAX;
                self.tasks.extend(room.then(|| PeerTask { lag: lag(task), committed_at_ms, ..known }));
            }
        }
    }
}

/// That of all inputs of a task.
fn lag(task: &Value) -> Option<i64> {
    let inputs = task.get("inputs").and_then(Value::as_array)?;
    inputs.iter().map(|input| input.get("lag").and_then(Value::as_i64)).sum()
}

/// Where they are, and what they have said.
#[derive(Clone)]
pub struct Peers {
    client: Client,
    streams: Arc<[String]>,
    executors: Arc<[String]>,
    said: Arc<Mutex<Vec<PeerView>>>,
}

impl Peers {
    /// Nobody was asked yet.
    ///
    /// # Errors
    /// What the client says.
    pub fn new(streams: Vec<String>, executors: Vec<String>) -> reqwest::Result<Self> {
        let client = Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { client, streams: streams.into(), executors: executors.into(), said: Arc::default() })
    }

    /// What the stream's instances have said last.
    #[must_use]
    pub fn streams(&self) -> Vec<PeerView> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks everybody; says where the executors are.
    pub async fn ask(&self) -> ExecutorState {
        let mut said = Vec::new();
        for url in self.streams.iter() {
            said.push(self.stream(url).await);
        }
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = said;
        if self.executors.is_empty() {
            return ExecutorState::Unknown;
        }
        for url in self.executors.iter() {
            if self.get(&format!("{url}/healthz/ready")).await.is_ok_and(|(is_ready, _)| is_ready) {
                return ExecutorState::Here;
            }
        }
        ExecutorState::Away
    }

    async fn stream(&self, url: &str) -> PeerView {
        let mut view = PeerView { url: url.to_owned(), ..PeerView::default() };
        match self.get(&format!("{url}/healthz/ready")).await {
            Ok((ready, reasons)) => {
                view.ready = ready;
                let reasons = String::from_utf8_lossy(&reasons).into_owned();
                view.reasons = reasons.lines().filter(|_| !ready).map(str::to_owned).collect();
            }
            Err(error) => view.reasons = vec![format!("it does not answer: {}", error.without_url())],
        }
        if let Ok((true, tasks)) = self.get(&format!("{url}/tasks")).await
            && let Ok(told) = serde_json::from_slice::<Value>(&tasks)
        {
            view.tell(&told);
        }
        view
    }

    /// Whether it answers 200, and the beginning of what it says.
    async fn get(&self, url: &str) -> reqwest::Result<(bool, Vec<u8>)> {
        let mut response = self.client.get(url).send().await?;
        let is_fine = response.status() == reqwest::StatusCode::OK;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > ANSWER_BYTES_MAX {
                break;
            }
        }
        Ok((is_fine, bytes))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(tasks: &Value) -> PeerView {
        let mut view = PeerView::default();
        view.tell(&json!({ "threads": [
            { "thread": 1, "state": "running", "replaced": 2, "error": "the disk is full", "committed_at_ms": 77, "tasks": tasks },
            { "thread": 2, "state": "running", "replaced": 0, "error": null, "committed_at_ms": 78, "tasks": [] },
        ]}));
        view
    }

    #[test]
    fn a_task_has_the_lag_of_all_its_inputs_and_the_commit_of_its_thread() {
        let task = json!({ "task": "0_3", "role": "active", "state": "running", "restored": 12, "uncommitted_bytes": 900, "later": 1,
            "inputs": [{ "topic": "chat", "lag": 3 }, { "topic": "poll", "lag": 4 }] });
        let view = told(&json!([task]));
        let expected = PeerTask {
            task: "0_3".into(),
            role: "active".into(),
            state: "running".into(),
            lag: Some(7),
            committed_at_ms: Some(77),
            restored: 12,
            uncommitted_bytes: 900,
            ..PeerTask::default()
        };
        assert_eq!(view.tasks, [expected]);
        let trouble = PeerTrouble { thread: 1, replaced: 2, error: Some("the disk is full".into()) };
        assert_eq!(view.troubles, [trouble], "of a thread that is well there is nothing to tell");
    }

    #[test]
    fn what_is_not_told_is_not_known_and_what_makes_no_sense_is_left_out() {
        let unknown = json!({ "task": "0_0", "inputs": [{ "lag": 3 }, { "lag": null }] });
        let view = told(&json!([unknown, { "task": 7 }, "nonsense"]));
        assert_eq!((view.tasks.len(), view.tasks[0].lag), (1, None));
        let mut none = PeerView::default();
        none.tell(&json!("nonsense"));
        assert_eq!(none, PeerView::default());
    }
}
