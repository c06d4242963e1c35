//! What is refused: always the key, where it came from, and the remedy.

use std::cmp::Reverse;
use std::path::PathBuf;

use super::layers::{Origin, Row};

/// Why there are no settings. All of them are the user's to mend.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("the settings file {} cannot be read: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{}:{line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// Nobody knows this key.
    #[error("unknown setting `{key}` ({origin})")]
    UnknownKey {
        /// The key.
        key: String,
        /// Where it was set.
        origin: Origin,
        /// The known key that is most like it.
        nearest: Option<String>,
    },
    /// A value that the key cannot have.
    #[error("{0}")]
    BadValue(Box<BadValue>),
}

/// A value that a key cannot have.
#[derive(Debug, thiserror::Error)]
#[error("`{key}` cannot be {value} ({origin}): {message}")]
pub struct BadValue {
    /// The key.
    pub key: String,
    /// What it was set to; redacted where the key names a secret.
    pub value: String,
    /// Where it was set.
    pub origin: Origin,
    /// What is wrong with it.
    pub message: String,
    /// What would be right.
    pub remedy: String,
}

impl SettingsError {
    /// What the user can do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Unreadable { .. } => "name a file that exists and that you may read, or leave --config out".into(),
            Self::Syntax { .. } => "write it as TOML: `[section]`, then lines `key = value`, texts in quotes".into(),
            Self::UnknownKey { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::UnknownKey { nearest: None, .. } => "`conductor config describe` lists every setting".into(),
            Self::BadValue(bad) => bad.remedy.clone(),
        }
    }
}

/// A value of the right type that makes no sense.
#[derive(Debug)]
pub(super) struct OutOfRange {
    key: &'static str,
    expected: &'static str,
}

impl OutOfRange {
    /// Says where the value came from.
    pub(super) fn blame(self, rows: &[Row]) -> SettingsError {
        let row = rows.iter().find(|row| row.key == self.key);
        SettingsError::BadValue(Box::new(BadValue {
            key: self.key.into(),
            value: row.map_or_else(String::new, Row::shown),
            origin: row.map_or(Origin::Default, |row| row.origin.clone()),
            message: "it is out of range".into(),
            remedy: format!("set it to {}", self.expected),
        }))
    }
}

/// Refuses the key unless its value makes sense.
pub(super) fn check(sound: bool, key: &'static str, expected: &'static str) -> Result<(), OutOfRange> {
    if sound { Ok(()) } else { Err(OutOfRange { key, expected }) }
}

/// The known key that is most like `key`, if any is like it at all; of two that are, the one that begins like it for longer.
pub(super) fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|candidate| (distance(key, candidate), Reverse(common_start(key, candidate)), candidate))
        .min()
        .filter(|(distance, _, candidate)| *distance <= candidate.len() / 3)
        .map(|(_, _, candidate)| candidate.to_owned())
}

fn common_start(left: &str, right: &str) -> usize {
    left.chars().zip(right.chars()).take_while(|(left, right)| left == right).count()
}

/// Edit distance (Levenshtein): how many characters must be put in, taken out or replaced.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (number, left) in from.chars().enumerate() {
        let mut diagonal = number;
        let mut before = number + 1;
        let mut next = vec![before];
        for (right, above) in to.chars().zip(row.iter().skip(1)) {
            before = (diagonal + usize::from(left != right)).min(before + 1).min(above + 1);
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edit_distance_is_the_textbooks() {
        for (from, to, expected) in
            [("", "", 0), ("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("flaw", "lawn", 2)]
        {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn a_key_that_is_like_none_has_no_nearest() {
        let known = ["engine.commit_interval_ms", "demo.seed"];
        assert_eq!(nearest("engine.comit_interval", known.into_iter()).as_deref(), Some("engine.commit_interval_ms"));
        assert_eq!(nearest("colour", known.into_iter()), None);
        assert_eq!(nearest("demo.sede", ["demo.mode", "demo.seed"].into_iter()).as_deref(), Some("demo.seed"));
    }
}
