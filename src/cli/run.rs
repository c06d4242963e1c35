//! `conductor run`: the stream on a Kafka cluster.

use clap::Args;

use crate::settings::Given;

const EXAMPLES: &str = "\
Examples:
  conductor topics create                                 once: the topics that are missing
  conductor run                                           one process, with the cluster at localhost:9092
  conductor run --bootstrap-servers kafka:9092 --threads 4
  conductor run --instance conductor-0                    a name of its own, kept across restarts: its tasks wait for it
  curl localhost:8090/healthz/ready                       whether every task works, and if not, why

Start as many as you like, on as many machines: the partitions are spread over all threads of all processes of one
application.id. Ctrl-C and SIGTERM commit first. States lie in engine.state_dir and are built anew where they are missing.";

/// The arguments of `conductor run`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub struct RunArguments {
    /// Where to ask for the cluster first: host:port, separated by commas
    #[arg(long, value_name = "SERVERS")]
    pub bootstrap_servers: Option<String>,
    /// How many stream threads
    #[arg(long, value_name = "N")]
    pub threads: Option<u32>,
    /// The name of this process, unique in the application
    #[arg(long, value_name = "NAME")]
    pub instance: Option<String>,
    /// Where states are kept
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<String>,
    /// Where health, metrics and tasks are shown
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
}

impl RunArguments {
    /// The settings that these flags set.
    #[must_use]
    pub fn flags(&self) -> Vec<Given> {
        let servers = servers(self.bootstrap_servers.as_ref());
        let threads = self.threads.map(|threads| Given::by_flag("--threads", "engine.threads", threads));
        let instance = self.instance.iter().map(|name| Given::by_flag("--instance", "engine.instance", name));
        let states = self.state_dir.iter().map(|folder| Given::by_flag("--state-dir", "engine.state_dir", folder));
        let listen = self.listen.iter().map(|address| Given::by_flag("--listen", "http.listen", address));
        servers.into_iter().chain(threads).chain(instance).chain(states).chain(listen).collect()
    }
}

/// The setting of a flag that several commands have.
pub(super) fn servers(given: Option<&String>) -> Option<Given> {
    given.map(|servers| Given::by_flag("--bootstrap-servers", "kafka.bootstrap_servers", servers))
}
