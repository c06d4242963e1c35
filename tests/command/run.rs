//! Runs the binary.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// `conductor` with these arguments in an empty folder, without settings from outside.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let environment = std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("CONDUCTOR__"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_conductor"));
    command.args(arguments).current_dir(folder).env_clear().envs(environment);
    command
}

/// Runs it.
pub(crate) fn conductor(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// The same, and it must succeed; answers what it printed.
pub(crate) fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = conductor(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {:?}\n{errors}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// The same, and it must be refused with exit code 2; answers what it said.
pub(crate) fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = conductor(folder, arguments);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
    assert!(errors.contains("remedy:"), "a refusal names the remedy: {errors}");
    errors
}

/// A file of the samples of real logs.
pub(crate) fn sample(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("loadtest/samples").join(path)
}

/// Turns a real log into an event log, with the arguments of `loadtest import`.
pub(crate) fn import(arguments: &[&str]) {
    use clap::Parser;
    let line = ["loadtest", "import"].iter().chain(arguments);
    let command = loadtest::args::Arguments::parse_from(line).command;
    loadtest::run(&command, &loadtest::interrupt::Interrupt::default()).unwrap();
}

/// The lines of a file of JSON.
pub(crate) fn json_lines(path: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
