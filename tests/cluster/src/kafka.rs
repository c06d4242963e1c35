//! An Apache Kafka cluster, all to itself: one broker, or several that replicate.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::broker::Broker;
use crate::certificate::Certificate;
use crate::error::Error;
use crate::programs::Programs;
use crate::server::{new_folder, start_on_free_ports};
use crate::settings::Place;
use crate::{java, ports, settings};

/// What a cluster is to be like.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many brokers it has.
    brokers: usize,
    /// Whether there is a listener with TLS and a password, too.
    is_secured: bool,
    /// Written behind the settings of every broker here, and so over them.
    settings: Vec<(String, String)>,
    /// One that was asked for, of the first broker; else a free one.
    port: Option<u16>,
    /// Where its folders are made; else where temporary files are.
    parent: Option<PathBuf>,
    /// Whether Java may take its time to compile.
    long_lived: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { brokers: 1, is_secured: false, settings: Vec::new(), port: None, parent: None, long_lived: false }
    }
}

impl Options {
    /// A cluster as tests want it: one broker, free ports, settings of [`settings::BROKER`], files where temporary files are.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Three brokers that hold every partition three times, each of them also a controller: any one may die. Settings of
    /// [`settings::REPLICATED`].
    #[must_use]
    pub fn replicated(mut self) -> Self {
        self.brokers = 3;
        self
    }

    /// Adds a listener to which this user may come by TLS (`SASL_SSL`, mechanism `PLAIN`); the open one stays. The certificate must live as
    /// long as the cluster.
    #[must_use]
    pub fn secured(mut self, certificate: &Certificate, user: &str, password: &str) -> Self {
        self.is_secured = true;
        self.settings.extend(settings::secured(&certificate.keystore(), user, password));
        self
    }

    /// Sets one of the brokers' settings, and so replaces the one of [`settings::BROKER`].
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

    /// Makes the folders of its files in this one.
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

    fn is_replicated(&self) -> bool {
        self.brokers > 1
    }

    /// What Java is told. It, too, keeps the last of what is said twice.
    fn java(&self) -> Vec<OsString> {
        let small = self.is_replicated().then_some(settings::HEAP_OF_SEVERAL);
        let fast = (!self.long_lived).then_some(java::START_FAST);
        java::MEMORY.into_iter().chain(small).chain(fast).map(OsString::from).collect()
    }

    /// Where a broker listens and keeps its data, and all other settings; the later replace the earlier.
    fn settings(&self, addresses: Vec<(&'static str, String)>) -> Vec<(String, String)> {
        let replicated = if self.is_replicated() { &settings::REPLICATED[..] } else { &[] };
        let of_house = settings::BROKER.iter().chain(replicated).map(|(key, value)| (*key, (*value).to_owned()));
        let ours = addresses.into_iter().chain(of_house).map(|(key, value)| (key.to_owned(), value));
        ours.chain(self.settings.iter().cloned()).collect()
    }
}

/// A cluster, listening on the loopback only. Dropped, it is killed and its files are removed; the same happens when this process
/// ends in any other way. What is done to it is done to all of its brokers.
pub struct Cluster {
    /// At least one.
    brokers: Vec<Broker>,
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
        let mut places = Vec::new();
        for (id, asked) in (1..).zip([options.port].into_iter().chain(std::iter::repeat(None))).take(options.brokers) {
            let port = asked.map_or_else(ports::free, |port| ports::take(port, "--port"))?;
            let secured = options.is_secured.then(ports::free).transpose()?;
            places.push(Place { id, port, controller: ports::free()?, secured });
        }
        let brokers = all_at_once(places.iter(), |place| {
            let folder = new_folder("kafka-", options.parent.as_ref())?;
            let addresses = settings::addresses(*place, &places, &folder.path().join("data"));
            Broker::start(programs, folder, *place, &options.settings(addresses), options.java())
        })?;
        Ok(Self { brokers, programs: programs.clone() })
    }

    /// What clients are to be given as `bootstrap.servers`.
    #[must_use]
    pub fn bootstrap_servers(&self) -> String {
        self.brokers.iter().map(Broker::address).collect::<Vec<_>>().join(",")
    }

    /// The same for those who come by TLS; nothing where nobody may.
    #[must_use]
    pub fn secured_servers(&self) -> String {
        self.brokers.iter().filter_map(Broker::secured_address).collect::<Vec<_>>().join(",")
    }

    /// Its brokers. Kafka counts them from 1.
    #[must_use]
    pub fn brokers(&self) -> &[Broker] {
        &self.brokers
    }

    /// The same, to do something to one of them.
    pub fn brokers_mut(&mut self) -> &mut [Broker] {
        &mut self.brokers
    }

    /// Stops it in order if it runs, and starts it again with its data, on the same ports.
    ///
    /// # Errors
    /// What Kafka said before it ended.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop()?;
        all_at_once(self.brokers.iter_mut(), Broker::restart).map(drop)
    }

    /// Stops it in order; its data stay for a [`restart`](Self::restart).
    ///
    /// # Errors
    /// The system refuses to signal it.
    pub fn stop(&mut self) -> Result<(), Error> {
        all_at_once(self.brokers.iter_mut(), Broker::stop).map(drop)
    }

    /// Kills it (SIGKILL), as a power cut would; its data stay for a [`restart`](Self::restart).
    ///
    /// # Errors
    /// It is not running.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.brokers.iter_mut().try_for_each(Broker::kill)
    }

    /// Lets it hang (SIGSTOP): connections stay open, nothing is answered.
    ///
    /// # Errors
    /// It is not running.
    pub fn suspend(&mut self) -> Result<(), Error> {
        self.brokers.iter_mut().try_for_each(Broker::suspend)
    }

    /// Ends the suspension (SIGCONT).
    ///
    /// # Errors
    /// It is not running.
    pub fn resume(&mut self) -> Result<(), Error> {
        self.brokers.iter_mut().try_for_each(Broker::resume)
    }

    /// Whether it is still there.
    ///
    /// # Errors
    /// What it said before it ended, or that it was stopped.
    pub fn check(&mut self) -> Result<(), Error> {
        self.brokers.iter_mut().try_for_each(Broker::check)
    }

    /// Whether it answers a request right now; a suspended one is waited for two seconds.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.brokers.iter().all(Broker::answers)
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

/// Of several brokers none is ready before most of them are: each is waited for on a thread of its own.
fn all_at_once<I: Send, T: Send>(
    items: impl Iterator<Item = I>,
    act: impl Fn(I) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let act = &act;
    std::thread::scope(|scope| {
        let threads: Vec<_> = items.map(|item| scope.spawn(move || act(item))).collect();
        let joined =
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.collect()
    })
}
