//! Anthropic's Messages: <https://docs.anthropic.com/en/api/messages>, version 2023-06-01.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::json;

use super::prompt::Prompt;
use super::{Completion, Model, ProviderError, headers};

/// Enough for a poll with its options.
const TOKENS_MAX: u32 = 400;

#[derive(Deserialize)]
struct Message {
    content: Vec<Block>,
    stop_reason: Option<String>,
    usage: Usage,
}

#[derive(Deserialize)]
struct Block {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct Usage {
    input_tokens: i64,
    output_tokens: i64,
}

/// How it is asked.
pub(super) fn request(model: &Model, prompt: &Prompt) -> Result<(HeaderMap, Vec<u8>), ProviderError> {
    let mut headers = headers(HeaderName::from_static("x-api-key"), model.key.expose())?;
    headers.insert(HeaderName::from_static("anthropic-version"), HeaderValue::from_static("2023-06-01"));
    let body = json!({
        "model": model.name,
        "max_tokens": TOKENS_MAX,
        "system": prompt.system,
        "messages": [{ "role": "user", "content": prompt.user }],
    });
    Ok((headers, body.to_string().into_bytes()))
}

/// What it answers.
pub(super) fn completion(body: &str) -> Result<Completion, ProviderError> {
    let message: Message =
        serde_json::from_str(body).map_err(|error| ProviderError::Unusable { reason: error.to_string() })?;
    match message.stop_reason.as_deref() {
        Some("end_turn" | "stop_sequence") => {}
        Some("refusal") => return Err(ProviderError::Refused),
        other => {
            return Err(ProviderError::Unusable { reason: format!("it stopped for {}", other.unwrap_or("nothing")) });
        }
    }
    let text = message.content.into_iter().map(|block| block.text).collect();
    Ok(Completion { text, tokens_in: message.usage.input_tokens, tokens_out: message.usage.output_tokens })
}
