//! A CSV file with a header, read by the names of its columns.

use std::fs::File;
use std::path::{Path, PathBuf};

use csv::{Reader, ReaderBuilder, StringRecord};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::error::{Error, RowError};

/// The largest file that is read: bounds what its rows, or one quote that never closes, may take of the memory.
const BYTES_MAX: u64 = 256 * 1024 * 1024;
/// How much of a broken field an error repeats, in characters.
const QUOTED_CHARS_MAX: usize = 40;

/// A file and its current row.
pub(super) struct Table {
    path: PathBuf,
    reader: Reader<File>,
    /// The columns that are read, and where they stand.
    columns: Vec<(&'static str, usize)>,
    row: StringRecord,
    line: u64,
    bytes: u64,
}

impl Table {
    /// Opens a file that must have these columns; others are ignored.
    pub(super) fn open(path: &Path, columns: &[&'static str]) -> Result<Self, Error> {
        let unreadable = |source| Error::Open { path: path.to_owned(), source };
        let file = File::open(path).map_err(unreadable)?;
        let bytes = file.metadata().map_err(unreadable)?.len();
        if bytes > BYTES_MAX {
            return Err(Error::TooLarge { path: path.to_owned(), bytes, limit: BYTES_MAX });
        }
        let mut reader = ReaderBuilder::new().from_reader(file);
        let header = reader.headers().map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(source) => unreadable(source),
            kind => Error::Open { path: path.to_owned(), source: std::io::Error::other(format!("{kind:?}")) },
        })?;
        let place = |column: &'static str| match header.iter().position(|name| name == column) {
            Some(place) => Ok((column, place)),
            None => Err(Error::Column { path: path.to_owned(), column, found: quoted_header(header) }),
        };
        let columns = columns.iter().copied().map(place).collect::<Result<_, _>>()?;
        Ok(Self { path: path.to_owned(), reader, columns, row: StringRecord::new(), line: 1, bytes })
    }

    /// Reads the next row; false at the end.
    pub(super) fn advance(&mut self) -> Result<bool, Error> {
        let before = self.reader.position().line();
        match self.reader.read_record(&mut self.row) {
            Ok(more) => {
                self.line = self.row.position().map_or(before, csv::Position::line);
                Ok(more)
            }
            Err(error) => {
                self.line = error.position().map_or(before, csv::Position::line);
                Err(self.broken(RowError::Csv(error)))
            }
        }
    }

    /// How large the file is, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How much of it has been read.
    pub(super) fn bytes_read(&self) -> u64 {
        self.reader.position().byte()
    }

    /// The line on which the current row begins.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// What is wrong with the current row.
    pub(super) fn broken(&self, reason: RowError) -> Error {
        self.broken_at(self.line, reason)
    }

    /// What is wrong with an earlier row.
    pub(super) fn broken_at(&self, line: u64, reason: RowError) -> Error {
        Error::Row { path: self.path.clone(), line, reason }
    }

    /// The field, as it stands there.
    pub(super) fn text(&self, column: &'static str) -> &str {
        let place = self.columns.iter().find(|(name, _)| *name == column).map(|(_, place)| *place);
        place.and_then(|place| self.row.get(place)).unwrap_or_default()
    }

    /// The field, which must not be empty.
    pub(super) fn name(&self, column: &'static str) -> Result<&str, Error> {
        match self.text(column) {
            "" => Err(self.broken(RowError::Empty { column })),
            name => Ok(name),
        }
    }

    /// A whole number up to `max`.
    pub(super) fn number(&self, column: &'static str, max: u32) -> Result<u32, Error> {
        let text = self.text(column);
        let number = text.parse().ok().filter(|number| *number <= max);
        number.ok_or_else(|| self.broken(RowError::Number { column, value: quoted(text), max }))
    }

    /// A time in milliseconds since the epoch; UTC, unless it says otherwise.
    pub(super) fn time_ms(&self, column: &'static str) -> Result<i64, Error> {
        let text = self.text(column);
        let absolute = text.parse::<Timestamp>().ok();
        let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
        let time = absolute.or_else(civil).map(Timestamp::as_millisecond).filter(|at_ms| *at_ms >= 0);
        time.ok_or_else(|| self.broken(RowError::Time { column, value: quoted(text) }))
    }

    /// A duration of hours, minutes and seconds (`00:44:12`), in milliseconds.
    pub(super) fn duration_ms(&self, column: &'static str) -> Result<i64, Error> {
        let text = self.text(column);
        let mut parts = text.split(':').map(|part| part.parse::<u16>().ok().map(i64::from));
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Some(hours)), Some(Some(minutes @ 0..60)), Some(Some(seconds @ 0..60)), None) => {
                Ok((hours * 3_600 + minutes * 60 + seconds) * 1_000)
            }
            _ => Err(self.broken(RowError::Duration { column, value: quoted(text) })),
        }
    }
}

