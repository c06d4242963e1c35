//! A process that is measured: it ends with its owner, and its CPU and memory are told by the system (Linux).

use std::fs;
use std::process::{Child as Process, Command, Stdio};
use std::time::Duration;

use cluster::clock::wait_for;
use rustix::process::{Pid, Signal, kill_process};

/// Ticks of `/proc/PID/stat` per second: what Linux tells programs, on every machine.
const TICKS: f64 = 100.0;
/// A process that was asked to end does so within this.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process at work. Dropped, it is killed.
pub(crate) struct Child {
    process: Process,
}

impl Child {
    /// Any program. What it has to say it says where we do.
    pub(crate) fn of(mut command: Command) -> Self {
        let process = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        Self { process: process.unwrap_or_else(|error| panic!("{command:?}: {error}")) }
    }

    /// Seconds of CPU so far, in user and in system mode, of all its threads.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        cpu_seconds(&self.process.id().to_string())
    }

    /// The most memory that was resident at once.
    pub(crate) fn peak_mib(&self) -> f64 {
        let text = read(&self.process.id().to_string(), "status");
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1_024.0
    }

    /// Fails when it is not there any more.
    pub(crate) fn check(&mut self) {
        if let Some(status) = self.process.try_wait().unwrap() {
            panic!("a process that is measured has ended: {status}");
        }
    }

    /// Asks it to end, in order.
    pub(crate) fn stop(mut self) {
        drop(self.process.stdin.take());
        wait_for(PATIENCE, || self.process.try_wait().unwrap());
    }

    /// The same, as a service is asked.
    pub(crate) fn terminate(mut self) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        let status = wait_for(PATIENCE, || self.process.try_wait().unwrap());
        assert!(status.is_some_and(|status| status.success()), "not ended in order: {status:?}");
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The same of this process.
pub(crate) fn own_cpu_seconds() -> f64 {
    cpu_seconds("self")
}

fn cpu_seconds(process: &str) -> f64 {
    let text = read(process, "stat");
    // The name of the program stands in brackets and may contain anything.
    let fields = text.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap()).sum();
    ticks / TICKS
}

fn read(process: &str, file: &str) -> String {
    fs::read_to_string(format!("/proc/{process}/{file}")).unwrap()
}
