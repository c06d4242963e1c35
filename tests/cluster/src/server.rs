//! What Kafka and the registry have in common: a process with a folder, that listens sometime after its start.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::clock::wait_for;
use crate::error::Error;
use crate::process::Process;

/// A start takes 4 to 8 s on an idle machine. Tests run on busy ones.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// An orderly stop takes half a second. Past this it is no longer asked for.
const STOP_PATIENCE: Duration = Duration::from_secs(20);
/// How often a start is tried when the port was lost.
const TRIES: u32 = 3;
/// What servers say then: Kafka, and the registry.
const PORT_LOST: [&str; 2] = ["Address already in use", "seems to be in use"];

/// How a server is started, as often as needed.
pub(crate) struct Plan {
    /// For messages.
    pub(crate) name: &'static str,
    /// The program.
    pub(crate) program: OsString,
    /// Its arguments.
    pub(crate) arguments: Vec<OsString>,
    /// Whether it is ready.
    pub(crate) answers: Box<dyn Fn() -> bool + Send + Sync>,
}

/// A server, its process while it runs, and its folder as long as it is owned.
pub(crate) struct Server {
    /// Before the folder, so that it is gone before its files are.
    process: Option<Process>,
    plan: Plan,
    folder: TempDir,
}

impl Server {
    /// Starts it and waits until it answers.
    pub(crate) fn start(plan: Plan, folder: TempDir) -> Result<Self, Error> {
        let mut server = Self { process: None, plan, folder };
        server.start_process()?;
        Ok(server)
    }

    fn start_process(&mut self) -> Result<(), Error> {
        let plan = &self.plan;
        let mut process = Process::start(plan.name, &plan.program, &plan.arguments, self.folder.path())?;
        let outcome = wait_for(START_PATIENCE, || match process.ended() {
            Some(status) => Some(Err(status)),
            None => (plan.answers)().then_some(Ok(())),
        });
        match outcome {
            Some(Ok(())) => {
                self.process = Some(process);
                Ok(())
            }
            Some(Err(status)) => Err(process.unexpected_end(status)),
            None => {
                let silent = process.silence(START_PATIENCE);
                end(process)?;
                Err(silent)
            }
        }
    }

    /// Stops it in order if it runs, and starts it again with what it had.
    pub(crate) fn restart(&mut self) -> Result<(), Error> {
        self.stop()?;
        self.start_process()
    }

    /// Asks it to end, and kills it if it does not. Nothing to do when it is not running.
    pub(crate) fn stop(&mut self) -> Result<(), Error> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        // One that is suspended hears nothing.
        let asked = process.signal(Signal::CONT).and_then(|()| process.signal(Signal::TERM));
        if asked.is_ok() && process.ended_within(STOP_PATIENCE).is_none() {
            return end(process);
        }
        Ok(())
    }

    /// Kills it, as a power cut would: its files stay.
    pub(crate) fn kill(&mut self) -> Result<(), Error> {
        end(self.process.take().ok_or_else(|| self.not_running())?)
    }

    /// Lets it hang: its connections stay open, and nothing is answered.
    pub(crate) fn suspend(&mut self) -> Result<(), Error> {
        self.running()?.signal(Signal::STOP)
    }

    /// Ends the suspension.
    pub(crate) fn resume(&mut self) -> Result<(), Error> {
        self.running()?.signal(Signal::CONT)
    }

    /// Its end, if it has ended without being asked to.
    pub(crate) fn check(&mut self) -> Result<(), Error> {
        let process = self.running()?;
        process.ended().map_or(Ok(()), |status| Err(process.unexpected_end(status)))
    }

    /// Whether it answers a request right now.
    pub(crate) fn answers(&self) -> bool {
        (self.plan.answers)()
    }

    /// Its process; `None` when it is not running.
    pub(crate) fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn running(&mut self) -> Result<&mut Process, Error> {
        let error = self.not_running();
        self.process.as_mut().ok_or(error)
    }

    fn not_running(&self) -> Error {
        Error::NotRunning { server: self.plan.name }
    }
}

/// Runs a program that ends by itself before the server starts, in the server's folder, which is removed with it if the owner
/// dies meanwhile.
pub(crate) fn prepare(
    name: &'static str,
    program: &OsStr,
    arguments: impl IntoIterator<Item = OsString>,
    folder: &Path,
) -> Result<(), Error> {
    let mut process = Process::start(name, program, arguments, folder)?;
    match process.ended_within(START_PATIENCE) {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(process.unexpected_end(status)),
        None => Err(process.silence(START_PATIENCE)),
    }
}

/// Kills the server alone. The supervisor sees an end like any other, and leaves the folder in place.
fn end(mut process: Process) -> Result<(), Error> {
    match process.signal(Signal::KILL) {
        Ok(()) => {
            process.ended_within(STOP_PATIENCE);
            Ok(())
        }
        Err(Error::NotRunning { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Tries a start again when somebody else takes the free port that was found before the server does.
pub(crate) fn start_on_free_ports<T>(mut start: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    let mut tries = 1;
    loop {
        match start() {
            Err(Error::Ended { output, .. }) if tries < TRIES && PORT_LOST.iter().any(|text| output.contains(text)) => {
                tries += 1;
            }
            outcome => return outcome,
        }
    }
}

/// A new folder for a server's files, in `parent` or where temporary files are.
pub(crate) fn new_folder(prefix: &str, parent: Option<&PathBuf>) -> Result<TempDir, Error> {
    let parent = parent.cloned().unwrap_or_else(std::env::temp_dir);
    tempfile::Builder::new().prefix(prefix).tempdir_in(&parent).map_err(Error::file(&parent))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    fn ended(output: &str) -> Error {
        Error::Ended { server: "it", status: ExitStatus::from_raw(256), output: output.to_owned() }
    }

    #[test]
    fn a_start_that_lost_its_port_is_tried_again_and_no_other_is() {
        let mut outcomes = vec![
            Ok(()),
            Err(ended("Port 1 seems to be in use by another process")),
            Err(ended("Address already in use")),
        ];
        assert!(start_on_free_ports(|| outcomes.pop().unwrap()).is_ok());
        let mut count = 0;
        let mut fail_with = |output: &'static str| {
            count = 0;
            let failed = start_on_free_ports(|| -> Result<(), Error> {
                count += 1;
                Err(ended(output))
            });
            assert!(failed.is_err());
            count
        };
        assert_eq!(fail_with("Address already in use"), TRIES);
        assert_eq!(fail_with("no such setting"), 1);
    }
}
