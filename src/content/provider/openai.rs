//! OpenAI's Chat Completions: <https://platform.openai.com/docs/api-reference/chat>.

use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde::Deserialize;
use serde_json::json;

use super::prompt::Prompt;
use super::{Completion, Model, ProviderError, headers};

/// Enough for a poll with its options.
const TOKENS_MAX: u32 = 400;

#[derive(Deserialize)]
struct Response {
    choices: Vec<Choice>,
    usage: Usage,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: i64,
    completion_tokens: i64,
}

/// How it is asked.
pub(super) fn request(model: &Model, prompt: &Prompt) -> Result<(HeaderMap, Vec<u8>), ProviderError> {
    let headers = headers(AUTHORIZATION, &format!("Bearer {}", model.key.expose()))?;
    let body = json!({
        "model": model.name,
        "max_completion_tokens": TOKENS_MAX,
        "response_format": { "type": "json_object" },
        "messages": [
            { "role": "system", "content": prompt.system },
            { "role": "user", "content": prompt.user },
        ],
    });
    Ok((headers, body.to_string().into_bytes()))
}

/// What it answers.
pub(super) fn completion(body: &str) -> Result<Completion, ProviderError> {
    let unusable = |reason: String| ProviderError::Unusable { reason };
    let response: Response = serde_json::from_str(body).map_err(|error| unusable(error.to_string()))?;
    let choice = response.choices.into_iter().next().ok_or_else(|| unusable("it has no choices".to_owned()))?;
    if choice.message.refusal.is_some() || choice.finish_reason.as_deref() == Some("content_filter") {
        return Err(ProviderError::Refused);
    }
    if choice.finish_reason.as_deref() != Some("stop") {
        let reason = choice.finish_reason.unwrap_or_else(|| "nothing".to_owned());
        return Err(unusable(format!("it stopped for {reason}")));
    }
    let text = choice.message.content.ok_or_else(|| unusable("it says nothing".to_owned()))?;
    Ok(Completion { text, tokens_in: response.usage.prompt_tokens, tokens_out: response.usage.completion_tokens })
}
