//! The counts of each minute.

use std::path::Path;

use domain::audience::MOST_PEOPLE;
use domain::time::MINUTE;

use crate::error::{Error, RowError};
use crate::import::table::Table;

/// More of anything than this in a minute is a mistake; it also bounds the memory that a minute takes.
const COUNT_MAX: u32 = 1_000_000;

/// One minute of the marathon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Minute {
    /// When it begins.
    pub(super) at_ms: i64,
    /// How many watched.
    pub(super) viewers: u32,
    /// How many messages were written.
    pub(super) chats: u32,
    /// How many emotes were used.
    pub(super) emotes: u32,
}

struct Row {
    minute: Minute,
    /// The viewers may be empty; the minute's are then filled in.
    viewers: Option<u32>,
    line: u64,
}

/// All minutes in order of time (a source may have its newest first), empty viewers filled with the last count.
pub(super) fn read(path: &Path) -> Result<Vec<Minute>, Error> {
    let mut table = Table::open(path, &["time", "num_viewers", "num_chats", "num_emotes"])?;
    let mut rows = Vec::new();
    while table.advance()? {
        rows.push(row(&table)?);
    }
    rows.sort_by_key(|row: &Row| row.minute.at_ms);
    for (one, next) in rows.iter().zip(rows.iter().skip(1)) {
        if next.minute.at_ms < one.minute.at_ms + MINUTE {
            let (line, other) = (one.line.max(next.line), one.line.min(next.line));
            return Err(table.broken_at(line, RowError::Minute { other }));
        }
    }
    let mut last = 0;
    let filled = rows.into_iter().map(|row| {
        last = row.viewers.unwrap_or(last);
        Minute { viewers: last, ..row.minute }
    });
    Ok(filled.collect())
}

fn row(table: &Table) -> Result<Row, Error> {
    let viewers = match table.text("num_viewers") {
        "" => None,
        _ => Some(table.number("num_viewers", MOST_PEOPLE)?),
    };
    let (chats, emotes) = (table.number("num_chats", COUNT_MAX)?, table.number("num_emotes", COUNT_MAX)?);
    Ok(Row { minute: Minute { at_ms: table.time_ms("time")?, viewers: 0, chats, emotes }, viewers, line: table.line() })
}
