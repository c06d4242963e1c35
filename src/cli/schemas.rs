//! `conductor schemas`: what a registry holds of the schemas of what others read.

use std::fmt::Write as _;

use clap::{Args, Subcommand};

use crate::admin::schemas::{Surveyed, register, survey};
use crate::failure::{Failure, print};
use crate::registry::{FULL_TRANSITIVE, Found};
use crate::settings::{Given, Settings};

const EXAMPLES: &str = "\
Examples:
  conductor schemas check                exit code 1 when a schema is missing, or a subject is not FULL_TRANSITIVE
  conductor schemas register             register what is missing, and make its subject FULL_TRANSITIVE
  conductor --set output.format=confluent run
  conductor --set output.engagement_scores=confluent run     that topic alone

Subjects are named by the topic, as in engagement-scores-value. The schemas themselves: folder schemas/ of the repository.";

/// The arguments of `conductor schemas`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SchemasArguments {
    /// What to do with them.
    #[command(subcommand)]
    pub command: SchemasCommand,
    /// Where the registry is, with its path
    #[arg(long, global = true, value_name = "URL")]
    pub registry_url: Option<String>,
}

/// What can be done with the schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum SchemasCommand {
    /// Say whether all schemas are registered as they should be
    Check,
    /// Register the schemas that are missing
    Register,
}

impl SchemasArguments {
    /// The settings that these flags set.
    #[must_use]
    pub fn flags(&self) -> Vec<Given> {
        self.registry_url.iter().map(|url| Given::by_flag("--registry-url", "registry.url", url)).collect()
    }
}

/// Does what was asked for.
///
/// # Errors
/// A registry that does not answer; for `check`, schemas that are not as they should be.
pub fn run(arguments: &SchemasArguments, settings: &Settings) -> Result<(), Failure> {
    let surveyed = survey(settings)?;
    match arguments.command {
        SchemasCommand::Register => {
            let registered = register(settings, &surveyed)?;
            let lines: String =
                registered.iter().map(|(subject, id)| format!("registered {} as {id}\n", subject.name())).collect();
            let were_there = surveyed.len() - registered.len();
            print(&(lines + &format!("{} registered, {were_there} were there\n", registered.len())))
        }
        SchemasCommand::Check => {
            print(&table(&surveyed))?;
            let wrong = surveyed.iter().filter(|surveyed| !is_right(surveyed)).count();
            if wrong == 0 {
                return Ok(());
            }
            let remedy = "register what is missing with `conductor schemas register`; set the compatibility of a subject with the \
                          registry's own tools";
            let error = format_args!("{wrong} subjects are not as they should be");
            Err(Failure { remedy: Some(remedy.into()), ..Failure::failed(error) })
        }
    }
}

fn is_right(surveyed: &Surveyed) -> bool {
    matches!(surveyed.found, Found::Registered { .. }) && surveyed.compatibility.as_deref() == Some(FULL_TRANSITIVE)
}

fn table(surveyed: &[Surveyed]) -> String {
    let names: Vec<String> = surveyed.iter().map(|surveyed| surveyed.subject.name()).collect();
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let mut text = format!("{:<width$}  COMPATIBILITY        STATE\n", "SUBJECT");
    for (name, surveyed) in names.iter().zip(surveyed) {
        let state = match surveyed.found {
            Found::Registered { id, version } => format!("registered: id {id}, version {version}"),
            Found::Others { versions } if surveyed.is_shut_out => {
                format!("missing, and does not go with the {versions} versions that are there")
            }
            Found::Others { versions } => format!("missing beside the {versions} versions that are there"),
            Found::Nothing => "missing".to_owned(),
        };
        let compatibility = surveyed.compatibility.as_deref().unwrap_or("-");
        // Writing to a String can not fail.
        let _ = writeln!(text, "{name:<width$}  {compatibility:<19}  {state}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::subject::{COMMANDS, RESULTS, SCORES};

    #[test]
    fn the_table_shows_what_is_registered_and_what_stands_in_the_way() {
        let of = |subject, found, is_shut_out, compatibility: Option<&str>| Surveyed {
            subject,
            found,
            is_shut_out,
            compatibility: compatibility.map(str::to_owned),
        };
        let surveyed = [
            of(SCORES, Found::Registered { id: 7, version: 1 }, false, Some("FULL_TRANSITIVE")),
            of(COMMANDS, Found::Others { versions: 2 }, true, Some("BACKWARD")),
            of(RESULTS, Found::Nothing, false, None),
        ];
        let expect = "\
SUBJECT                      COMPATIBILITY        STATE
engagement-scores-value      FULL_TRANSITIVE      registered: id 7, version 1
intervention-commands-value  BACKWARD             missing, and does not go with the 2 versions that are there
intervention-results-value   -                    missing
";
        assert_eq!(table(&surveyed), expect);
        assert_eq!(surveyed.each_ref().map(is_right), [true, false, false]);
    }
}
