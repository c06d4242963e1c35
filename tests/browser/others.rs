//! Those whom an executor talks to: an event platform that keeps what it is asked, and a language model that does whatever somebody in the
//! audience tells it to.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// An intervention that the platform has taken.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) session: String,
    pub(crate) command: String,
    /// What it is to do, as it was sent.
    pub(crate) body: Value,
}

/// Both of them.
pub(crate) struct Others {
    pub(crate) platform_url: String,
    pub(crate) model_url: String,
    asked: Receiver<Asked>,
    /// What the model has read.
    read: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
struct Desk {
    asked: Sender<Asked>,
    read: Arc<Mutex<Vec<String>>>,
}

impl Others {
    pub(crate) fn start(runtime: &Runtime) -> Self {
        let (sender, asked) = channel();
        let desk = Desk { asked: sender, read: Arc::default() };
        let read = Arc::clone(&desk.read);
        let router = Router::new()
            .route("/sessions/{session}/interventions/{command}", post(take))
            .route("/model", post(obey))
            .with_state(desk);
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { model_url: format!("{url}/model"), platform_url: url, asked, read }
    }

    /// What the platform was asked since.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.try_iter().collect()
    }

    /// All that the model has read.
    pub(crate) fn read(&self) -> Vec<String> {
        self.read.lock().unwrap().clone()
    }
}

async fn take(
    State(desk): State<Desk>,
    Path((session, command)): Path<(String, String)>,
    Json(body): Json<Value>,
) -> StatusCode {
    // The world may be over.
    let _ = desk.asked.send(Asked { session, command, body });
    StatusCode::NO_CONTENT
}

/// Says what one of the last messages of the audience says: another one each time.
async fn obey(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    let [rules, material] = [0, 1].map(|place| body["messages"][place]["content"].as_str().unwrap().to_owned());
    let number = {
        let mut read = desk.read.lock().unwrap();
        read.push(material.clone());
        read.len()
    };
    let material: Value = serde_json::from_str(&material).unwrap();
    let messages = material["last_messages_of_the_audience"].as_array().cloned().unwrap_or_default();
    let said = messages.get(number % messages.len().max(1)).cloned().unwrap_or_else(|| json!("What do you think?"));
    let content = match rules.contains("\"question\"") {
        true => json!({ "question": said, "options": ["Yes", "No"] }),
        false => json!({ "content": said }),
    };
    Json(json!({
        "choices": [{ "finish_reason": "stop", "message": { "role": "assistant", "content": content.to_string(), "refusal": null } }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 10 },
    }))
}
