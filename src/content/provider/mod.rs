//! Language models that write contents: Anthropic's and OpenAI's, each in its own words. Whatever they write is checked like everything
//! else; where none answers in time, templates do.
//!
//! - [`Chain`]: who is asked, in which order, within one deadline
//! - [`prompt`]: what is asked
//! - [`anthropic`], [`openai`]: how each of them is asked, and answers

pub mod anthropic;
pub mod openai;
pub mod prompt;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use streams::clock::Clock;
use topology::wire::InterventionCommand;

use super::{Content, ContentError, language, repetition, templates};
use crate::http::circuit_breaker::{CircuitBreaker, CircuitBreakerSettings};
use crate::http::{Answer, HttpClient, HttpError};
use crate::settings::secret::Secret;
use prompt::Prompt;

/// What templates are called where the writer of a content is named.
pub const TEMPLATES: &str = "templates";
/// When a model is left alone, and for how long.
const BREAKER: CircuitBreakerSettings = CircuitBreakerSettings { failures: 3, open_ms: 30_000 };
/// The most that is kept of what a provider says.
const WORDS_CHARS_MAX: usize = 200;

/// Whose interface a model is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// Anthropic's Messages.
    Anthropic,
    /// OpenAI's Chat Completions, which others speak, too.
    OpenAi,
}

/// What a provider charges, in US dollars for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// That it reads.
    pub per_million_in_usd: f64,
    /// That it writes.
    pub per_million_out_usd: f64,
}

/// A model, and how it is reached.
#[derive(Clone, Debug)]
pub struct Model {
    /// How it is asked.
    pub interface: Interface,
    /// Where: the whole URL.
    pub url: Url,
    /// Which.
    pub name: String,
    /// What it knows us by.
    pub key: Secret,
    /// What it charges, where that is known.
    pub price: Option<Price>,
    /// Leaves it alone while it is down: each command would wait for it in vain.
    pub breaker: Arc<Mutex<CircuitBreaker>>,
}

impl Model {
    /// A model's breaker, closed.
    #[must_use]
    pub fn breaker() -> Arc<Mutex<CircuitBreaker>> {
        Arc::new(Mutex::new(CircuitBreaker::new(BREAKER)))
    }

    fn lock(&self) -> MutexGuard<'_, CircuitBreaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A content, and what it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The content.
    pub content: Content,
    /// Who wrote it.
    pub provider: String,
    /// Tokens that were read for it, unusable answers of others included.
    pub tokens_in: Option<i64>,
    /// Tokens that were written.
    pub tokens_out: Option<i64>,
    /// What all of it costs, in US dollars.
    pub cost_usd: Option<f64>,
}

impl Written {
    /// What a person wrote.
    #[must_use]
    pub fn by_hand(content: Content) -> Self {
        Self { content, provider: "organiser".to_owned(), tokens_in: None, tokens_out: None, cost_usd: None }
    }
}

/// Why a provider's answer can not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// There is no answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// It has failed several times in a row, and is left alone.
    #[error("it is left alone for {ms} ms more, for it has failed")]
    LeftAlone {
        /// For how long.
        ms: i64,
    },
    /// It took longer than it had.
    #[error("no answer within {ms} ms")]
    Deadline {
        /// How long it had.
        ms: u128,
    },
    /// It says that it can not, now or ever.
    #[error("HTTP {status}: {words}")]
    Status {
        /// The status.
        status: u16,
        /// What came with it, cut.
        words: String,
    },
    /// It does not want to.
    #[error("the model refuses")]
    Refused,
    /// It was cut off, or is not what was asked for.
    #[error("the answer can not be used: {reason}")]
    Unusable {
        /// Why.
        reason: String,
    },
    /// It may not be shown.
    #[error("the answer may not be shown: {0}")]
    Content(#[from] ContentError),
}

impl ProviderError {
    /// Whether the provider is down or overloaded; otherwise it has answered, if not well.
    fn is_outage(&self) -> bool {
        match self {
            Self::Http(_) | Self::Deadline { .. } => true,
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            Self::LeftAlone { .. } | Self::Refused | Self::Unusable { .. } | Self::Content(_) => false,
        }
    }
}

/// What a model has answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// The text.
    pub text: String,
    /// Tokens that it read.
    pub tokens_in: i64,
    /// Tokens that it wrote.
    pub tokens_out: i64,
}

/// What was used of tokens and money by those who were asked in vain.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    tokens_in: Option<i64>,
    tokens_out: Option<i64>,
    cost_usd: Option<f64>,
}

impl Spent {
    fn add(&mut self, completion: &Completion, price: Option<Price>) {
        self.tokens_in = Some(self.tokens_in.unwrap_or(0).saturating_add(completion.tokens_in));
        self.tokens_out = Some(self.tokens_out.unwrap_or(0).saturating_add(completion.tokens_out));
        if let Some(price) = price {
            let cost = (completion.tokens_in as f64 * price.per_million_in_usd
                + completion.tokens_out as f64 * price.per_million_out_usd)
                / 1e6;
            self.cost_usd = Some(self.cost_usd.unwrap_or(0.0) + cost);
        }
    }
}