fn quoted(text: &str) -> String {
    text.chars().take(QUOTED_CHARS_MAX).collect()
}

fn quoted_header(header: &StringRecord) -> String {
    header.iter().take(20).map(quoted).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str, columns: &[&'static str]) -> (tempfile::TempDir, Result<Table, Error>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, text).unwrap();
        let table = Table::open(&path, columns);
        (folder, table)
    }

    #[test]
    fn columns_are_found_by_name_whatever_their_order() {
        let (_folder, table) = table("z,\"b\",a\n1,\"x, \"\"y\"\"\",7\n", &["a", "b"]);
        let mut table = table.unwrap();
        assert!(table.advance().unwrap());
        assert_eq!((table.number("a", 9).unwrap(), table.text("b"), table.line()), (7, "x, \"y\"", 2));
        assert!(!table.advance().unwrap());
    }

    #[test]
    fn a_missing_column_is_named_and_so_are_those_that_are_there() {
        let (_folder, table) = table("x,y\n", &["a"]);
        let error = table.err().unwrap();
        assert!(error.to_string().contains("has no column `a`, it has: x, y; check"), "{error}");
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn times_are_utc_in_every_form_that_the_sources_use() {
        for (text, expected) in [
            ("2018-01-14 12:57:00+00", Some(1_515_934_620_000)),
            ("2018-01-14 12:57:00", Some(1_515_934_620_000)),
            ("2018-01-14 12:57:00+00:00", Some(1_515_934_620_000)),
            ("2018-01-14T12:57Z", Some(1_515_934_620_000)),
            ("2018-01-14 13:57:00+01", Some(1_515_934_620_000)),
            ("yesterday", None),
            ("1918-01-14T12:57Z", None),
            ("", None),
        ] {
            let (_folder, table) = table(&format!("t,u\n{text},\n"), &["t"]);
            let mut table = table.unwrap();
            table.advance().unwrap();
            assert_eq!(table.time_ms("t").ok(), expected, "{text}");
        }
    }

    #[test]
    fn durations_are_hours_minutes_and_seconds() {
        for (text, expected) in
            [("00:44:12", Some(2_652_000)), ("7:00:00", Some(25_200_000)), ("1:60:00", None), ("1:00", None)]
        {
            let (_folder, table) = table(&format!("t\n{text}\n"), &["t"]);
            let mut table = table.unwrap();
            table.advance().unwrap();
            assert_eq!(table.duration_ms("t").ok(), expected, "{text}");
        }
    }

    #[test]
    fn a_broken_row_is_named_with_its_file_and_line() {
        let (folder, table) = table("a,b\n1,2\n\"x\n\",2\n3\n", &["a"]);
        let mut table = table.unwrap();
        let path = folder.path().join("a.csv");
        assert!(table.advance().unwrap() && table.advance().unwrap());
        let error = table.number("a", 9).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("{}:3: `a` is `x\n`, expected a whole number from 0 to 9; mend or remove the row", path.display())
        );
        let error = table.advance().unwrap_err().to_string();
        assert!(error.starts_with(&format!("{}:5: not a row of CSV: ", path.display())), "{error}");
    }
}
