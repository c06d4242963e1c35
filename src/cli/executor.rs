//! `conductor executor`: carries the stream's commands out on an event platform.

use clap::Args;

use super::run::servers;
use crate::settings::Given;

const EXAMPLES: &str = "\
Examples:
  conductor executor --platform-url https://events.example/api
  conductor executor --platform-url http://localhost:8700 --allow-private-addresses      a platform on this machine
  conductor executor --database-url postgres://conductor@db/conductor                    several executors, on several machines
  conductor executor --instance executor-0                                               a name of its own, kept across restarts

Each approved command is sent as POST PLATFORM/sessions/SESSION/interventions/COMMAND, with the command as Idempotency-Key, until the platform
answers or its time is over; what became of it goes to topic intervention-feedback, exactly once. Before each call it is looked whether
the command was cancelled, the session was paused or the time is over. Start as many as you like. Ctrl-C and SIGTERM wait for the calls
that are under way.";

/// The arguments of `conductor executor`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExecutorArguments {
    /// Where to ask for the cluster first: host:port, separated by commas
    #[arg(long, value_name = "SERVERS")]
    pub bootstrap_servers: Option<String>,
    /// Where the event platform is
    #[arg(long, value_name = "URL")]
    pub platform_url: Option<String>,
    /// Let the platform be on a private network, or on this machine
    #[arg(long)]
    pub allow_private_addresses: bool,
    /// What survives a kill: sqlite://FILE, or postgres://USER@HOST/NAME
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// Where health and metrics are shown
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// The name of this process, unique among the executors of the application
    #[arg(long, value_name = "NAME")]
    pub instance: Option<String>,
}

impl ExecutorArguments {
    /// The settings that these flags set.
    #[must_use]
    pub fn flags(&self) -> Vec<Given> {
        let servers = servers(self.bootstrap_servers.as_ref());
        let platform =
            self.platform_url.iter().map(|url| Given::by_flag("--platform-url", "executor.platform_url", url));
        let private = self
            .allow_private_addresses
            .then(|| Given::by_flag("--allow-private-addresses", "executor.allow_private_addresses", true));
        let database = self.database_url.iter().map(|url| Given::by_flag("--database-url", "database.url", url));
        let listen = self.listen.iter().map(|address| Given::by_flag("--listen", "executor.listen", address));
        let instance = self.instance.iter().map(|name| Given::by_flag("--instance", "engine.instance", name));
        servers.into_iter().chain(platform).chain(private).chain(database).chain(listen).chain(instance).collect()
    }
}
