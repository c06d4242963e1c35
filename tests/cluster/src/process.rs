//! A process that ends when its owner ends, however the owner ends.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::clock::wait_for;
use crate::error::Error;

/// The shell that stands between the owner and the server.
const SUPERVISOR: &str = include_str!("supervise.sh");
/// How much of a server's output is searched for what it says about its end.
const SEARCHED_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// How much of it an error shows.
const SHOWN_BYTES: usize = 3_000;

/// A server process. Dropped, it is killed, and its folder is removed; the same happens when this process dies.
#[derive(Debug)]
pub(crate) struct Process {
    /// For messages.
    name: &'static str,
    /// Ends right after the server, with the server's status.
    supervisor: Child,
    /// Closed, it tells the supervisor that nobody needs the server any more.
    lifeline: Option<ChildStdin>,
    /// The server itself, which signals go to. Valid as long as the supervisor has not ended.
    server: Pid,
    /// What the server says, and said in its former lives.
    output: PathBuf,
    /// Where this life begins in it.
    output_from: u64,
}

impl Process {
    /// Starts `program`, which lives in `folder` and may be removed with it.
    pub(crate) fn start<S: AsRef<OsStr>>(
        name: &'static str,
        program: &OsStr,
        arguments: impl IntoIterator<Item = S>,
        folder: &Path,
    ) -> Result<Self, Error> {
        let output = folder.join("output.log");
        let log = File::options().create(true).append(true).open(&output).map_err(Error::file(&output))?;
        let output_from = log.metadata().map_err(Error::file(&output))?.len();
        let spawned = Command::new("sh")
            .args(["-c", SUPERVISOR, "supervise"])
            .args([folder, &output])
            .arg(program)
            .args(arguments)
            .current_dir(folder)
            // Ctrl-C in a terminal is the owner's: it stops its servers in order.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn();
        let spawn_error = |source| Error::Spawn { program: program.to_string_lossy().into_owned(), source };
        let mut supervisor = spawned.map_err(spawn_error)?;
        let lifeline = supervisor.stdin.take();
        let mut line = String::new();
        if let Some(stdout) = supervisor.stdout.take() {
            BufReader::new(stdout.take(32)).read_line(&mut line).map_err(spawn_error)?;
        }
        let server = line.trim().parse().ok().and_then(Pid::from_raw);
        let server = server.ok_or_else(|| spawn_error(io::ErrorKind::InvalidData.into()))?;
        Ok(Self { name, supervisor, lifeline, server, output, output_from })
    }

    /// How it ended; `None` while it runs.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.supervisor.try_wait().ok().flatten()
    }

    /// Waits for its end.
    pub(crate) fn ended_within(&mut self, patience: Duration) -> Option<ExitStatus> {
        wait_for(patience, || self.ended())
    }

    /// Sends a signal to the server.
    pub(crate) fn signal(&mut self, signal: Signal) -> Result<(), Error> {
        if self.ended().is_some() {
            return Err(Error::NotRunning { server: self.name });
        }
        kill_process(self.server, signal).map_err(|source| Error::Signal { server: self.name, source: source.into() })
    }

    /// The server's process, for who wants to measure it.
    pub(crate) fn id(&self) -> u32 {
        self.server.as_raw_nonzero().get().unsigned_abs()
    }

    /// The error of an end that nobody asked for.
    pub(crate) fn unexpected_end(&self, status: ExitStatus) -> Error {
        Error::Ended { server: self.name, status, output: self.last_words() }
    }

    /// The error of waiting in vain.
    pub(crate) fn silence(&self, patience: Duration) -> Error {
        Error::Silent { server: self.name, seconds: patience.as_secs(), output: self.last_words() }
    }

    /// What it said that explains its end, or its silence.
    fn last_words(&self) -> String {
        said(&self.output, self.output_from).map_or_else(|_| String::new(), |text| explanation(&text))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let _ = self.supervisor.wait();
    }
}

/// A file from a place on; of a very long one, only the end.
fn said(path: &Path, from: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(from.max(size.saturating_sub(SEARCHED_BYTES_MAX))))?;
    let mut bytes = Vec::new();
    file.take(SEARCHED_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// From the first error on, because a broker goes on for pages about how it shuts down; without an error, the end.
pub(crate) fn explanation(text: &str) -> String {
    let mut start = 0;
    let error = text.split_inclusive('\n').find_map(|line| {
        let here = start;
        start += line.len();
        line.contains(" ERROR ").then_some(here)
    });
    let shown = match error.and_then(|start| text.get(start..)) {
        Some(text) => text.get(..text.floor_char_boundary(SHOWN_BYTES)),
        None => text.get(text.ceil_char_boundary(text.len().saturating_sub(SHOWN_BYTES))..),
    };
    shown.unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_explains_an_end_and_pages_of_shutting_down_do_not() {
        let goodbye = "INFO Shutdown completed\n".repeat(1_000);
        let text = format!("INFO starting\n1 ERROR no place\nCaused by: taken\n2 ERROR exiting\n{goodbye}");
        let explained = explanation(&text);
        assert!(explained.starts_with("1 ERROR no place\nCaused by: taken\n2 ERROR exiting\n"), "{explained}");
        assert!(explained.len() <= SHOWN_BYTES);
    }

    #[test]
    fn without_an_error_the_end_is_shown() {
        assert_eq!(explanation("INFO a\nINFO b\n"), "INFO a\nINFO b");
        let long = format!("{}last word", "\u{00e4}".repeat(2_001));
        let explained = explanation(&long);
        assert!(explained.ends_with("last word") && explained.len() <= SHOWN_BYTES);
        assert_eq!(explanation(""), "");
    }
}
