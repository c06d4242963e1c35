//! The Java that everything here runs on.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::settings::HEAP;

/// The oldest Java that Kafka's broker runs on.
const NEEDED: u32 = 17;

/// One small heap, and one thread that collects it: several servers share a few cores with the tests.
pub(crate) const MEMORY: [&str; 2] = [HEAP, "-XX:+UseSerialGC"];

/// Half the time to start (4 s, not 6) and half the CPU, for less speed afterwards: right for a server that lives as long as a test.
pub(crate) const START_FAST: &str = "-XX:TieredStopAtLevel=1";

/// The program, once it is known to be new enough.
pub(crate) fn find() -> Result<OsString, Error> {
    let java = match std::env::var_os("JAVA_HOME").filter(|home| !home.is_empty()) {
        Some(home) => PathBuf::from(home).join("bin/java").into_os_string(),
        None => OsString::from("java"),
    };
    let program = || java.to_string_lossy().into_owned();
    let missing = || Error::NoJava { program: program(), needed: NEEDED };
    let answer = Command::new(&java).arg("-version").stdin(Stdio::null()).output().map_err(|_| missing())?;
    match version(&String::from_utf8_lossy(&answer.stderr)).ok_or_else(missing)? {
        found if found < NEEDED => Err(Error::OldJava { program: program(), found, needed: NEEDED }),
        _ => Ok(java),
    }
}

/// The feature release in what `java -version` says. Before 9 they counted `1.8`.
fn version(text: &str) -> Option<u32> {
    let quoted = text.split('"').nth(1)?;
    let mut numbers = quoted.split(|character: char| !character.is_ascii_digit()).map(str::parse);
    match numbers.next()?.ok()? {
        1 => numbers.next()?.ok(),
        feature => Some(feature),
    }
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_version_of_java_is_read_from_what_it_says() {
        for (text, expected) in [
            ("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime Environment", Some(17)),
            ("openjdk version \"25\" 2025-09-16", Some(25)),
            ("openjdk version \"22-ea\" 2024-03-19", Some(22)),
            ("java version \"1.8.0_402\"", Some(8)),
            ("The operation couldn\u{2019}t be completed. Unable to locate a Java Runtime.", None),
            ("version \"\"", None),
        ] {
            assert_eq!(version(text), expected, "{text}");
        }
    }
}