/// Models in the order in which they are asked, and templates behind them.
pub struct Chain {
    /// The models.
    pub models: Vec<Model>,
    /// Calls them.
    pub http: HttpClient,
    /// For all of them together.
    pub deadline_ms: u64,
    /// In which language they write.
    pub language: String,
    /// For the deadline.
    pub clock: Arc<dyn Clock>,
}

impl Chain {
    /// Writes the content of a command. Nothing where not even a template fits.
    pub async fn write(&self, command: &InterventionCommand) -> Option<Written> {
        let prompt = Prompt::of(command, &self.language);
        let began_ms = self.clock.now_ms();
        let mut spent = Spent::default();
        for (place, model) in self.models.iter().enumerate() {
            let used_ms = self.clock.now_ms().saturating_sub(began_ms).unsigned_abs();
            // Who is slow must leave some of the time to those behind.
            let left = (self.models.len() - place) as u64;
            let share = Duration::from_millis(self.deadline_ms.saturating_sub(used_ms) / left);
            let asked = match self.permit(model) {
                Ok(()) => self.ask(model, &prompt, command, share, &mut spent).await,
                Err(error) => Err(error),
            };
            self.note(model, &asked);
            match asked {
                Ok(content) => return Some(spent.written(content, &model.name)),
                Err(error) => {
                    tracing::warn!(command = %command.command, model = model.name, %error, "a model's answer is not used");
                }
            }
        }
        templates::write(command).map(|content| spent.written(content, TEMPLATES))
    }

    fn permit(&self, model: &Model) -> Result<(), ProviderError> {
        let now_ms = self.clock.now_ms();
        model.lock().permit(now_ms).map_err(|until_ms| ProviderError::LeftAlone { ms: until_ms.saturating_sub(now_ms) })
    }

    fn note(&self, model: &Model, asked: &Result<Content, ProviderError>) {
        match asked {
            Err(ProviderError::LeftAlone { .. }) => {}
            Err(error) if error.is_outage() => model.lock().failed(self.clock.now_ms()),
            _ => model.lock().succeeded(),
        }
    }

    async fn ask(
        &self,
        model: &Model,
        prompt: &Prompt,
        command: &InterventionCommand,
        share: Duration,
        spent: &mut Spent,
    ) -> Result<Content, ProviderError> {
        let (headers, body) = match model.interface {
            Interface::Anthropic => anthropic::request(model, prompt),
            Interface::OpenAi => openai::request(model, prompt),
        }?;
        let asking = tokio::time::timeout(share, self.http.post(model.url.clone(), headers, body));
        let answer = asking.await.map_err(|_| ProviderError::Deadline { ms: share.as_millis() })??;
        if answer.status != 200 {
            return Err(ProviderError::Status { status: answer.status, words: words(&answer) });
        }
        let completion = match model.interface {
            Interface::Anthropic => anthropic::completion(&answer.body),
            Interface::OpenAi => openai::completion(&answer.body),
        }?;
        spent.add(&completion, model.price);
        let text = text_of(&completion.text)?;
        if let Some(words) = repetition::found(&text, command.context.messages.iter().map(|message| &*message.text)) {
            return Err(ContentError::Repeats { words }.into());
        }
        match language::other_than(&self.language, &text) {
            Some(found) => Err(ContentError::Language { found, wanted: self.language.clone() }.into()),
            None => Ok(Content::parse(command.kind, &text)?),
        }
    }
}

impl Spent {
    fn written(self, content: Content, provider: &str) -> Written {
        let Self { tokens_in, tokens_out, cost_usd } = self;
        Written { content, provider: provider.to_owned(), tokens_in, tokens_out, cost_usd }
    }
}

/// What models are told to answer.
#[derive(Deserialize)]
struct Answered {
    content: Option<String>,
    question: Option<String>,
    #[serde(default)]
    options: Vec<String>,
}

/// The text of a content in a model's JSON. Some put a fence around it though they are told not to.
fn text_of(answer: &str) -> Result<String, ProviderError> {
    let unusable = |reason: String| ProviderError::Unusable { reason };
    let object = answer.find('{').zip(answer.rfind('}')).and_then(|(first, last)| answer.get(first..=last));
    let object = object.ok_or_else(|| unusable("it is no JSON object".to_owned()))?;
    let answered: Answered = serde_json::from_str(object).map_err(|error| unusable(error.to_string()))?;
    let lines: Vec<String> = match (answered.content, answered.question) {
        (Some(content), None) => vec![content],
        (None, Some(question)) => std::iter::once(question).chain(answered.options).collect(),
        _ => return Err(unusable("it has neither a content nor a question, or both".to_owned())),
    };
    match lines.iter().any(|line| line.contains('\n')) {
        true => Err(unusable("a line has several lines".to_owned())),
        false => Ok(lines.join("\n")),
    }
}

fn words(answer: &Answer) -> String {
    answer.body.chars().filter(|character| !character.is_control()).take(WORDS_CHARS_MAX).collect()
}

/// The headers of a request with JSON in it, and one with a secret.
fn headers(name: HeaderName, secret: &str) -> Result<HeaderMap, ProviderError> {
    let mut value = HeaderValue::try_from(secret)
        .map_err(|_| ProviderError::Unusable { reason: "the key is not one that a header can carry".to_owned() })?;
    value.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(name, value);
    Ok(headers)
}
