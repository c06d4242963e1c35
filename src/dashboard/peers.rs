//! The other processes of the application, asked for how they are: the stream's instances and the executors. Their addresses are the
//! operator's, by setting.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Client;
use serde::Serialize;
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

/// One instance of the stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PeerView {
    /// Where it is.
    pub url: String,
    /// Whether it says that it is ready.
    pub ready: bool,
    /// Why not.
    pub reasons: Vec<String>,
    /// Its tasks, as it tells them.
    pub tasks: Vec<Value>,
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
            let threads = told.get("threads").and_then(Value::as_array).into_iter().flatten();
            let tasks = threads.filter_map(|thread| thread.get("tasks")?.as_array()).flatten();
            view.tasks = tasks.take(TASKS_MAX).cloned().collect();
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
