//! A role at work, and what it shows of itself.

use std::process::Command;
use std::time::Duration;

use loadtest::interrupt::Interrupt;

use crate::pace;
use crate::shared::child::Child;

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Process {
    pub(crate) child: Child,
    address: String,
}

impl Process {
    pub(crate) fn start(command: Command, address: String) -> Self {
        Self { child: Child::of(command), address }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits until it says that it is ready.
    pub(crate) fn await_ready(&mut self, interrupt: &Interrupt) {
        let url = self.url("/healthz/ready");
        pace::wait_for("a role that is ready", PATIENCE, interrupt, || {
            self.child.check();
            reqwest::blocking::get(&url).ok().filter(|answer| answer.status().is_success())
        });
    }

    /// A metric, by its name and labels; nothing while it is not shown.
    pub(crate) fn metric(&self, name: &str) -> Option<f64> {
        let text = reqwest::blocking::get(self.url("/metrics")).ok()?.text().ok()?;
        text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    }
}
