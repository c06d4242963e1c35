//! The binary.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;

/// The binary in this folder, with no settings but its arguments: those of whoever measures are not those of the measurement.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conductor"));
    command.current_dir(folder).args(arguments);
    let theirs = std::env::vars_os().map(|(name, _)| name);
    for name in theirs.filter(|name| name.to_string_lossy().starts_with("CONDUCTOR__")) {
        command.env_remove(name);
    }
    command
}

/// Runs it to its end, which must be a good one.
pub(crate) fn run(mut command: Command) {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {:?}\n{errors}", output.status);
}

/// Where nobody listens.
pub(crate) fn free_address() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().to_string()
}
