//! The programs that drive a browser, and what they need.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// Where they are.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser")
}

/// Installs what they need; once.
fn installed() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder());
        let output = npm.output().expect("npm is missing: `make setup` says how to install it");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    });
}

/// A visit to this address, to be waited for. Pictures lie in the build directory, under `browser/SCENARIO`.
pub(crate) fn visit(scenario: &str, url: &str) -> Command {
    installed();
    let mut node = Command::new("node");
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser").join(scenario);
    node.arg("visit.mjs").arg(scenario).arg(url).arg(pictures).current_dir(folder()).stdin(Stdio::null());
    node
}

/// A visit that must end well.
pub(crate) fn succeed(scenario: &str, url: &str) {
    judge(scenario, visit(scenario, url).output().expect("node is missing: `make setup` says how to install it"));
}

/// How a visit has ended, which must be well.
pub(crate) fn judge(scenario: &str, output: Output) {
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{scenario}: {}", said.concat());
}
