//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::settings::{KAFKA_PORT, REGISTRY_PORT};

/// Runs a real Apache Kafka and a real schema registry on this machine, without Docker.
///
/// Both come from Maven, once (170 MB), and need Java 17 or newer. They listen on 127.0.0.1 only and forget everything when they
/// are stopped: to try things out and to test with, not to keep anything in.
#[derive(Debug, Parser)]
#[command(name = "cluster", version, after_help = EXAMPLES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  cluster kafka
  cluster kafka --port 19092 --registry-port 18081
  cluster kafka --no-registry --dir /var/tmp
  cluster install

Installed things go to $ENGAGEMENT_CONDUCTOR_CACHE, $XDG_CACHE_HOME/engagement-conductor or ~/.cache/engagement-conductor.

Exit codes: 0 stopped as asked, 1 failed (a server ended by itself), 2 refused (a taken port, no Java, no Maven).";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run Kafka and the registry until Ctrl-C, then remove what they wrote
    Kafka(Kafka),
    /// Install both and run nothing: for machines that are cut off later
    Install,
}

/// Kafka and the registry in the foreground.
#[derive(Debug, Args)]
pub struct Kafka {
    /// Where Kafka listens
    #[arg(long, value_name = "PORT", default_value_t = KAFKA_PORT, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,
    /// Where the registry listens
    #[arg(long, value_name = "PORT", default_value_t = REGISTRY_PORT, value_parser = clap::value_parser!(u16).range(1..))]
    pub registry_port: u16,
    /// Run Kafka alone
    #[arg(long)]
    pub no_registry: bool,
    /// Where their folders are made, and removed in the end; the system's temporary folder if not given
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_its_examples_parse() {
        Arguments::command().debug_assert();
        let examples: Vec<_> = EXAMPLES.lines().filter(|line| line.trim_start().starts_with("cluster ")).collect();
        assert_eq!(examples.len(), 4);
        for example in examples {
            Arguments::try_parse_from(example.split_whitespace()).unwrap();
        }
    }

    #[test]
    fn the_ports_are_those_that_clients_expect() {
        let Command::Kafka(kafka) = Arguments::parse_from(["cluster", "kafka"]).command else { panic!("not Kafka") };
        assert_eq!((kafka.port, kafka.registry_port), (9092, 8081));
        assert!(Arguments::try_parse_from(["cluster", "kafka", "--port", "0"]).is_err());
    }
}
