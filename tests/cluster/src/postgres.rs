//! A PostgreSQL, all to itself.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::ports;
use crate::server::{Plan, Server, new_folder, prepare, start_on_free_ports};

const NAME: &str = "PostgreSQL";
/// The user, and the name of the database.
const USER: &str = "postgres";
/// Where Debian puts what other programs do not need.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A PostgreSQL that listens on the loopback only and forgets everything. Dropped, it is killed and its files are removed; the same
/// happens when this process ends in any other way.
pub struct Postgres {
    server: Server,
    /// Where it listens, at each start.
    port: u16,
}

impl Postgres {
    /// Starts one and waits until it takes connections: about 2 s.
    ///
    /// # Errors
    /// What is missing on this machine, or what it said before it ended.
    pub fn start() -> Result<Self, Error> {
        let programs = find()?;
        start_on_free_ports(|| Self::try_start(&programs))
    }

    fn try_start(programs: &Path) -> Result<Self, Error> {
        let port = ports::free()?;
        let folder = new_folder("postgres-", None)?;
        let data = folder.path().join("data");
        let owner = Owner::find(folder.path())?;
        let (program, mut arguments) = owner.run(programs.join("initdb"));
        arguments
            .extend(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "-U", USER, "-D"].map(Into::into));
        arguments.push(data.clone().into());
        prepare(NAME, &program, arguments, folder.path())?;
        let (program, mut arguments) = owner.run(programs.join("postgres"));
        arguments.extend(["-D".into(), data.into_os_string(), "-p".into(), port.to_string().into()]);
        // On no disk longer than the test, so it need not wait for one.
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "full_page_writes=off"] {
            arguments.extend(["-c".into(), setting.into()]);
        }
        let ready = programs.join("pg_isready");
        let answers = Box::new(move || is_ready(&ready, port));
        Ok(Self { server: Server::start(Plan { name: NAME, program, arguments, answers }, folder)?, port })
    }

    /// Where clients find it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{USER}", self.port)
    }

    /// Stops it if it runs, and starts it again with its data, on the same port.
    ///
    /// # Errors
    /// What it said before it ended.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.server.restart()
    }

    /// Kills it, as a crash would: its data stay.
    ///
    /// # Errors
    /// It does not run.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.server.kill()
    }
}

fn is_ready(program: &Path, port: u16) -> bool {
    let mut asked = Command::new(program);
    asked.args(["-q", "-h", "127.0.0.1", "-t", "1", "-p", &port.to_string()]).stdin(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}

/// The folder of its programs.
fn find() -> Result<PathBuf, Error> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = std::fs::read_dir(DEBIAN) {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    let found = folders.into_iter().rfind(|folder| folder.join("initdb").exists() && folder.join("postgres").exists());
    found.ok_or(Error::NoPostgres)
}

/// Who runs it: PostgreSQL refuses root.
struct Owner {
    is_another: bool,
}

impl Owner {
    /// This user, or the one that Debian has for it, to whom the folder is given.
    fn find(folder: &Path) -> Result<Self, Error> {
        if !rustix::process::getuid().is_root() {
            return Ok(Self { is_another: false });
        }
        let users = Path::new("/etc/passwd");
        let text = std::fs::read_to_string(users).map_err(Error::file(users))?;
        let entry = text.lines().find_map(|line| line.strip_prefix(USER)?.strip_prefix(':'));
        let ids = entry.and_then(|rest| {
            let mut fields = rest.split(':').skip(1).map(str::parse::<u32>);
            Some((fields.next()?.ok()?, fields.next()?.ok()?))
        });
        let (user, group) = ids.ok_or(Error::NoPostgres)?;
        chown(folder, Some(user), Some(group)).map_err(Error::file(folder))?;
        Ok(Self { is_another: true })
    }

    /// The program, and the arguments before its own.
    fn run(&self, program: PathBuf) -> (OsString, Vec<OsString>) {
        if !self.is_another {
            return (program.into_os_string(), Vec::new());
        }
        let change = ["--reuid", USER, "--regid", USER, "--clear-groups"].map(OsString::from);
        (OsStr::new("setpriv").to_owned(), change.into_iter().chain([program.into_os_string()]).collect())
    }
}
