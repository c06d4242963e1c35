//! A process that ends when its owner ends, however the owner ends.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::clock::wait_for;
use crate::error::Error;

/// The shell that stands between the owner and the server.
const SUPERVISOR: &str = include_str!("supervise.sh");
/// How much of its output an error shows.
const LAST_WORDS_BYTES: u64 = 3_000;

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
    /// What the server says.
    output: PathBuf,
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
        let server = server.ok_or_else(|| spawn_error(std::io::ErrorKind::InvalidData.into()))?;
        Ok(Self { name, supervisor, lifeline, server, output })
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

    /// The last of what it said.
    pub(crate) fn last_words(&self) -> String {
        tail(&self.output).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let _ = self.supervisor.wait();
    }
}

/// The last lines of a file.
fn tail(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(LAST_WORDS_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(LAST_WORDS_BYTES).read_to_end(&mut bytes)?;
    Ok(last_lines(&bytes, size > LAST_WORDS_BYTES))
}

/// Whole lines only: the first one of a cut text is not.
pub(crate) fn last_lines(bytes: &[u8], cut: bool) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = if cut { text.split_once('\n').map_or("", |(_, rest)| rest) } else { &text };
    text.trim_end().to_owned()
}
