//! Section `registry`: where the schemas of framed values are registered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::{OutOfRange, check};

/// Section `registry`. Asked by `conductor schemas`, and by `conductor run` when an output's format is confluent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RegistrySection {
    /// Where it is, with the path below which it speaks Confluent's API if there is one.
    pub url: String,
    /// Whether `conductor run` registers a schema that is missing, under FULL_TRANSITIVE, or refuses to start.
    pub auto_register: bool,
    /// Who asks; nothing: nobody in particular.
    pub user: String,
    /// The file with that user's password.
    pub password_file: String,
    /// How long an answer may take.
    pub request_timeout_ms: u64,
}

impl Default for RegistrySection {
    fn default() -> Self {
        Self {
            url: "http://localhost:8081".into(),
            auto_register: false,
            user: String::new(),
            password_file: String::new(),
            request_timeout_ms: 5_000,
        }
    }
}

impl RegistrySection {
    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        let is_web = self.url.starts_with("http://") || self.url.starts_with("https://");
        check(
            is_web && !self.url.contains(['@', '?', '#', ' ']),
            "registry.url",
            "http:// or https://, host and port, without a user: that is registry.user and registry.password_file",
        )?;
        let named = self.password_file.is_empty() || !self.user.is_empty();
        check(named, "registry.user", "the user whose password stands in registry.password_file")?;
        check((100..=60_000).contains(&self.request_timeout_ms), "registry.request_timeout_ms", "100 to 60000")
    }
}
