//! Why the registry did not do what it was asked for.

use std::error::Error;
use std::fmt::Write as _;

use schema_registry_converter::error::SRCError;
use schema_registry_converter::schema_registry_common::RawError;

use super::Subject;
use crate::failure::Failure;

/// How a registry says that a subject is not there: its own codes, and HTTP's.
const ABSENT: [u32; 4] = [404, 40_401, 40_402, 40_403];
/// How it says that a schema does not go with the others of its subject, or is none.
const NOT_LET_IN: [u32; 4] = [409, 40_901, 422, 42_201];
/// So much of what it says is shown.
const SHOWN_CHARS: usize = 500;

/// Why the registry did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// There is no answer, or none that can be understood.
    #[error("the registry at {url} does not answer: {reason}")]
    Unreachable {
        /// Where it should be.
        url: String,
        /// What the client says.
        reason: String,
    },
    /// It answers something else.
    #[error("the registry at {url} answers: {answer}")]
    Answer {
        /// Where it is.
        url: String,
        /// What it says.
        answer: String,
    },
    /// It does not let the schema in.
    #[error("the registry does not let this version's schema of subject {subject} in: {answer}")]
    NotLetIn {
        /// The subject.
        subject: String,
        /// What it says.
        answer: String,
    },
}

impl RegistryError {
    /// Names the subject that it is about.
    pub(super) fn about(self, subject: &Subject) -> Self {
        match self {
            Self::NotLetIn { answer, .. } => Self::NotLetIn { subject: subject.name(), answer },
            other => other,
        }
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => {
                "is registry.url right, and does the registry run? without one, set output.format to json or avro"
            }
            Self::Answer { .. } => {
                "is registry.url right, with its path, and are registry.user and registry.password_file?"
            }
            Self::NotLetIn { .. } => {
                "delete the subject if nobody needs what was written with it, or write that topic as json or avro ([output])"
            }
        }
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        let remedy = error.remedy();
        match error {
            RegistryError::NotLetIn { .. } => Self::refused(error, remedy),
            error => Self { remedy: Some(remedy.to_owned()), ..Self::failed(error) },
        }
    }
}

/// Whether the registry says that what was asked for is not there.
pub(super) fn says_absent(error: &SRCError) -> bool {
    answer(error).is_some_and(|answer| ABSENT.contains(&answer.error_code))
}

/// What the crate's error says, in our words.
pub(super) fn of(url: &str, error: &SRCError) -> RegistryError {
    let url = url.to_owned();
    match answer(error) {
        Some(answer) if NOT_LET_IN.contains(&answer.error_code) => {
            RegistryError::NotLetIn { subject: String::new(), answer: cut(&answer.message) }
        }
        // The crate knows no code where the answer is not a registry's; the status is in its own words.
        Some(answer) if answer.error_code == 0 => RegistryError::Answer { url, answer: cut(&error.error) },
        Some(answer) => RegistryError::Answer { url, answer: cut(&answer.message) },
        None => RegistryError::Unreachable { url, reason: chain(error) },
    }
}

/// An error and its causes; the deepest one is what tells.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut next = error.source().or(Some(error));
    while let Some(error) = next {
        let said = error.to_string();
        if !text.ends_with(&said) {
            // Writing to a String can not fail.
            let _ = write!(text, "{}{said}", if text.is_empty() { "" } else { ": " });
        }
        next = error.source();
    }
    cut(&text)
}

fn answer(error: &SRCError) -> Option<&RawError> {
    error.source()?.downcast_ref()
}

fn cut(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}
