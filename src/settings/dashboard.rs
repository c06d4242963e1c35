//! Section `dashboard`: what people see, and who may act.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::{OutOfRange, check};

/// Section `dashboard`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DashboardSection {
    /// Where the page is; nobody beyond this machine sees it unless this says so.
    pub listen: String,
    /// The file with the people who may act, one `name token` a line; nothing: a token is made at the start, and printed.
    pub tokens_file: String,
    /// Origins that the page is reached by besides its own, separated by commas: those of a proxy, such as `https://live.example`.
    pub origins: String,
    /// Where the stream's instances show themselves, separated by commas, such as `http://stream-0:8090`; nothing: they are not shown.
    pub stream_urls: String,
    /// And the executors; nothing: it is not known whether one is there.
    pub executor_urls: String,
    /// Connections that may watch at once.
    pub viewers_max: u32,
}

impl Default for DashboardSection {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8092".into(),
            tokens_file: String::new(),
            origins: String::new(),
            stream_urls: String::new(),
            executor_urls: String::new(),
            viewers_max: 2_000,
        }
    }
}

impl DashboardSection {
    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        let is_address = self.listen.parse::<std::net::SocketAddr>().is_ok();
        check(is_address, "dashboard.listen", "an address and a port, such as 127.0.0.1:8092 or [::]:8092")?;
        let are_origins = self.origins().iter().all(|origin| is_web(origin) && origin.matches('/').count() == 2);
        check(
            are_origins,
            "dashboard.origins",
            "origins such as https://live.example, separated by commas, without a path",
        )?;
        let is_fine = |urls: Vec<String>| urls.iter().all(|url| is_web(url) && !url.contains(['@', '?', '#', ' ']));
        let words = "http:// or https:// and host and port, separated by commas, such as http://stream-0:8090";
        check(is_fine(self.streams()), "dashboard.stream_urls", words)?;
        check(is_fine(self.executors()), "dashboard.executor_urls", words)?;
        check((1..=100_000).contains(&self.viewers_max), "dashboard.viewers_max", "1 to 100000")
    }

    /// The origins, one by one.
    #[must_use]
    pub fn origins(&self) -> Vec<String> {
        list(&self.origins)
    }

    /// Where the stream's instances are.
    #[must_use]
    pub fn streams(&self) -> Vec<String> {
        list(&self.stream_urls)
    }

    /// Where the executors are.
    #[must_use]
    pub fn executors(&self) -> Vec<String> {
        list(&self.executor_urls)
    }
}

fn list(text: &str) -> Vec<String> {
    let all = text.split(',').map(|one| one.trim().trim_end_matches('/'));
    all.filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

fn is_web(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}
