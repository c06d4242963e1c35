//! The table of `conductor config show`: every key, what it is, and who said so.

use serde_json::{Value, json};

use super::layers::{Origin, Row};

/// Key, value and origin in three columns.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let cells: Vec<[String; 3]> = std::iter::once(["KEY".into(), "VALUE".into(), "ORIGIN".into()])
        .chain(rows.iter().map(|row| [row.key.clone(), row.shown(), row.origin.to_string()]))
        .collect();
    let width =
        |pick: fn(&[String; 3]) -> &String| cells.iter().map(|row| pick(row).chars().count()).max().unwrap_or(0);
    let (key_width, value_width) = (width(|[key, ..]| key), width(|[_, value, _]| value));
    cells.iter().map(|[key, value, origin]| format!("{key:key_width$}  {value:value_width$}  {origin}\n")).collect()
}

/// The same as JSON: an array of objects with `key`, `value` and `origin`.
#[must_use]
pub fn json(rows: &[Row]) -> String {
    format!("{:#}\n", values(rows))
}

/// That array.
#[must_use]
pub fn values(rows: &[Row]) -> Value {
    rows.iter().map(|row| json!({ "key": row.key, "value": row.shown_json(), "origin": origin(&row.origin) })).collect()
}

fn origin(origin: &Origin) -> Value {
    match origin {
        Origin::Default => json!({ "layer": "default" }),
        Origin::File { path, line } => json!({ "layer": "file", "file": path.display().to_string(), "line": line }),
        Origin::Environment { name } => json!({ "layer": "environment", "name": name }),
        Origin::Flag { name } => json!({ "layer": "flag", "name": name }),
    }
}

impl Row {
    fn shown_json(&self) -> Value {
        let shown = self.shown();
        // A value that is not redacted keeps its type.
        if shown == self.value.to_string() {
            serde_json::to_value(&self.value).unwrap_or(Value::Null)
        } else {
            json!(shown)
        }
    }
}
