//! What every setting means, as its documentation in the sections says: `conductor config describe`.

use std::fmt::Write as _;

use schemars::schema_for;
use serde_json::{Map, Value, json};

use super::Settings;
use super::layers::default_rows;

/// Stands for as many keys as one likes.
const MANY: &str = "kafka.properties";

/// A setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// The key, `section.key`.
    pub key: String,
    /// What it is unless it is set; nothing where the key stands for many.
    pub default: Option<String>,
    /// What it means.
    pub description: String,
}

/// Every setting in the order of the sections, and behind them the key that stands for many.
#[must_use]
pub fn settings() -> Vec<Described> {
    let schema = schema_for!(Settings).to_value();
    let described = |key: &str, default: Option<String>| Described {
        key: key.to_owned(),
        default,
        description: description(&schema, key),
    };
    let rows = default_rows(&Settings::default());
    let known = rows.iter().map(|row| described(&row.key, Some(row.shown())));
    let many = Described { key: format!("{MANY}.NAME"), ..described(MANY, None) };
    known.chain([many]).collect()
}

/// What the documentation of the key says, with that of the keys that it lies below: a threshold alone does not say of what.
fn description(schema: &Value, key: &str) -> String {
    let mut found = Vec::new();
    let mut place = schema;
    for (depth, name) in key.split('.').enumerate() {
        let Some(property) = resolved(schema, place).get("properties").and_then(|properties| properties.get(name))
        else {
            break;
        };
        // What a section is, its name says.
        if let Some(text) = property.get("description").and_then(Value::as_str).filter(|_| depth > 0) {
            found.push(text.replace('\n', " "));
        }
        place = property;
    }
    found.join(" ")
}

/// The schema itself, where it only names one of the definitions.
fn resolved<'a>(schema: &'a Value, place: &'a Value) -> &'a Value {
    let name = place.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/$defs/"));
    name.and_then(|name| schema.get("$defs")?.get(name)).unwrap_or(place)
}

/// For people: each key with its default, and below it what it means.
#[must_use]
pub fn text(settings: &[Described]) -> String {
    let mut text = String::new();
    for Described { key, default, description } in settings {
        // Writing to a String can not fail.
        let _ = match default {
            Some(default) => writeln!(text, "{key} = {default}"),
            None => writeln!(text, "{key}"),
        };
        let _ = writeln!(text, "    {description}");
    }
    text
}

/// For machines: an array of objects with `key`, `default` and `description`.
#[must_use]
pub fn json(settings: &[Described]) -> String {
    let one = |Described { key, default, description }: &Described| {
        let fields = [("key", json!(key)), ("default", json!(default)), ("description", json!(description))];
        Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect::<Map<_, _>>())
    };
    format!("{:#}\n", Value::Array(settings.iter().map(one).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_description() {
        let settings = settings();
        assert!(settings.len() > 60, "{}", settings.len());
        for Described { key, description, .. } in &settings {
            assert!(description.ends_with('.') && description.len() > 10, "{key}: {description}");
        }
    }

    #[test]
    fn a_key_below_another_says_what_both_mean() {
        let settings = settings();
        let described = |key: &str| settings.iter().find(|setting| setting.key == key).unwrap();
        assert_eq!(
            described("detector.level.warning"),
            &Described {
                key: "detector.level.warning".into(),
                default: Some("0.45".into()),
                description: "The 5-minute core score: at most this is low. From here on a warning.".into(),
            }
        );
        assert!(described("kafka.properties.NAME").description.contains("handed on as they are"));
    }
}
