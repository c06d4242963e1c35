//! One of a cluster's brokers: a process with a folder of its own.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::error::Error;
use crate::programs::Programs;
use crate::server::{Plan, Server, prepare};
use crate::settings::Place;
use crate::{java, probe};

const NAME: &str = "Kafka";
/// Any will do, as long as it is one of Kafka's: sixteen bytes in Base64.
const CLUSTER_ID: &str = "RW5nYWdlbWVudENvbmR1Yw";
/// What Kafka says goes to its output, a line each.
const LOGGING: &str = r#"<Configuration status="ERROR">
<Appenders><Console name="out"><PatternLayout pattern="%d %p %m (%c)%n"/></Console></Appenders>
<Loggers><Root level="INFO"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"#;

/// A broker, listening on the loopback only. Dropped, it is killed and its files are removed.
pub struct Broker {
    server: Server,
    /// Where it listens, at each start.
    place: Place,
}

impl Broker {
    /// Starts one in this folder and waits until it takes requests. Later settings replace earlier ones.
    pub(crate) fn start(
        programs: &Programs,
        folder: TempDir,
        place: Place,
        settings: &[(String, String)],
        java: Vec<OsString>,
    ) -> Result<Self, Error> {
        let properties = folder.path().join("server.properties");
        write_file(&properties, &properties_text(settings))?;
        let logging = folder.path().join("log4j2.xml");
        write_file(&logging, LOGGING)?;
        format_data(programs, &properties, folder.path())?;
        let mut arguments = java;
        arguments.push(format!("-Dlog4j2.configurationFile={}", logging.display()).into());
        arguments.extend(programs.class_path());
        arguments.extend(["kafka.Kafka".into(), properties.into_os_string()]);
        let answers = Box::new(move || probe::kafka_answers(place.port, place.id));
        let plan = Plan { name: NAME, program: programs.java.clone(), arguments, answers };
        Ok(Self { server: Server::start(plan, folder)?, place })
    }

    /// Where it listens: `host:port`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.place.port)
    }

    /// The same for those who come by TLS, if they may.
    #[must_use]
    pub fn secured_address(&self) -> Option<String> {
        self.place.secured.map(|port| format!("127.0.0.1:{port}"))
    }

    /// Stops it in order if it runs, and starts it again with its data, on the same port.
    ///
    /// # Errors
    /// What Kafka said before it ended.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.server.restart()
    }

    /// Stops it in order; its data stay for a [`restart`](Self::restart).
    ///
    /// # Errors
    /// The system refuses to signal it.
    pub fn stop(&mut self) -> Result<(), Error> {
        self.server.stop()
    }

    /// Kills it (SIGKILL), as a power cut would; its data stay for a [`restart`](Self::restart).
    ///
    /// # Errors
    /// It is not running.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.server.kill()
    }

    /// Lets it hang (SIGSTOP): connections stay open, nothing is answered.
    ///
    /// # Errors
    /// It is not running.
    pub fn suspend(&mut self) -> Result<(), Error> {
        self.server.suspend()
    }

    /// Ends the suspension (SIGCONT).
    ///
    /// # Errors
    /// It is not running.
    pub fn resume(&mut self) -> Result<(), Error> {
        self.server.resume()
    }

    /// Whether it is still there.
    ///
    /// # Errors
    /// What it said before it ended, or that it was stopped.
    pub fn check(&mut self) -> Result<(), Error> {
        self.server.check()
    }

    /// Whether it answers a request right now; a suspended one is waited for two seconds.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.server.answers()
    }

    /// Its process, for who wants to measure it; `None` when it is not running.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.server.process_id()
    }

    /// Where its settings, its data and its output are, as long as it is owned.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.server.folder()
    }
}

/// Kafka starts on formatted data only.
fn format_data(programs: &Programs, properties: &Path, folder: &Path) -> Result<(), Error> {
    let mut arguments: Vec<OsString> = vec![java::START_FAST.into()];
    arguments.extend(programs.class_path());
    arguments.extend(["kafka.tools.StorageTool", "format"].map(OsString::from));
    arguments.extend(["--cluster-id".into(), CLUSTER_ID.into(), "--config".into(), properties.into()]);
    prepare(NAME, &programs.java, arguments, folder)
}

/// Later settings replace earlier ones: Java's properties keep the last of a key.
fn properties_text(settings: &[(String, String)]) -> String {
    settings.iter().fold(String::new(), |mut text, (key, value)| {
        // Writing to a String can not fail.
        let _ = writeln!(text, "{key}={value}");
        text
    })
}

fn write_file(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(Error::file(path))
}
