//! Secrets stand in files of their own: a setting whose name ends in `_file` names the file, and neither that value nor what
//! the file holds is ever shown.

use std::fmt;
use std::path::Path;

use crate::failure::Failure;

/// What is shown instead of a secret.
const REDACTED: &str = "<redacted>";

/// The largest file that is taken for a secret, in bytes.
const BYTES_MAX: u64 = 64 * 1024;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Reads a secret, without the newline that editors put at the end.
    ///
    /// # Errors
    /// When the file cannot be read or is larger than any secret.
    pub fn read(path: &Path) -> std::io::Result<Self> {
        if std::fs::metadata(path)?.len() > BYTES_MAX {
            return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, "the file is too large for a secret"));
        }
        Ok(Self(std::fs::read_to_string(path)?.trim_end_matches(['\r', '\n']).to_owned()))
    }

    /// A secret that was not read from a file.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Reads the secret of a setting; nothing where it names no file.
    ///
    /// # Errors
    /// As [`Secret::read`], with the setting's name.
    pub fn of_setting(key: &str, path: &str) -> Result<Option<Self>, Failure> {
        if path.is_empty() {
            return Ok(None);
        }
        let failed = |error| {
            let error = format_args!("the file of {key} can not be read: {error}").to_string();
            Failure::refused(error, format_args!("name a file that holds the secret in {key}").to_string())
        };
        Self::read(Path::new(path)).map(Some).map_err(failed)
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(REDACTED)
    }
}

/// The value as it may be shown: a key that names a secret shows nothing, not even a path, since people paste secrets where
/// a path belongs.
#[must_use]
pub(super) fn redact(key: &str, value: &str) -> String {
    const TELLING: [&str; 6] = ["password", "secret", "token", "jaas", "oauth", ".key"];
    // An address may have a password in it, whatever the key.
    let has_user = value.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
    let is_secret = has_user || key.ends_with("_file") || TELLING.iter().any(|word| key.contains(word));
    if is_secret { REDACTED.to_owned() } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_without_its_newline_and_never_printed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hunter2\r\n").unwrap();
        let secret = Secret::read(file.path()).unwrap();
        assert_eq!(secret.expose(), "hunter2");
        assert_eq!(format!("{secret:?}"), "<redacted>");
        for key in ["executor.token_file", "kafka.properties.sasl.password", "kafka.properties.ssl.key.pem"] {
            assert_eq!(redact(key, "\"hunter2\""), "<redacted>", "{key}");
        }
        assert_eq!(redact("executor.url", "\"http://x\""), "\"http://x\"");
        assert_eq!(redact("registry.url", "\"http://u:hunter2@x\""), "<redacted>");
    }

    #[test]
    fn a_file_larger_than_any_secret_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(BYTES_MAX + 1).unwrap();
        assert!(Secret::read(file.path()).is_err());
    }
}
