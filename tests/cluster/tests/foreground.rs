//! The binary, as a person or a script meets it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cluster::clock::wait_for;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

/// Both servers, started by the binary, their files in a folder of the test.
struct Running {
    child: Child,
    folder: TempDir,
    ports: [u16; 2],
    said: String,
}

/// Starts the binary and reads what it says until it is ready.
fn start(ports: [u16; 2]) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let [port, registry_port] = ports.map(|port| port.to_string());
    let mut child = Command::new(env!("CARGO_BIN_EXE_cluster"))
        .args(["kafka", "--port", &port, "--registry-port", &registry_port, "--dir"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    while !said.contains("Ctrl-C stops everything") {
        assert_ne!(lines.read_line(&mut said).unwrap(), 0, "it has ended:\n{said}");
    }
    Running { child, folder, ports, said }
}

impl Running {
    fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    fn listens(&self) -> [bool; 2] {
        self.ports.map(|port| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())
    }
}

#[test]
fn an_interrupt_stops_both_servers_and_removes_what_they_wrote() {
    let mut running = start([11_092, 11_081]);
    for line in ["bootstrap.servers=127.0.0.1:11092", "schema.registry.url=http://127.0.0.1:11081/apis/ccompat/v7"] {
        assert!(running.said.lines().any(|said| said.trim() == line), "{line} is not in:\n{}", running.said);
    }
    assert_eq!(running.listens(), [true; 2]);
    running.signal(Signal::INT);
    let status = wait_for(PATIENCE, || running.child.try_wait().unwrap()).unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(running.listens(), [false; 2]);
    assert_eq!(names(running.folder.path()), [""; 0]);
}

#[test]
fn nothing_is_left_when_the_owner_is_killed() {
    let mut running = start([11_192, 11_181]);
    assert_eq!(names(running.folder.path()).len(), 2);
    running.signal(Signal::KILL);
    running.child.wait().unwrap();
    let gone = wait_for(PATIENCE, || names(running.folder.path()).is_empty().then_some(()));
    assert!(gone.is_some(), "left behind: {:?}", names(running.folder.path()));
    assert_eq!(running.listens(), [false; 2]);
}

#[test]
fn a_taken_port_is_refused_before_anything_is_started() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 11_281)).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_cluster"))
        .args(["kafka", "--port", "11292", "--registry-port", "11281"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = child.wait().unwrap();
    let (mut said, mut refused) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut refused).unwrap();
    assert_eq!((status.code(), said.as_str()), (Some(2), ""));
    assert!(refused.contains("port 11281 is taken") && refused.contains("--registry-port"), "{refused}");
    drop(taken);
}

/// What is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}
