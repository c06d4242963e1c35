//! Sections `executor` and `database`: who carries commands out, and what survives a kill of the one who lets them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::{OutOfRange, check};
use super::secret::Secret;
use crate::failure::Failure;

/// Section `executor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExecutorSection {
    /// Where the event platform is, with the path below which its own begin; its host is the only one that is called.
    pub platform_url: String,
    /// Whether the platform may be on a private network, or on this machine.
    pub allow_private_addresses: bool,
    /// The file with the token that requests carry; nothing: they carry none.
    pub token_file: String,
    /// The file with the secret that requests are signed with; nothing: they are not signed.
    pub signing_secret_file: String,
    /// Where health and metrics are shown; nobody beyond this machine sees them unless this says so.
    pub listen: String,
    /// Calls that are under way at once.
    pub calls_max: u32,
    /// Calls per second that the platform is asked to bear; 0: as many as come.
    pub calls_per_s_max: u32,
    /// How long a connection may take.
    pub connect_timeout_ms: u64,
    /// How long a call may take, connection included.
    pub request_timeout_ms: u64,
    /// A platform that has failed so often in a row is left alone.
    pub breaker_failures: u32,
    /// And for so long.
    pub breaker_open_ms: u64,
    /// How often what happened is committed.
    pub commit_interval_ms: u64,
}

impl Default for ExecutorSection {
    fn default() -> Self {
        Self {
            platform_url: String::new(),
            allow_private_addresses: false,
            token_file: String::new(),
            signing_secret_file: String::new(),
            listen: "127.0.0.1:8091".into(),
            calls_max: 64,
            calls_per_s_max: 100,
            connect_timeout_ms: 1_000,
            request_timeout_ms: 3_000,
            breaker_failures: 5,
            breaker_open_ms: 10_000,
            commit_interval_ms: 50,
        }
    }
}

impl ExecutorSection {
    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        let is_web = self.platform_url.starts_with("http://") || self.platform_url.starts_with("https://");
        check(
            self.platform_url.is_empty() || (is_web && !self.platform_url.contains(['@', '?', '#', ' '])),
            "executor.platform_url",
            "http:// or https://, host, port and path, without a user: what it knows you by is executor.token_file",
        )?;
        let is_address = self.listen.parse::<std::net::SocketAddr>().is_ok();
        check(is_address, "executor.listen", "an address and a port, such as 127.0.0.1:8091 or [::]:8091")?;
        check((1..=4_096).contains(&self.calls_max), "executor.calls_max", "1 to 4096")?;
        check(self.calls_per_s_max <= 100_000, "executor.calls_per_s_max", "1 to 100000, or 0 for as many as come")?;
        check((50..=60_000).contains(&self.connect_timeout_ms), "executor.connect_timeout_ms", "50 to 60000")?;
        // The stream waits for feedback half a minute longer than a command lives.
        check((100..=20_000).contains(&self.request_timeout_ms), "executor.request_timeout_ms", "100 to 20000")?;
        check((1..=1_000).contains(&self.breaker_failures), "executor.breaker_failures", "1 to 1000")?;
        check((100..=600_000).contains(&self.breaker_open_ms), "executor.breaker_open_ms", "100 to 600000")?;
        check((1..=5_000).contains(&self.commit_interval_ms), "executor.commit_interval_ms", "1 to 5000")
    }
}

/// Section `database`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSection {
    /// sqlite://FILE for processes of one machine, postgres://USER@HOST/NAME for those of several.
    pub url: String,
    /// The file with the user's password; nothing: there is none.
    pub password_file: String,
}

impl Default for DatabaseSection {
    fn default() -> Self {
        Self { url: "sqlite://conductor.db".into(), password_file: String::new() }
    }
}

impl DatabaseSection {
    /// The user's password; nothing where none is set.
    ///
    /// # Errors
    /// Its file can not be read.
    pub fn password(&self) -> Result<Option<Secret>, Failure> {
        Secret::of_setting("database.password_file", &self.password_file)
    }

    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        let is_known = ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| self.url.starts_with(scheme));
        let has_password = self
            .url
            .split_once("://")
            .is_some_and(|(_, rest)| rest.split('@').next().unwrap_or(rest).contains(':') && rest.contains('@'));
        check(
            is_known && !has_password,
            "database.url",
            "sqlite://FILE or postgres://USER@HOST/NAME, without a password: that is database.password_file",
        )
    }
}
