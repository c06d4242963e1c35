//! What a command that did not work says: what was wrong, and what to do about it.

use std::fmt;
use std::io::Write;
use std::process::ExitCode;

use crate::settings::SettingsError;

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It was tried and did not work: look at the machine, try again.
    Failed,
    /// It was not tried: the usage, a setting or an input has to be mended first.
    Refused,
}

/// Why a command did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whose turn it is.
    pub kind: Kind,
    /// What was wrong: lowercase, no full stop, with the values in it.
    pub error: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Failure {
    /// It was tried and did not work.
    #[must_use]
    pub fn failed(error: impl fmt::Display) -> Self {
        Self { kind: Kind::Failed, error: error.to_string(), remedy: None }
    }

    /// It was not tried, until the user has mended this.
    #[must_use]
    pub fn refused(error: impl fmt::Display, remedy: impl Into<String>) -> Self {
        Self { kind: Kind::Refused, error: error.to_string(), remedy: Some(remedy.into()) }
    }

    /// 1: failed; 2: refused, as for a flag that nobody knows.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Failed => 1,
            Kind::Refused => 2,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}", self.error)?;
        match &self.remedy {
            Some(remedy) => write!(formatter, "\nremedy: {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::refused(&error, error.remedy())
    }
}

/// Says on the standard error output what was wrong, for the end of `main`.
#[must_use]
pub fn report(failure: &Failure) -> ExitCode {
    // Where not even an error can be written, the exit code still says it.
    let _ = writeln!(std::io::stderr(), "{failure}");
    ExitCode::from(failure.exit_code())
}

/// Writes to the standard output. A reader who has had enough (`| head`) is no failure.
///
/// # Errors
/// When the output cannot be written, as on a full disk.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::failed(format_args!("the output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_can_mend_exits_with_two_and_names_the_remedy() {
        let refused = Failure::refused("the folder is not empty", "name another one");
        assert_eq!(refused.to_string(), "error: the folder is not empty\nremedy: name another one");
        assert_eq!(refused.exit_code(), 2);
        assert_eq!(
            (Failure::failed("disk full").to_string().as_str(), Failure::failed("").exit_code()),
            ("error: disk full", 1)
        );
    }
}
