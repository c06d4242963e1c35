//! `conductor topics`: the topics that the application needs.

use std::fmt::Write as _;

use clap::{Args, Subcommand};

use super::run::servers;
use crate::admin::topics::{Found, Topic, cleanup, command, create, retention, survey};
use crate::failure::{Failure, print};
use crate::settings::{Given, Settings};

const EXAMPLES: &str = "\
Examples:
  conductor topics plan                  what create would do, as commands of Kafka's own tool
  conductor topics create                create what is missing; what exists is left as it is
  conductor topics check                 exit code 1 when something is missing or differs

The number of partitions of new topics is engine.partitions; other configurations of new topics are given as
kafka.properties.topic.NAME, such as kafka.properties.topic.min.insync.replicas.";

/// The arguments of `conductor topics`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TopicsArguments {
    /// What to do with them.
    #[command(subcommand)]
    pub command: TopicsCommand,
    /// Where to ask for the cluster first: host:port, separated by commas
    #[arg(long, global = true, value_name = "SERVERS")]
    pub bootstrap_servers: Option<String>,
}

/// What can be done with the topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum TopicsCommand {
    /// Show which topics there should be, which are missing, and the commands that would create them
    Plan,
    /// Create the topics that are missing
    Create,
    /// Say whether all topics are there as they should be
    Check,
}

impl TopicsArguments {
    /// The settings that these flags set.
    #[must_use]
    pub fn flags(&self) -> Vec<Given> {
        servers(self.bootstrap_servers.as_ref()).into_iter().collect()
    }
}

/// Does what was asked for.
///
/// # Errors
/// A broker that does not answer; for `check`, topics that do not fit.
pub fn run(arguments: &TopicsArguments, settings: &Settings) -> Result<(), Failure> {
    let surveyed = survey(settings)?;
    match arguments.command {
        TopicsCommand::Plan => print(&(table(&surveyed) + &commands(&surveyed, &settings.kafka.bootstrap_servers))),
        TopicsCommand::Create => {
            let created = create(settings, &surveyed)?;
            let lines: String = created.iter().map(|name| format!("created {name}\n")).collect();
            print(&(lines + &format!("{} created, {} were there\n", created.len(), surveyed.len() - created.len())))
        }
        TopicsCommand::Check => {
            print(&table(&surveyed))?;
            let wrong = surveyed.iter().filter(|topic| topic.found != Found::Fits).count();
            if wrong == 0 {
                return Ok(());
            }
            let remedy =
                "create what is missing with `conductor topics create`; change what differs with Kafka's own tools";
            Err(Failure { remedy: Some(remedy.into()), ..Failure::failed(format_args!("{wrong} topics do not fit")) })
        }
    }
}

fn table(surveyed: &[Topic]) -> String {
    let width = surveyed.iter().map(|topic| topic.spec.name.len()).max().unwrap_or(0);
    let mut text = format!("{:<width$}  PARTITIONS  CLEANUP         RETENTION MS  STATE\n", "TOPIC");
    for Topic { spec, found } in surveyed {
        let state = match found {
            Found::Fits => "there".to_owned(),
            Found::Missing => "missing".to_owned(),
            Found::Differs(differs) => format!("differs: {}", differs.join(", ")),
        };
        let (cleanup, retention) = (cleanup(spec.cleanup), retention(spec));
        // Writing to a String can not fail.
        let _ =
            writeln!(text, "{:<width$}  {:>10}  {cleanup:<14}  {retention:>12}  {state}", spec.name, spec.partitions);
    }
    text
}

fn commands(surveyed: &[Topic], bootstrap_servers: &str) -> String {
    let missing: Vec<&Topic> = surveyed.iter().filter(|topic| topic.found == Found::Missing).collect();
    if missing.is_empty() {
        return "\nNothing is missing.\n".to_owned();
    }
    let lines = missing.iter().map(|topic| command(&topic.spec, bootstrap_servers) + "\n");
    format!(
        "\n`conductor topics create` creates what is missing, or these commands do:\n\n{}",
        lines.collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use streams::broker::{Cleanup, TopicSpec};

    use super::*;

    #[test]
    fn a_plan_shows_what_is_there_what_differs_and_the_commands_for_what_is_missing() {
        let topic = |name: &str, cleanup, retention_ms, found| Topic {
            spec: TopicSpec { name: name.into(), partitions: 6, cleanup, retention_ms },
            found,
        };
        let surveyed = [
            topic("chat", Cleanup::Delete, Some(604_800_000), Found::Fits),
            topic(
                "policy",
                Cleanup::Compact,
                None,
                Found::Differs(vec!["cleanup.policy=delete instead of compact".into()]),
            ),
            topic("app-panes-changelog", Cleanup::CompactAndDelete, Some(691_200_000), Found::Missing),
        ];
        let text = table(&surveyed) + &commands(&surveyed, "kafka:9092");
        let expect = "\
TOPIC                PARTITIONS  CLEANUP         RETENTION MS  STATE
chat                          6  delete             604800000  there
policy                        6  compact                   -1  differs: cleanup.policy=delete instead of compact
app-panes-changelog           6  compact,delete     691200000  missing

`conductor topics create` creates what is missing, or these commands do:

kafka-topics.sh --bootstrap-server kafka:9092 --create --topic app-panes-changelog --partitions 6 \
--config cleanup.policy=compact,delete --config retention.ms=691200000 --config message.timestamp.type=CreateTime
";
        assert_eq!(text, expect);
    }
}
