//! One Apache Kafka broker, all to itself.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::process::last_lines;
use crate::server::{Plan, Server, new_folder};
use crate::{install, java, ports, probe, settings};

const NAME: &str = "Kafka";
/// Any will do, as long as it is one of Kafka's: sixteen bytes in Base64.
const CLUSTER_ID: &str = "RW5nYWdlbWVudENvbmR1Yw";
/// How often a start is tried when somebody takes a free port before the broker does.
const TRIES: u32 = 3;
/// What it says then.
const PORT_LOST: &str = "Address already in use";
/// What Kafka says goes to its output, a line each.
const LOGGING: &str = r#"<Configuration status="ERROR">
<Appenders><Console name="out"><PatternLayout pattern="%d %p %m (%c)%n"/></Console></Appenders>
<Loggers><Root level="INFO"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"#;

/// What a cluster is to be like.
#[derive(Clone, Debug, Default)]
pub struct Options {
    settings: Vec<(String, String)>,
    port: Option<u16>,
    parent: Option<PathBuf>,
    long_lived: bool,
}

impl Options {
    /// A cluster as tests want it: free ports, settings of [`settings::BROKER`], files where temporary files are.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets one of the broker's settings, and so replaces the one of [`settings::BROKER`].
    #[must_use]
    pub fn set(mut self, key: &str, value: impl ToString) -> Self {
        self.settings.push((key.to_owned(), value.to_string()));
        self
    }

    /// Asks for a port, which is refused if it is taken.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Makes the folder of its files in this one.
    #[must_use]
    pub fn within(mut self, parent: &Path) -> Self {
        self.parent = Some(parent.to_owned());
        self
    }

    /// Starts more slowly and runs faster: for one that lives longer than a test.
    #[must_use]
    pub fn long_lived(mut self) -> Self {
        self.long_lived = true;
        self
    }
}

/// A cluster of one broker, listening on the loopback only. Dropped, it is killed and its files are removed; the same happens
/// when this process ends in any other way.
pub struct Cluster {
    server: Server,
    port: u16,
    /// The program and its first arguments: what Kafka's tools are started with.
    java: OsString,
    class_path: Vec<OsString>,
}

impl Cluster {
    /// Starts one and waits until it takes requests: about 5 s, and once some more to install it.
    ///
    /// # Errors
    /// What is missing on this machine, a port that is taken, or what Kafka said before it ended.
    pub fn start(options: Options) -> Result<Self, Error> {
        let java = java::find()?;
        let jars = install::kafka()?;
        let mut tries = 1;
        loop {
            match Self::try_start(&options, &java, &jars) {
                Err(Error::Ended { output, .. }) if output.contains(PORT_LOST) && tries < TRIES => tries += 1,
                outcome => return outcome,
            }
        }
    }

    fn try_start(options: &Options, java: &OsString, jars: &Path) -> Result<Self, Error> {
        let port = options.port.map_or_else(ports::free, |port| ports::take(port, "--port"))?;
        let folder = new_folder("kafka-", options.parent.as_ref())?;
        let class_path = class_path(jars, folder.path());
        let properties = folder.path().join("server.properties");
        let own = settings::addresses(port, ports::free()?, &folder.path().join("data"));
        write_file(&properties, &properties_text(&own, &options.settings))?;
        write_file(&folder.path().join("log4j2.xml"), LOGGING)?;
        let format = ["format", "--standalone", "--cluster-id", CLUSTER_ID, "--config"].map(OsString::from);
        let format = format.into_iter().chain([properties.clone().into_os_string()]);
        run_tool(java, &class_path, "kafka.tools.StorageTool", format)?;
        let speed = (!options.long_lived).then(|| java::START_FAST.into());
        let main = ["kafka.Kafka".into(), properties.into_os_string()];
        let plan = Plan {
            name: NAME,
            program: java.clone(),
            arguments: java::MEMORY
                .map(Into::into)
                .into_iter()
                .chain(speed)
                .chain(class_path.clone())
                .chain(main)
                .collect(),
            answers: Box::new(move || probe::kafka_answers(port)),
        };
        Ok(Self { server: Server::start(plan, folder)?, port, java: java.clone(), class_path })
    }

    /// What clients are to be given as `bootstrap.servers`.
    #[must_use]
    pub fn bootstrap_servers(&self) -> String {
        format!("127.0.0.1:{}", self.port)
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

    /// The broker's process, for who wants to measure it; `None` when it is not running.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.server.process_id()
    }

    /// Where its settings, its data and its output are, as long as it is owned.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.server.folder()
    }

    /// Runs one of Kafka's own tools against it, such as `org.apache.kafka.tools.TopicCommand`, and gives back what it prints.
    /// A start of Java takes a second or two: for what no client of ours can do, or to hear it from somebody else.
    ///
    /// # Errors
    /// What the tool says when it fails.
    pub fn tool(&self, class: &str, arguments: &[&str]) -> Result<String, Error> {
        let bootstrap = ["--bootstrap-server".to_owned(), self.bootstrap_servers()];
        let arguments = bootstrap.into_iter().map(OsString::from).chain(arguments.iter().map(OsString::from));
        run_tool(&self.java, &self.class_path, class, arguments)
    }
}

fn run_tool(
    java: &OsString,
    class_path: &[OsString],
    class: &str,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<String, Error> {
    let ran = Command::new(java)
        .args(java::MEMORY)
        .arg(java::START_FAST)
        .args(class_path)
        .arg(class)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| Error::Spawn { program: java.to_string_lossy().into_owned(), source })?;
    let printed = last_lines(&ran.stdout, false);
    if ran.status.success() {
        return Ok(printed);
    }
    let output = format!("{printed}\n{}", last_lines(&ran.stderr, false));
    Err(Error::Tool { class: class.to_owned(), status: ran.status, output })
}

fn class_path(jars: &Path, folder: &Path) -> Vec<OsString> {
    let mut logging = OsString::from("-Dlog4j2.configurationFile=");
    logging.push(folder.join("log4j2.xml"));
    // Java itself expands the star, to all jars.
    vec![logging, "-cp".into(), jars.join("*").into_os_string()]
}

/// Later settings replace earlier ones: Java's properties keep the last of a key.
fn properties_text(own: &[(&str, String)], more: &[(String, String)]) -> String {
    let mut text = String::new();
    let mut line = |key: &str, value: &str| {
        let _ = writeln!(text, "{key}={value}");
    };
    own.iter().for_each(|(key, value)| line(key, value));
    settings::BROKER.iter().for_each(|(key, value)| line(key, value));
    more.iter().for_each(|(key, value)| line(key, value));
    text
}

fn write_file(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(Error::file(path))
}
