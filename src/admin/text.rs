//! Other people's bytes, and times, as they may stand on a terminal.

use std::fmt::Write as _;

use jiff::Timestamp;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The text on one line, without anything that moves the cursor, changes colours or turns the direction of writing: such
/// characters, and the backslash, are written as escapes.
#[must_use]
pub fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\'' => safe.push(character),
            other => safe.extend(other.escape_debug()),
        }
    }
    safe
}

/// At most so many characters of [`safe`].
#[must_use]
pub fn safe_cut(text: &str, chars_max: usize) -> String {
    // What is behind needs no escapes.
    let end = text.char_indices().nth(chars_max).map_or(text.len(), |(end, _)| end);
    let safe = safe(text.get(..end).unwrap_or(text));
    if end == text.len() && safe.chars().count() <= chars_max {
        return safe;
    }
    let kept: String = safe.chars().take(chars_max.saturating_sub(1)).collect();
    kept + "…"
}

/// Bytes as text where they are text, else in hexadecimal digits.
#[must_use]
pub fn safe_bytes(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| format!("0x{}", hex(bytes)), safe)
}

/// Two digits a byte.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String can not fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// Sixteen bytes a line: where they stand, their digits, and those of them that are plain characters.
#[must_use]
pub fn hex_dump(bytes: &[u8]) -> String {
    let mut lines = String::new();
    for (number, row) in bytes.chunks(16).enumerate() {
        let digits: Vec<String> = row.iter().map(|byte| format!("{byte:02x}")).collect();
        let plain = |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
        let plain: String = row.iter().map(plain).collect();
        let _ = writeln!(lines, "  {:08x}  {:<47}  {plain}", number * 16, digits.join(" "));
    }
    lines
}

/// A day and a time, UTC, to the second.
#[must_use]
pub fn date_time(at_ms: i64) -> String {
    match Timestamp::from_millisecond(at_ms) {
        Ok(at) => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        Err(_) => format!("{at_ms} ms"),
    }
}

/// How long ago, in the largest unit that fits.
#[must_use]
pub fn age(now_ms: i64, at_ms: i64) -> String {
    match now_ms.saturating_sub(at_ms) {
        ahead if ahead < 0 => "ahead".to_owned(),
        ms if ms < MINUTE_MS => format!("{} s", ms / SECOND_MS),
        ms if ms < HOUR_MS => format!("{} min", ms / MINUTE_MS),
        ms if ms < 2 * DAY_MS => format!("{} h", ms / HOUR_MS),
        ms => format!("{} d", ms / DAY_MS),
    }
}

/// A number of bytes, in the largest unit that leaves a digit.
#[must_use]
pub fn bytes(count: u64) -> String {
    match count {
        few if few < 10 << 10 => format!("{few} B"),
        some if some < 10 << 20 => format!("{} KiB", some >> 10),
        many => format!("{} MiB", many >> 20),
    }
}

/// A moment that somebody names: so long ago (`90s`, `30m`, `2h`, `3d`), or a time as `2026-11-25T08:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// So many milliseconds ago.
    Ago(i64),
    /// At this time, in milliseconds since the epoch.
    At(i64),
}

impl Since {
    /// The moment, in milliseconds since the epoch.
    #[must_use]
    pub fn at_ms(self, now_ms: i64) -> i64 {
        match self {
            Self::Ago(ms) => now_ms.saturating_sub(ms),
            Self::At(at_ms) => at_ms,
        }
    }
}

impl std::str::FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let units = [('s', SECOND_MS), ('m', MINUTE_MS), ('h', HOUR_MS), ('d', DAY_MS)];
        for (unit, ms) in units {
            if let Some(count) = text.strip_suffix(unit).and_then(|count| count.parse::<u32>().ok()) {
                return Ok(Self::Ago(i64::from(count) * ms));
            }
        }
        let at = text.parse::<Timestamp>();
        at.map(|at| Self::At(at.as_millisecond()))
            .map_err(|_| "write it as 90s, 30m, 2h or 3d, or as a time such as 2026-11-25T08:00:00Z".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_a_terminal_comes_through() {
        assert_eq!(safe("plain \"text\", über 🎉"), "plain \"text\", über 🎉");
        assert_eq!(safe("\u{1b}[2J\r\n\0\u{7f}\u{9b}"), "\\u{1b}[2J\\r\\n\\0\\u{7f}\\u{9b}");
        assert_eq!(safe("\u{202e}txet"), "\\u{202e}txet");
        assert_eq!(safe("\\n"), "\\\\n", "an escape is told from a text that looks like one");
        assert_eq!(safe_bytes(b"s-1"), "s-1");
        assert_eq!(safe_bytes(b"\xff\x00"), "0xff00");
    }

    #[test]
    fn a_cut_text_says_that_it_is_cut_and_fits() {
        assert_eq!(safe_cut("short", 5), "short");
        assert_eq!(safe_cut("longer", 5), "long…");
        assert_eq!(safe_cut("\n\n\n\n", 5), "\\n\\n…");
        assert_eq!(safe_cut(&"ü".repeat(9), 4), "üüü…");
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_sixteen_a_line() {
        let dump = hex_dump(b"\x00\x01plain text\xff\xfe and more");
        assert_eq!(
            dump,
            "  00000000  00 01 70 6c 61 69 6e 20 74 65 78 74 ff fe 20 61  ..plain text.. a\n  \
             00000010  6e 64 20 6d 6f 72 65                             nd more\n"
        );
    }

    #[test]
    fn a_moment_is_named_by_an_age_or_a_time() {
        assert_eq!("90s".parse(), Ok(Since::Ago(90_000)));
        assert_eq!("30m".parse(), Ok(Since::Ago(1_800_000)));
        assert_eq!(["2h", "3d"].map(str::parse), [Ok(Since::Ago(7_200_000)), Ok(Since::Ago(3 * DAY_MS))]);
        assert_eq!("1970-01-01T00:00:07Z".parse(), Ok(Since::At(7_000)));
        assert_eq!(Since::Ago(5).at_ms(7), 2);
        for text in ["", "h", "-3h", "yesterday", "99999999999d"] {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
    }

    #[test]
    fn ages_and_sizes_are_told_in_the_unit_that_fits() {
        let ages = [500, 59_999, 60_000, 7_200_000, 172_800_000, -1].map(|ms| age(ms, 0));
        assert_eq!(ages, ["0 s", "59 s", "1 min", "2 h", "2 d", "ahead"]);
        assert_eq!([900, 20_000, 20 << 20].map(bytes), ["900 B", "19 KiB", "20 MiB"]);
    }
}
