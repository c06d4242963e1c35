//! One process of the application, and what can be done to it.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use cluster::clock::wait_for;
use rustix::process::{Pid, Signal, kill_process};

/// How long a process may take for what it does at once.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process, or its place while it is dead. Dropped, it is killed.
pub(crate) struct Instance {
    name: &'static str,
    folder: PathBuf,
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
    address: SocketAddr,
    child: Option<Child>,
}

impl Instance {
    /// A process of the stream of this name, with its state and its log in the folder; not started.
    pub(crate) fn new(name: &'static str, folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let state = folder.join(name).display().to_string();
        Self::of_role("run", name, folder, &[&["--state-dir", &state], arguments].concat(), environment)
    }

    /// A process that runs this command, with its log in the folder; not started.
    pub(crate) fn of_role(
        role: &str,
        name: &'static str,
        folder: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let mut all: Vec<String> = [role, "--instance", name, "--listen"].map(str::to_owned).to_vec();
        all.push(address.to_string());
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        Self {
            name,
            folder: folder.to_owned(),
            environment: environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            arguments: all,
            address,
            child: None,
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn start(&mut self) {
        assert!(self.child.is_none(), "{} runs already", self.name);
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let others = std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("CONDUCTOR__"));
        let child = Command::new(env!("CARGO_BIN_EXE_conductor"))
            .args(&self.arguments)
            .current_dir(&self.folder)
            .env_clear()
            .envs(others)
            .envs(self.environment.iter().cloned())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// Starts it again if it was killed.
    pub(crate) fn start_if_dead(&mut self) {
        if self.child.is_none() {
            self.start();
        }
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Lets it hang, or go on.
    pub(crate) fn signal(&self, signal: Signal) {
        let child = self.child.as_ref().unwrap();
        kill_process(Pid::from_child(child), signal).unwrap();
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.stop_within(PATIENCE)
    }

    /// The same, for who does not wait longer.
    pub(crate) fn stop_within(&mut self, patience: Duration) -> ExitStatus {
        self.signal(Signal::TERM);
        self.ended_within(patience)
    }

    /// Waits until it has ended, by itself or because it was told to.
    pub(crate) fn ended_within(&mut self, patience: Duration) -> ExitStatus {
        let child = self.child.as_mut().unwrap();
        let ended = wait_for(patience, || child.try_wait().unwrap());
        let status = ended.unwrap_or_else(|| panic!("{} does not end in {patience:?}: {}", self.name, self.said()));
        self.child = None;
        status
    }

    /// It must not end by itself.
    pub(crate) fn check(&mut self) {
        if let Some(child) = &mut self.child
            && let Some(status) = child.try_wait().unwrap()
        {
            panic!("{} has ended with {status}: {}", self.name, self.said());
        }
    }

    /// What `/tasks` shows; nothing while it does not answer.
    pub(crate) fn tasks(&self) -> Option<Vec<serde_json::Value>> {
        let shown: serde_json::Value = serde_json::from_str(&self.ask("/tasks")?.1).unwrap();
        let threads = shown["threads"].as_array().unwrap();
        Some(threads.iter().flat_map(|thread| thread["tasks"].as_array().unwrap()).cloned().collect())
    }

    /// Waits until it is ready.
    pub(crate) fn await_ready(&mut self) {
        let ready = wait_for(PATIENCE, || {
            self.check();
            // Without a task it would be ready for nothing.
            let works = self.tasks().is_some_and(|tasks| !tasks.is_empty());
            (works && self.ask("/healthz/ready")?.0 == 200).then_some(())
        });
        assert!(ready.is_some(), "{} is not ready: {:?} {}", self.name, self.ask("/healthz/ready"), self.said());
    }

    /// Loses its disk, while it is dead.
    pub(crate) fn wipe(&self) {
        assert!(self.child.is_none(), "{} runs", self.name);
        std::fs::remove_dir_all(self.folder.join(self.name)).unwrap();
    }

    /// What it answers at this path; nothing while it does not answer.
    pub(crate) fn ask(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(2)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, body.to_owned()))
    }

    /// The end of its log.
    pub(crate) fn said(&self) -> String {
        let text = std::fs::read_to_string(self.log()).unwrap_or_default();
        let from = text.lines().count().saturating_sub(30);
        text.lines().skip(from).collect::<Vec<_>>().join("\n")
    }

    fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.kill());
            drop(child.wait());
        }
    }
}
