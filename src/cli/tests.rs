//! What the command line promises.

use clap::CommandFactory;

use super::*;
use crate::settings::{self, LogFormat};

fn sources(line: &[&str]) -> Sources {
    let cli = Cli::try_parse_from(line).unwrap();
    cli.sources(std::iter::empty()).unwrap()
}

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
    for arguments in [
        demo::DemoArguments::augment_args(clap::Command::new("demo")),
        backtest::BacktestArguments::augment_args(clap::Command::new("backtest")),
        calibrate::CalibrateArguments::augment_args(clap::Command::new("calibrate")),
        topology::TopologyArguments::augment_args(clap::Command::new("topology")),
    ] {
        arguments.debug_assert();
    }
}

#[test]
fn flags_are_the_topmost_layer() {
    let sources = sources(&["conductor", "config", "show", "--set", "demo.seed=9", "--log-format", "json"]);
    let loaded = settings::load(sources).unwrap();
    assert_eq!((loaded.settings.demo.seed, loaded.settings.log.format), (9, LogFormat::Json));
}

#[test]
fn every_flag_of_a_command_names_a_setting_that_exists() {
    let demo = demo::DemoArguments::augment_args(clap::Command::new("demo"));
    let line = ["demo", "--seed", "3", "--sessions", "2", "--speed", "max", "--mode", "assist"];
    let demo = <demo::DemoArguments as clap::FromArgMatches>::from_arg_matches(&demo.get_matches_from(line)).unwrap();
    let backtest = backtest::BacktestArguments { partitions: Some(4), ..Default::default() };
    let flags = demo.flags().into_iter().chain(backtest.flags()).collect();
    let settings = settings::load(Sources { flags, ..Sources::default() }).unwrap().settings;
    assert_eq!(settings.demo.mode, ::topology::wire::Mode::Assist);
    assert_eq!((settings.demo.seed, settings.demo.sessions, settings.engine.partitions), (3, 2, 4));
}

#[test]
fn only_our_own_variables_must_be_text() {
    use std::os::unix::ffi::OsStringExt;
    let broken = || OsString::from_vec(vec![0xff]);
    assert_eq!(texts([("LS_COLORS".into(), broken())].into_iter()).unwrap(), []);
    assert_eq!(texts([("CONDUCTOR__LOG__LEVEL".into(), broken())].into_iter()).unwrap_err().exit_code(), 2);
}
