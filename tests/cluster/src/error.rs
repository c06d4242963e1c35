//! What can go wrong, and whose turn it is.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// Why there is no server, or why it can not be told what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither an override nor a home.
    #[error("no folder to install into: set ENGAGEMENT_CONDUCTOR_CACHE to a folder")]
    NoCache,
    /// Kafka and the registry run on Java.
    #[error(
        "`{program}` is missing or does not run: install Java {needed} or newer (Debian, Ubuntu: apt-get install \
         openjdk-17-jdk; macOS: brew install openjdk@17, and set JAVA_HOME)"
    )]
    NoJava {
        /// What was tried.
        program: String,
        /// The oldest version that will do.
        needed: u32,
    },
    /// A Java that Kafka refuses.
    #[error("`{program}` is Java {found}, Kafka needs {needed} or newer: install it, or set JAVA_HOME to one that is")]
    OldJava {
        /// What was tried.
        program: String,
        /// What it says it is.
        found: u32,
        /// The oldest version that will do.
        needed: u32,
    },
    /// Neither on the path nor where Debian puts it.
    #[error(
        "PostgreSQL is missing: install it (Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql)"
    )]
    NoPostgres,
    /// What fetches Kafka and the registry.
    #[error("Maven is missing: install it (Debian, Ubuntu: apt-get install maven; macOS: brew install maven)")]
    NoMaven,
    /// Nothing was installed.
    #[error("Maven could not fetch {what}: {output}")]
    Fetch {
        /// What was to be installed.
        what: &'static str,
        /// The last of what Maven said.
        output: String,
    },
    /// A file or folder can not be read or written.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else listens there.
    #[error("port {port} is taken: stop what listens there, or choose another with {flag}")]
    PortTaken {
        /// The port that was asked for.
        port: u16,
        /// What sets it.
        flag: &'static str,
    },
    /// Not one of the ports that are tried is free.
    #[error("no free port between {first} and {last} on 127.0.0.1")]
    NoPort {
        /// The first that was tried.
        first: u16,
        /// The last.
        last: u16,
    },
    /// A program can not be started.
    #[error("cannot start `{program}`: {source}")]
    Spawn {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// A server ended that nobody had asked to.
    #[error("{server} has ended ({status}); what it said:\n{output}")]
    Ended {
        /// Which.
        server: &'static str,
        /// How.
        status: ExitStatus,
        /// The last of what it said.
        output: String,
    },
    /// A server runs and does not answer.
    #[error("{server} does not answer after {seconds} s; what it said:\n{output}")]
    Silent {
        /// Which.
        server: &'static str,
        /// How long it was waited for.
        seconds: u64,
        /// The last of what it said.
        output: String,
    },
    /// A server that was stopped or killed, and not started again.
    #[error("{server} is not running: restart it first")]
    NotRunning {
        /// Which.
        server: &'static str,
    },
    /// The system refuses a signal.
    #[error("cannot signal {server}: {source}")]
    Signal {
        /// Whom.
        server: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The system lets nobody listen to Ctrl-C.
    #[error("cannot listen to signals: {0}")]
    Signals(io::Error),
    /// One of Kafka's own tools failed.
    #[error("{class} failed ({status}):\n{output}")]
    Tool {
        /// The tool's class.
        class: String,
        /// How it ended.
        status: ExitStatus,
        /// The last of what it said.
        output: String,
    },
}

impl Error {
    /// 2: something on this machine or on the command line is to be changed first. 1: it went wrong.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NoCache | Self::NoJava { .. } | Self::OldJava { .. } | Self::NoMaven | Self::PortTaken { .. } => 2,
            _ => 1,
        }
    }

    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}
