//! A schema registry with Confluent's API, all to itself.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::server::{Plan, Server, new_folder, start_on_free_ports};
use crate::{install, java, ports, probe};

const NAME: &str = "the registry";
/// Where Confluent's API begins.
pub const API_PATH: &str = "/apis/ccompat/v7";

/// A schema registry, listening on the loopback only, that keeps everything in memory. Dropped, it is killed and its files
/// are removed; the same happens when this process ends in any other way.
pub struct Registry {
    server: Server,
    /// Where it listens, at each start.
    port: u16,
}

/// What a registry is to be like.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// One that was asked for; else a free one.
    port: Option<u16>,
    /// Where its folder is made; else where temporary files are.
    parent: Option<PathBuf>,
}

impl Options {
    /// A registry on a free port, its files where temporary files are.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
}

impl Registry {
    /// Starts one and waits until it takes requests: about 5 s, and once some more to install it.
    ///
    /// # Errors
    /// What is missing on this machine, a port that is taken, or what the registry said before it ended.
    pub fn start(options: Options) -> Result<Self, Error> {
        let java = java::find()?;
        let installed = install::registry()?;
        start_on_free_ports(|| Self::try_start(&options, &java, &installed))
    }

    fn try_start(options: &Options, java: &OsString, installed: &Path) -> Result<Self, Error> {
        let port = options.port.map_or_else(ports::free, |port| ports::take(port, "--registry-port"))?;
        let folder = new_folder("registry-", options.parent.as_ref())?;
        let jar = installed.join(format!("apicurio-registry-app-{}-runner.jar", install::REGISTRY_VERSION));
        let mut arguments: Vec<OsString> = java::MEMORY.map(OsString::from).into();
        arguments.push(java::START_FAST.into());
        arguments.push("-Dquarkus.http.host=127.0.0.1".into());
        arguments.push(format!("-Dquarkus.http.port={port}").into());
        arguments.extend(["-jar".into(), jar.into_os_string()]);
        let answers = Box::new(move || probe::registry_answers(port, &format!("{API_PATH}/subjects")));
        let plan = Plan { name: NAME, program: java.clone(), arguments, answers };
        Ok(Self { server: Server::start(plan, folder)?, port })
    }

    /// What clients are to be given as `schema.registry.url`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{API_PATH}", self.port)
    }

    /// Stops it in order.
    ///
    /// # Errors
    /// The system refuses to signal it.
    pub fn stop(&mut self) -> Result<(), Error> {
        self.server.stop()
    }

    /// Whether it is still there.
    ///
    /// # Errors
    /// What it said before it ended, or that it was stopped.
    pub fn check(&mut self) -> Result<(), Error> {
        self.server.check()
    }

    /// Where its output is, as long as it is owned.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.server.folder()
    }
}
