//! Both servers in the foreground, until somebody asks them to stop.

use std::io::{self, Write};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::args::{Arguments, Command, Kafka};
use crate::broker::Broker;
use crate::clock::wait;
use crate::error::Error;
use crate::kafka::Cluster;
use crate::registry::Registry;
use crate::{install, java, kafka, ports, registry};

/// Does what the command line says.
///
/// # Errors
/// What is missing, what is taken, or what a server said before it ended by itself.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<(), Error> {
    match &arguments.command {
        Command::Kafka(options) => run_servers(options, out),
        Command::Install => {
            java::find()?;
            let installed = [install::kafka()?, install::registry()?];
            installed.iter().for_each(|folder| say(out, format_args!("{}", folder.display())));
            Ok(())
        }
    }
}

fn run_servers(options: &Kafka, out: &mut dyn Write) -> Result<(), Error> {
    // From here on, Ctrl-C asks for an orderly end, also during the start.
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(Error::Signals)?;
    // Both ports first: nobody waits for one server to hear that the other has no place.
    ports::take(options.port, "--port")?;
    if !options.no_registry {
        ports::take(options.registry_port, "--registry-port")?;
    }
    say(out, format_args!("Starting Kafka {}", install::KAFKA_VERSION));
    let mut cluster = Cluster::start(cluster_options(options))?;
    let mut registry = start_registry(options, out)?;
    welcome(out, &cluster, registry.as_ref());
    let ended = wait(|| {
        if signals.pending().next().is_some() {
            return Some(Ok(()));
        }
        cluster.check().and_then(|()| registry.as_mut().map_or(Ok(()), Registry::check)).err().map(Err)
    });
    say(out, format_args!("Stopping; what they wrote is removed"));
    let stopped = registry.as_mut().map_or(Ok(()), Registry::stop).and(cluster.stop());
    ended.and(stopped)
}

fn cluster_options(options: &Kafka) -> kafka::Options {
    let wanted = kafka::Options::new().port(options.port).long_lived();
    options.dir.iter().fold(wanted, |wanted, dir| wanted.within(dir))
}

fn start_registry(options: &Kafka, out: &mut dyn Write) -> Result<Option<Registry>, Error> {
    if options.no_registry {
        return Ok(None);
    }
    say(out, format_args!("Starting the registry (Apicurio {})", install::REGISTRY_VERSION));
    let wanted = registry::Options::new().port(options.registry_port);
    Registry::start(options.dir.iter().fold(wanted, |wanted, dir| wanted.within(dir))).map(Some)
}

/// What somebody needs to know who has never used either.
fn welcome(out: &mut dyn Write, cluster: &Cluster, registry: Option<&Registry>) {
    let bootstrap = cluster.bootstrap_servers();
    say(out, format_args!("\nReady, on this machine only. Settings for clients:\n\n  bootstrap.servers={bootstrap}"));
    if let Some(registry) = registry {
        say(out, format_args!("  schema.registry.url={}", registry.url()));
    }
    say(out, format_args!("\nTopics do not appear by themselves. In another terminal:\n"));
    let tool =
        format!("{} --bootstrap-server {bootstrap}", cluster.tool_command("org.apache.kafka.tools.TopicCommand"));
    say(out, format_args!("  conductor topics create --bootstrap-servers {bootstrap}"));
    say(out, format_args!("  {tool} --create --topic hello --partitions 4\n  {tool} --list"));
    if let Some(registry) = registry {
        say(out, format_args!("  curl {}/subjects", registry.url()));
    }
    say(out, format_args!("\nTheir logs:\n"));
    for folder in cluster.brokers().iter().map(Broker::folder).chain(registry.map(Registry::folder)) {
        say(out, format_args!("  {}", folder.join("output.log").display()));
    }
    say(out, format_args!("\nCtrl-C stops everything and removes what was written."));
}

/// Whoever closed the other end has stopped listening; the servers go on.
fn say(out: &mut dyn Write, line: std::fmt::Arguments<'_>) {
    let _: io::Result<()> = writeln!(out, "{line}").and_then(|()| out.flush());
}
