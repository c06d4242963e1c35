//! `conductor dashboard`: shows live sessions to people, and takes their decisions.

use clap::Args;

use super::run::servers;
use crate::settings::Given;

const EXAMPLES: &str = "\
Examples:
  conductor dashboard                                                 on this machine only; prints a link that lets act
  conductor dashboard --listen 0.0.0.0:8092 --set dashboard.tokens_file=people.txt     for several people, each with a token
  conductor dashboard --executor-urls http://localhost:8091 --stream-urls http://localhost:8090     says how the others are

The page shows scores, alarms, what is proposed and why, and what came of it; with a token, people approve, edit or decline, pause a session
and set its mode. What they do is written to topic session: the stream has the last word. To look, nobody needs a token: whoever
reaches the address sees all sessions, so put what listens to others behind a proxy that knows people. Ctrl-C and SIGTERM end it.";

/// The arguments of `conductor dashboard`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub struct DashboardArguments {
    /// Where to ask for the cluster first: host:port, separated by commas
    #[arg(long, value_name = "SERVERS")]
    pub bootstrap_servers: Option<String>,
    /// Where the page is
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Where the stream's instances show themselves, separated by commas
    #[arg(long, value_name = "URLS")]
    pub stream_urls: Option<String>,
    /// Where the executors show themselves, separated by commas
    #[arg(long, value_name = "URLS")]
    pub executor_urls: Option<String>,
}

impl DashboardArguments {
    /// The settings that these flags set.
    #[must_use]
    pub fn flags(&self) -> Vec<Given> {
        let servers = servers(self.bootstrap_servers.as_ref());
        let listen = self.listen.iter().map(|address| Given::by_flag("--listen", "dashboard.listen", address));
        let streams =
            self.stream_urls.iter().map(|urls| Given::by_flag("--stream-urls", "dashboard.stream_urls", urls));
        let executors =
            self.executor_urls.iter().map(|urls| Given::by_flag("--executor-urls", "dashboard.executor_urls", urls));
        servers.into_iter().chain(listen).chain(streams).chain(executors).collect()
    }
}
