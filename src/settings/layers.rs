//! The layers, put on each other: the last to name a key wins, and every value remembers where it came from.
//!
//! The defaults, written out, are the list of known keys. Each given value is tried on the settings by itself, so that
//! whatever is wrong is blamed on the one key and origin that brought it.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::error::{BadValue, SettingsError, nearest};
use super::secret;

/// Below this any key may be set: the names are another program's.
const OPEN: &str = "kafka.properties.";

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A line of a file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// A variable of the environment.
    Environment {
        /// The variable.
        name: String,
    },
    /// A flag of the command line.
    Flag {
        /// The flag.
        name: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File { path, line } => write!(formatter, "{}:{line}", path.display()),
            Self::Environment { name } => write!(formatter, "environment {name}"),
            Self::Flag { name } => write!(formatter, "flag {name}"),
        }
    }
}

/// One key that some layer sets.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// The key, `section.key`.
    pub key: String,
    /// What it is set to.
    pub value: GivenValue,
    /// Which layer.
    pub origin: Origin,
}

/// A value as a layer has it.
#[derive(Clone, Debug, PartialEq)]
pub enum GivenValue {
    /// A value with a type, from a file.
    Typed(Value),
    /// A text that stands for whatever type the key has: the environment and the flags know only texts.
    Text(String),
}

impl Given {
    /// What a flag says.
    #[must_use]
    pub fn by_flag(name: &str, key: &str, value: impl ToString) -> Self {
        let origin = Origin::Flag { name: name.into() };
        Self { key: key.into(), value: GivenValue::Text(value.to_string()), origin }
    }
}

/// One setting in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The key, `section.key`.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// Where the value came from.
    pub origin: Origin,
}

impl Row {
    /// The value as it may be shown.
    #[must_use]
    pub fn shown(&self) -> String {
        secret::redact(&self.key, &self.value.to_string())
    }
}

/// Puts `given` on the defaults, in its order.
pub(super) fn apply<T>(defaults: &T, given: Vec<Given>) -> Result<(T, Vec<Row>), SettingsError>
where
    T: Clone + Serialize + DeserializeOwned,
{
    let mut settings = defaults.clone();
    let mut rows = default_rows(defaults);
    for Given { key, mut value, origin } in given {
        if key.starts_with(OPEN) {
            value = as_text(value);
            if rows.iter().all(|row| row.key != key) {
                let value = Value::String(String::new());
                rows.push(Row { key: key.clone(), value, origin: Origin::Default });
            }
        }
        let Some(place) = rows.iter().position(|row| row.key == key) else {
            let nearest = nearest(&key, rows.iter().map(|row| row.key.as_str()));
            return Err(SettingsError::UnknownKey { key, origin, nearest });
        };
        let Some(row) = rows.get_mut(place) else { continue };
        let before = row.clone();
        let tried = typed(&before.value, value.clone()).and_then(|value| {
            row.value = value;
            row.origin = origin.clone();
            Table::try_from(&settings).map_err(|error| error.to_string()).and_then(|mut table| {
                put(&mut table, &key, row.value.clone());
                table.try_into::<T>().map_err(|error| error.message().to_owned())
            })
        });
        settings = tried.map_err(|message| bad_value(&before, value, origin, message))?;
    }
    Ok((settings, rows))
}

fn bad_value(before: &Row, given: GivenValue, origin: Origin, message: String) -> SettingsError {
    let text = match given {
        GivenValue::Typed(value) => value.to_string(),
        GivenValue::Text(text) => format!("`{text}`"),
    };
    let expected = if message.contains("expected one of ") { "one of them" } else { expected(&before.value) };
    let remedy = format!("set it to {expected}, such as {}", before.shown());
    // A message may repeat the value.
    let (value, message) = (secret::redact(&before.key, &text), secret::redact(&before.key, &message));
    SettingsError::BadValue(Box::new(BadValue { key: before.key.clone(), value, origin, message, remedy }))
}

fn expected(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        _ => "a text",
    }
}

/// The value in the type that the key has. Widens whole numbers; everything else is left to the key's own type.
fn typed(like: &Value, given: GivenValue) -> Result<Value, String> {
    let wrong = || format!("it is not {}", expected(like));
    match (like, given) {
        (Value::Float(_), GivenValue::Typed(Value::Integer(number))) => Ok(Value::Float(number as f64)),
        (_, GivenValue::Typed(value)) => Ok(value),
        (Value::Integer(_), GivenValue::Text(text)) => text.parse().map(Value::Integer).map_err(|_| wrong()),
        (Value::Float(_), GivenValue::Text(text)) => {
            text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float).ok_or_else(wrong)
        }
        (Value::Boolean(_), GivenValue::Text(text)) => text.parse().map(Value::Boolean).map_err(|_| wrong()),
        (_, GivenValue::Text(text)) => Ok(Value::String(text)),
    }
}

/// The properties of another program are texts, whatever they look like in a file.
fn as_text(given: GivenValue) -> GivenValue {
    match given {
        GivenValue::Typed(value @ (Value::Integer(_) | Value::Float(_) | Value::Boolean(_))) => {
            GivenValue::Text(value.to_string())
        }
        other => other,
    }
}

/// Every key of the settings, in the order of their sections.
pub(super) fn default_rows<T: Serialize>(defaults: &T) -> Vec<Row> {
    let mut rows = Vec::new();
    // What we wrote ourselves always is a table.
    flatten("", Table::try_from(defaults).unwrap_or_default(), &mut rows);
    rows
}

fn flatten(prefix: &str, table: Table, rows: &mut Vec<Row>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        match value {
            Value::Table(table) => flatten(&key, table, rows),
            value => rows.push(Row { key, value, origin: Origin::Default }),
        }
    }
}

/// Sets the value of a dotted key; where its sections end, the rest is one name, dots and all.
fn put(table: &mut Table, key: &str, value: Value) {
    if let Some((section, rest)) = key.split_once('.')
        && let Some(Value::Table(section)) = table.get_mut(section)
    {
        return put(section, rest, value);
    }
    table.insert(key.into(), value);
}
