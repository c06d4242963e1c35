//! Section `content`: who writes what is said.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::{OutOfRange, check};

/// A language model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ModelSection {
    /// Where it is asked: the whole URL.
    pub url: String,
    /// Which model.
    pub model: String,
    /// The file with the key; nothing: it is not asked.
    pub key_file: String,
    /// What a million tokens cost that it reads, in US dollars; 0: not known.
    pub per_million_in_usd: f64,
    /// What a million tokens cost that it writes, in US dollars; 0: not known.
    pub per_million_out_usd: f64,
}

impl Default for ModelSection {
    fn default() -> Self {
        Self {
            url: String::new(),
            model: String::new(),
            key_file: String::new(),
            per_million_in_usd: 0.0,
            per_million_out_usd: 0.0,
        }
    }
}

/// Section `content`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ContentSection {
    /// In which language models write. Templates are in English.
    pub language: String,
    /// How long the writing of a content may take, all models together; then a template is taken.
    pub deadline_ms: u64,
    /// Whether models may be on a private network, or on this machine.
    pub allow_private_addresses: bool,
    /// Anthropic's Messages. It is asked first.
    pub anthropic: ModelSection,
    /// OpenAI's Chat Completions, or whoever speaks them.
    pub openai: ModelSection,
}

impl Default for ContentSection {
    fn default() -> Self {
        Self {
            language: "English".into(),
            deadline_ms: 2_000,
            allow_private_addresses: false,
            anthropic: ModelSection { url: "https://api.anthropic.com/v1/messages".into(), ..ModelSection::default() },
            openai: ModelSection {
                url: "https://api.openai.com/v1/chat/completions".into(),
                ..ModelSection::default()
            },
        }
    }
}

impl ContentSection {
    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        let fits = !self.language.is_empty() && self.language.len() <= 40 && !self.language.contains('\n');
        check(fits, "content.language", "the name of a language, such as English")?;
        check((100..=20_000).contains(&self.deadline_ms), "content.deadline_ms", "100 to 20000")?;
        for (model, keys) in [
            (
                &self.anthropic,
                ["content.anthropic.url", "content.anthropic.model", "content.anthropic.per_million_in_usd"],
            ),
            (&self.openai, ["content.openai.url", "content.openai.model", "content.openai.per_million_in_usd"]),
        ] {
            let [url, name, price] = keys;
            let is_web = model.url.starts_with("http://") || model.url.starts_with("https://");
            check(
                is_web && !model.url.contains(['@', ' ']),
                url,
                "http:// or https://, the whole URL, without a user",
            )?;
            check(model.key_file.is_empty() || !model.model.is_empty(), name, "the model that is to be asked")?;
            let prices = [model.per_million_in_usd, model.per_million_out_usd];
            check(prices.iter().all(|price| (0.0..1e6).contains(price)), price, "0 or more")?;
        }
        Ok(())
    }
}
