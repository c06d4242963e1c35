//! One Apache Kafka broker, all to itself.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::programs::Programs;
use crate::server::{Plan, Server, new_folder, prepare, start_on_free_ports};
use crate::{java, ports, probe, settings};

const NAME: &str = "Kafka";
/// Any will do, as long as it is one of Kafka's: sixteen bytes in Base64.
const CLUSTER_ID: &str = "RW5nYWdlbWVudENvbmR1Yw";
/// What Kafka says goes to its output, a line each.
const LOGGING: &str = r#"<Configuration status="ERROR">
<Appenders><Console name="out"><PatternLayout pattern="%d %p %m (%c)%n"/></Console></Appenders>
<Loggers><Root level="INFO"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"#;

/// What a cluster is to be like.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Written behind the settings of every broker here, and so over them.
    settings: Vec<(String, String)>,
    /// One that was asked for; else a free one.
    port: Option<u16>,
    /// Where its folder is made; else where temporary files are.
    parent: Option<PathBuf>,
    /// Whether Java may take its time to compile.
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
    /// Where it listens, at each start.
    port: u16,
    /// The tools that come with it.
    programs: Programs,
}

impl Cluster {
    /// Starts one and waits until it takes requests: about 5 s, and once some more to install it.
    ///
    /// # Errors
    /// What is missing on this machine, a port that is taken, or what Kafka said before it ended.
    pub fn start(options: Options) -> Result<Self, Error> {
        let programs = Programs::find()?;
        start_on_free_ports(|| Self::try_start(&options, &programs))
    }

    fn try_start(options: &Options, programs: &Programs) -> Result<Self, Error> {
        let port = options.port.map_or_else(ports::free, |port| ports::take(port, "--port"))?;
        let folder = new_folder("kafka-", options.parent.as_ref())?;
        let properties = folder.path().join("server.properties");
        let own = settings::addresses(port, ports::free()?, &folder.path().join("data"));
        write_file(&properties, &properties_text(&own, &options.settings))?;
        let logging = folder.path().join("log4j2.xml");
        write_file(&logging, LOGGING)?;
        format_data(programs, &properties, folder.path())?;
        let mut arguments: Vec<OsString> = java::MEMORY.map(OsString::from).into();
        if !options.long_lived {
            arguments.push(java::START_FAST.into());
        }
        arguments.push(format!("-Dlog4j2.configurationFile={}", logging.display()).into());
        arguments.extend(programs.class_path());
        arguments.extend(["kafka.Kafka".into(), properties.into_os_string()]);
        let answers = Box::new(move || probe::kafka_answers(port));
        let plan = Plan { name: NAME, program: programs.java.clone(), arguments, answers };
        Ok(Self { server: Server::start(plan, folder)?, port, programs: programs.clone() })
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

    /// Whether it answers a request right now; a suspended one is waited for two seconds.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.server.answers()
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

    /// What a person types to run one of Kafka's own tools.
    #[must_use]
    pub fn tool_command(&self, class: &str) -> String {
        self.programs.command_line(class)
    }

    /// Runs one of Kafka's own tools against it, such as `org.apache.kafka.tools.TopicCommand`, and gives back what it prints.
    /// A start of Java takes a second or two, and a tool that gets no answer ends by its own time-outs: for what no client of ours can do, or to hear it from somebody else.
    ///
    /// # Errors
    /// What the tool says when it fails.
    pub fn tool(&self, class: &str, arguments: &[&str]) -> Result<String, Error> {
        let bootstrap = ["--bootstrap-server".to_owned(), self.bootstrap_servers()];
        let arguments = bootstrap.into_iter().map(OsString::from).chain(arguments.iter().map(OsString::from));
        self.programs.run(class, arguments)
    }
}

/// Kafka starts on formatted data only.
fn format_data(programs: &Programs, properties: &Path, folder: &Path) -> Result<(), Error> {
    let mut arguments: Vec<OsString> = vec![java::START_FAST.into()];
    arguments.extend(programs.class_path());
    arguments.extend(["kafka.tools.StorageTool", "format", "--standalone"].map(OsString::from));
    arguments.extend(["--cluster-id".into(), CLUSTER_ID.into(), "--config".into(), properties.into()]);
    prepare(NAME, &programs.java, arguments, folder)
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
