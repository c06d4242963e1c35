//! Other people's logs as event logs.
//!
//! Where a source says less than an event log does (counts instead of events, minutes instead of milliseconds), a generator
//! seeded by the source's name and `--seed` fills in, and the module says how. What a source does not say at all is not invented.

pub mod gdq;
pub mod irc;
pub mod twitch;

mod spread;
mod table;

#[cfg(test)]
pub(crate) mod read_back;

use std::path::Path;

use domain::random::Generator;

/// The generator for what a source does not say.
fn generator(kind: &str, session: &str, seed: u64) -> Generator {
    Generator::of(&[b"import", kind.as_bytes(), session.as_bytes(), &seed.to_le_bytes()])
}

/// The file's name without its ending.
fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| "session".to_owned(), |stem| stem.to_string_lossy().into_owned())
}
