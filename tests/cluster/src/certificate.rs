//! A certificate for brokers, by the JDK's `keytool`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::error::Error;
use crate::java;

/// What the key is locked with: it guards nothing.
pub(crate) const KEY_PASSWORD: &str = "of-the-keystore";
const NAME: &str = "broker";

/// A certificate that has signed itself, with its key, for servers on the loopback. Its files go with it.
#[derive(Debug)]
pub struct Certificate {
    folder: TempDir,
}

impl Certificate {
    /// Makes one, which is like no other.
    ///
    /// # Errors
    /// No Java, or what `keytool` says.
    pub fn new() -> Result<Self, Error> {
        let folder = tempfile::tempdir().map_err(Error::file(Path::new("")))?;
        let certificate = Self { folder };
        certificate.run(
            &["-genkeypair", "-keyalg", "EC", "-dname", "CN=broker", "-ext", "SAN=ip:127.0.0.1", "-ext", "bc=ca:true"],
            None,
        )?;
        certificate.run(&["-exportcert", "-rfc", "-file"], Some(&certificate.authority()))?;
        Ok(certificate)
    }

    /// Who has signed it, in PEM: what clients are to trust.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// The key and the certificate, as brokers read them.
    pub(crate) fn keystore(&self) -> PathBuf {
        self.folder.path().join("keystore.p12")
    }

    fn run(&self, arguments: &[&str], file: Option<&Path>) -> Result<(), Error> {
        let program = keytool(&java::find()?);
        let ran = Command::new(&program)
            .args(arguments)
            .args(file)
            .args(["-alias", NAME, "-storetype", "PKCS12", "-storepass", KEY_PASSWORD, "-keystore"])
            .arg(self.keystore())
            .stdin(Stdio::null())
            .output()
            .map_err(|source| Error::Spawn { program: program.to_string_lossy().into_owned(), source })?;
        if ran.status.success() {
            return Ok(());
        }
        let output = String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned();
        Err(Error::Tool { class: "keytool".to_owned(), status: ran.status, output })
    }
}

/// It lies beside `java`.
fn keytool(java: &OsStr) -> OsString {
    Path::new(java).with_file_name("keytool").into_os_string()
}
