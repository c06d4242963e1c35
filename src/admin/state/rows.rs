//! The rows of one store, over all tasks.

use std::ops::ControlFlow;

use serde::Serialize;
use serde_json::{Value, json};
use streams::store::rocks::InspectedStore;
use streams::task::EngineRow;
use topology::inspect;

use super::{in_use, is_in_use, open};
use crate::admin::text::{hex, safe, safe_bytes};
use crate::failure::Failure;
use crate::settings::Settings;

/// What the engine's own store is called, whatever its number.
const META: &str = "meta";

/// Which rows are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Of this store.
    pub store: String,
    /// Only those of this session; of what was learned, those whose key begins like this.
    pub key: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// Rows, and whether there are more.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// By task, then by key.
    pub rows: Vec<RowView>,
    /// There are more than were asked for.
    pub has_more: bool,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowView {
    /// The task that has it.
    pub task: String,
    /// The session, where it belongs to one.
    pub session: Option<String>,
    /// The rest of its key.
    pub part: Option<String>,
    /// Its value under the names of its fields; of one that does not decode, the bytes in hexadecimal digits.
    pub value: Value,
}

/// Reads the rows.
///
/// # Errors
/// Refused when there are no states, one of them is in use, or none has such a store.
pub fn rows(settings: &Settings, wanted: &Wanted) -> Result<Rows, Failure> {
    if wanted.store == META && wanted.key.is_some() {
        return Err(Failure::refused("the engine's own rows belong to no session", "leave --key out"));
    }
    let inspector = open(settings)?;
    let mut found = Rows { rows: Vec::new(), has_more: false };
    let mut names: Vec<String> = Vec::new();
    let mut is_known = false;
    for id in inspector.tasks().map_err(Failure::failed)? {
        let failed = |error| if is_in_use(&error) { in_use(&error) } else { Failure::failed(error) };
        let task = inspector.task(id).map_err(failed)?;
        names.extend(task.stores().iter().map(|store| name_of(store).to_owned()));
        for store in task.stores().iter().filter(|store| name_of(store) == wanted.store) {
            is_known = true;
            let prefix = wanted.key.as_ref().map(|key| inspect::prefix(&store.name, key)).unwrap_or_default();
            task.scan(store, &prefix, &mut |key, value| {
                if found.rows.len() >= wanted.limit {
                    found.has_more = true;
                    return ControlFlow::Break(());
                }
                found.rows.push(RowView { task: id.to_string(), ..row(store, key, value) });
                ControlFlow::Continue(())
            })
            .map_err(failed)?;
        }
    }
    if is_known {
        return Ok(found);
    }
    names.sort();
    names.dedup();
    let error = format_args!("there is no store {}", safe(&wanted.store));
    Err(Failure::refused(error, format!("choose one of {}", names.join(", "))))
}

fn name_of(store: &InspectedStore) -> &str {
    if EngineRow::is_kept_in(&store.name) { META } else { &store.name }
}

fn row(store: &InspectedStore, key: &[u8], value: &[u8]) -> RowView {
    let unreadable = || json!({ "hex": hex(value) });
    let view = |session, part, value| RowView { task: String::new(), session, part, value };
    if EngineRow::is_kept_in(&store.name) {
        return match EngineRow::decode(key, value) {
            Some(EngineRow::Progress { stream_time_ms, counts }) => {
                let counts = json!({
                    "stream_time_ms": stream_time_ms, "read": counts.read, "processed": counts.processed,
                    "late": counts.late, "dead_lettered": counts.dead_lettered,
                });
                view(None, Some("progress".into()), counts)
            }
            Some(EngineRow::Timer { at_ms, node, key }) => {
                let timer = json!({ "at_ms": at_ms, "node": node, "key": safe_bytes(&key) });
                view(None, Some("timer".into()), timer)
            }
            None => view(None, Some(safe_bytes(key)), unreadable()),
        };
    }
    match inspect::show(&store.name, key, value) {
        Some(shown) => view(shown.session, shown.part, shown.value.unwrap_or_else(unreadable)),
        None => view(None, Some(safe_bytes(key)), unreadable()),
    }
}

impl Rows {
    /// One row a line.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text: String = self.rows.iter().map(RowView::line).collect();
        match (self.rows.len(), self.has_more) {
            (0, _) => text.push_str("no rows\n"),
            (count, true) => text.push_str(&format!("the first {count} rows; --limit shows more\n")),
            _ => {}
        }
        text
    }

    /// One row a line, in JSON.
    #[must_use]
    pub fn json(&self) -> String {
        // Texts and numbers are JSON always.
        self.rows.iter().map(|row| serde_json::to_string(row).unwrap_or_default() + "\n").collect()
    }
}

impl RowView {
    fn line(&self) -> String {
        let words = [self.session.as_deref(), self.part.as_deref()];
        let key: Vec<String> = words.into_iter().flatten().map(safe).collect();
        format!("{}  {}  {}\n", self.task, key.join("  "), safe(&self.value.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::stopped;
    use super::*;

    fn wanted(store: &str, key: Option<&str>, limit: usize) -> Wanted {
        Wanted { store: store.into(), key: key.map(str::to_owned), limit }
    }

    #[test]
    fn the_rows_of_a_store_are_shown_decoded_and_moving_no_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let settings = stopped(folder.path());
        let shown = |store, key, limit| rows(&settings, &wanted(store, key, limit)).unwrap();
        let text = [
            shown("posteriors", None, 9).text(),
            shown("posteriors", None, 1).text(),
            shown("posteriors", Some("ver"), 9).text(),
            shown("posteriors", Some("none"), 9).text(),
            shown("meta", None, 9).text(),
        ]
        .join("----\n");
        assert_eq!(text, include_str!("../golden/state-rows.txt"), "{text}");
        let json = shown("posteriors", Some("version"), 9).json();
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["value"], 42);
    }

    #[test]
    fn a_store_that_there_is_not_is_refused_with_those_that_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let settings = stopped(folder.path());
        let refused = rows(&settings, &wanted("weather", None, 9)).unwrap_err();
        assert!(refused.exit_code() == 2 && refused.to_string().contains("meta, posteriors"), "{refused}");
        let refused = rows(&settings, &wanted("meta", Some("s-1"), 9)).unwrap_err();
        assert!(refused.exit_code() == 2 && refused.to_string().contains("--key"), "{refused}");
    }
}
