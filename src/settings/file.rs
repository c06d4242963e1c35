//! The layer of the TOML file: every key with the line that it stands in.

use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::error::SettingsError;
use super::layers::{Given, GivenValue, Origin};

/// The file to read: the named one, or the usual one if it is there.
pub(super) fn locate(named: Option<PathBuf>) -> Option<PathBuf> {
    let usual = || Some(PathBuf::from(super::DEFAULT_FILE)).filter(|path| path.is_file());
    named.or_else(usual)
}

/// What the file sets.
pub(super) fn read(path: &Path) -> Result<Vec<Given>, SettingsError> {
    let text =
        std::fs::read_to_string(path).map_err(|cause| SettingsError::Unreadable { path: path.to_owned(), cause })?;
    parse(path, &text)
}

pub(super) fn parse(path: &Path, text: &str) -> Result<Vec<Given>, SettingsError> {
    let syntax = |error: toml::de::Error| SettingsError::Syntax {
        path: path.to_owned(),
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        message: error.message().to_owned(),
    };
    // Twice: once for the values, once for where they stand.
    let values: Table = text.parse().map_err(syntax)?;
    let places = DeTable::parse(text).map_err(syntax)?;
    let mut given = Vec::new();
    collect("", &values, places.get_ref(), &mut |key, value, offset| {
        let origin = Origin::File { path: path.to_owned(), line: line_of(text, offset) };
        given.push(Given { key, value: GivenValue::Typed(value.clone()), origin });
    });
    Ok(given)
}

fn collect(prefix: &str, values: &Table, places: &DeTable<'_>, found: &mut impl FnMut(String, &Value, usize)) {
    for (name, place) in places {
        let Some(value) = values.get(name.get_ref().as_ref()) else { continue };
        let key = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
        match (value, place.get_ref()) {
            (Value::Table(values), DeValue::Table(places)) => collect(&key, values, places, found),
            _ => found(key, value, start(name)),
        }
    }
}

fn start<T>(spanned: &Spanned<T>) -> usize {
    spanned.span().start
}

/// The line of a place in the text, counted from 1.
fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
