//! Kafka's programs: the broker's and the tools', all in one folder of jars.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::process::explanation;
use crate::{install, java};

/// The jars, and the Java that runs what is in them.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    /// The program.
    pub(crate) java: OsString,
    /// The folder of jars.
    jars: PathBuf,
}

impl Programs {
    /// Looks for Java, and installs Kafka if it is not there yet.
    pub(crate) fn find() -> Result<Self, Error> {
        Ok(Self { java: java::find()?, jars: install::kafka()? })
    }

    /// What tells Java where the classes are. Java itself expands the star.
    pub(crate) fn class_path(&self) -> [OsString; 2] {
        ["-cp".into(), self.jars.join("*").into_os_string()]
    }

    /// What a person types to run a class.
    pub(crate) fn command_line(&self, class: &str) -> String {
        format!("{} -cp '{}' {class}", self.java.display(), self.jars.join("*").display())
    }

    /// Runs a class to its end and gives back what it printed.
    pub(crate) fn run(&self, class: &str, arguments: impl IntoIterator<Item = OsString>) -> Result<String, Error> {
        let ran = Command::new(&self.java)
            .args(java::MEMORY)
            .arg(java::START_FAST)
            .args(self.class_path())
            .arg(class)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|source| Error::Spawn { program: self.java.to_string_lossy().into_owned(), source })?;
        if ran.status.success() {
            return Ok(String::from_utf8_lossy(&ran.stdout).into_owned());
        }
        let said = [ran.stdout, ran.stderr].concat();
        let output = explanation(&String::from_utf8_lossy(&said));
        Err(Error::Tool { class: class.to_owned(), status: ran.status, output })
    }
}
