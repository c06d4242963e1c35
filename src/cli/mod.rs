//! What an operator types. One file per command: its arguments, and what it does with them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::failure::Failure;
use crate::settings::{Given, Loaded, LogFormat, LogSection, Origin, Sources};

pub mod config;

pub mod backtest;
pub mod calibrate;
pub mod dashboard;
pub mod demo;
pub mod dlq;
pub mod executor;
pub mod history;
pub mod leave;
pub mod policy;
pub mod run;
pub mod schemas;
pub mod state;
pub mod topics;
pub mod topology;

const EXAMPLES: &str = "\
Examples:
  conductor demo                              simulated sessions, before your eyes
  conductor backtest --log L --out DIR        the same computation over your own event log
  conductor topics create; conductor run      the stream on a Kafka cluster
  conductor config show                       every setting, its value, and who set it
  conductor config show --json                the same for machines
  conductor config describe decision          what the settings of a section mean
  CONDUCTOR__LOG__LEVEL=debug conductor ...   a setting by the environment
  conductor --set decision.budget=3 ...       a setting by a flag

Settings: defaults < the file of --config (or ./conductor.toml) < CONDUCTOR__SECTION__KEY < flags.
Exit codes: 0 done; 1 failed; 2 refused (usage, settings or input: the message names the remedy).";

/// Watches live sessions, tells when their audience is slipping away, acts, and measures whether it helped.
#[derive(Debug, Parser)]
#[command(name = "conductor", version, after_help = EXAMPLES, propagate_version = true)]
pub struct Cli {
    /// What every command understands.
    #[command(flatten)]
    pub common: CommonArguments,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, Default, Args)]
pub struct CommonArguments {
    /// Read settings from this file instead of ./conductor.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Set one setting, as `--set decision.budget=3`; may be repeated
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = key_and_value)]
    pub set: Vec<(String, String)>,
    /// What is logged: error, warn, info, debug, trace, or a list like info,streams=debug
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// How it is logged
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the stream on a Kafka cluster, until it is told to stop
    Run(run::RunArguments),
    /// Carry the stream's commands out on an event platform, until it is told to stop
    Executor(executor::ExecutorArguments),
    /// Show live sessions on a page, and take people's decisions, until it is told to stop
    Dashboard(dashboard::DashboardArguments),
    /// Take a stopped process that is not coming back out of the group, so that others have its tasks at once
    Leave(leave::LeaveArguments),
    /// Plan, create or check the topics that it needs
    Topics(topics::TopicsArguments),
    /// Check or register the schemas of what others read
    Schemas(schemas::SchemasArguments),
    /// Watch simulated sessions: alarms, decisions, actions and their outcomes, in about a minute
    Demo(demo::DemoArguments),
    /// Compute scores, alarms and decisions over event logs, and write a report
    Backtest(backtest::BacktestArguments),
    /// Measure what is usual for your sessions from their event logs
    Calibrate(calibrate::CalibrateArguments),
    /// Show what was learned, and why something was decided
    Policy(policy::PolicyArguments),
    /// List and show dead letters: records that could not be used
    Dlq(dlq::DlqArguments),
    /// Take out what happened: scores, interventions and what they brought, from the executor's database
    History(history::HistoryArguments),
    /// Look into the states that a stopped instance has left on its disk
    State(state::StateArguments),
    /// Show the graph that computes
    Topology(topology::TopologyArguments),
    /// Show the settings in force and where each of them came from
    Config(config::ConfigArguments),
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE, such as decision.budget=3")?;
    Ok((key.trim().into(), value.into()))
}

impl Cli {
    /// Where this call's settings come from.
    ///
    /// # Errors
    /// When a variable of ours holds something that is no text.
    pub fn sources(&self, environment: impl Iterator<Item = (OsString, OsString)>) -> Result<Sources, Failure> {
        let mut flags = self.common.flags();
        flags.extend(self.command.flags());
        Ok(Sources { file: self.common.config.clone(), environment: texts(environment)?, flags })
    }

    /// What is logged: of a demo, which has a screen to itself, only what goes wrong, unless somebody has said otherwise.
    #[must_use]
    pub fn log(&self, loaded: &Loaded) -> LogSection {
        let is_said = loaded.rows.iter().any(|row| row.key == "log.level" && row.origin != Origin::Default);
        let quiet = LogSection { level: "error".into(), ..loaded.settings.log.clone() };
        if matches!(self.command, Command::Demo(_)) && !is_said { quiet } else { loaded.settings.log.clone() }
    }

    /// Does what was asked for.
    ///
    /// # Errors
    /// As the command says.
    pub fn run(&self, loaded: &Loaded) -> Result<(), Failure> {
        let settings = &loaded.settings;
        match &self.command {
            Command::Run(_) => crate::stream::run(settings),
            Command::Executor(_) => crate::executor::run::run(settings),
            Command::Dashboard(_) => crate::dashboard::run::run(loaded),
            Command::Leave(_) => leave::run(settings),
            Command::Topics(arguments) => topics::run(arguments, settings),
            Command::Schemas(arguments) => schemas::run(arguments, settings),
            Command::Demo(arguments) => demo::run(arguments, settings, crate::demo::run),
            Command::Backtest(arguments) => backtest::run(arguments, settings, crate::backtest::run),
            Command::Calibrate(arguments) => calibrate::run(arguments, settings, crate::calibration::run),
            Command::Policy(arguments) => policy::run(arguments, settings),
            Command::Dlq(arguments) => dlq::run(arguments, settings),
            Command::History(arguments) => history::run(arguments, settings),
            Command::State(arguments) => state::run(arguments, settings),
            Command::Topology(arguments) => topology::run(arguments, &crate::settings::conductor_settings(settings)),
            Command::Config(arguments) => config::run(arguments, loaded),
        }
    }
}

impl Command {
    /// The settings that the command's own flags set.
    fn flags(&self) -> Vec<Given> {
        match self {
            Self::Run(arguments) => arguments.flags(),
            Self::Executor(arguments) => arguments.flags(),
            Self::Dashboard(arguments) => arguments.flags(),
            Self::Leave(arguments) => arguments.flags(),
            Self::Topics(arguments) => arguments.flags(),
            Self::Schemas(arguments) => arguments.flags(),
            Self::Demo(arguments) => arguments.flags(),
            Self::Backtest(arguments) => arguments.flags(),
            Self::Policy(arguments) => arguments.flags(),
            Self::Dlq(arguments) => arguments.flags(),
            Self::History(arguments) => arguments.flags(),
            Self::State(arguments) => arguments.flags(),
            Self::Calibrate(_) | Self::Topology(_) | Self::Config(_) => Vec::new(),
        }
    }
}

impl CommonArguments {
    fn flags(&self) -> Vec<Given> {
        let set = self.set.iter().map(|(key, value)| Given::by_flag("--set", key, value));
        let level = self.log_level.iter().map(|level| Given::by_flag("--log-level", "log.level", level));
        let format = self.log_format.iter().map(|format| Given::by_flag("--log-format", "log.format", format.as_str()));
        set.chain(level).chain(format).collect()
    }
}

/// The variables of ours as texts; other people's may hold what they like.
fn texts(environment: impl Iterator<Item = (OsString, OsString)>) -> Result<Vec<(String, String)>, Failure> {
    environment
        .filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| name.starts_with(crate::settings::environment::PREFIX))?;
            Some(match value.into_string() {
                Ok(value) => Ok((name, value)),
                Err(_) => Err(Failure::refused(format_args!("the variable {name} is no text"), "write it in UTF-8")),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
