//! Dead letters for people. Everything in them was written by others: nothing of it reaches the terminal as it is.

use std::fmt::Write as _;

use super::{Letter, WholeLetter};
use crate::admin::text::{age, bytes, date_time, hex_dump, safe, safe_bytes, safe_cut};

/// How much of a message a line repeats, in characters.
const MESSAGE_CHARS_MAX: usize = 100;

/// One line a letter, oldest first.
#[must_use]
pub fn list(letters: &[Letter], now_ms: i64) -> String {
    if letters.is_empty() {
        return "no dead letters\n".to_owned();
    }
    let from = |letter: &Letter| {
        format!("{}-{}:{}", safe(&letter.topic), safe(&letter.from_partition), safe(&letter.from_offset))
    };
    let place_width = letters.iter().map(|letter| letter.place.to_string().len()).max().unwrap_or(0).max(5);
    let from_width = letters.iter().map(|letter| from(letter).chars().count()).max().unwrap_or(0).max(4);
    let mut text = format!("{:<place_width$}  {:<20}  {:>7}  {:<from_width$}  WHY\n", "PLACE", "TIME", "AGE", "FROM");
    for letter in letters {
        let (date, age) = (date_time(letter.timestamp_ms), age(now_ms, letter.timestamp_ms));
        let why = safe_cut(&letter.message, MESSAGE_CHARS_MAX);
        let (place, from, exception) = (letter.place.to_string(), from(letter), safe_cut(&letter.exception, 40));
        // Writing to a String can not fail.
        let _ = writeln!(text, "{place:<place_width$}  {date:<20}  {age:>7}  {from:<from_width$}  {exception}: {why}");
    }
    text
}

/// All of one letter.
#[must_use]
pub fn whole(whole: &WholeLetter) -> String {
    let Letter { place, timestamp_ms, topic, from_partition, from_offset, exception, message } = &whole.letter;
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<10} {value}");
    };
    line("place", place.to_string());
    line("time", date_time(*timestamp_ms));
    line("from", format!("{}-{}, offset {}", safe(topic), safe(from_partition), safe(from_offset)));
    line("exception", safe(exception));
    line("message", safe(message));
    for cause in whole.causes.lines().skip(1) {
        line("", safe(cause));
    }
    line("key", whole.key.as_deref().map_or_else(|| "none".to_owned(), safe_bytes));
    for (name, value) in &whole.headers {
        line("header", format!("{}: {}", safe(name), safe_bytes(value)));
    }
    let Some(value) = &whole.value else {
        line("value", "none: a tombstone".to_owned());
        return text;
    };
    let size = bytes(value.len() as u64);
    match &whole.original_bytes {
        Some(original) => line("value", format!("the first {size} of {} bytes", safe(original))),
        None => line("value", size),
    }
    match std::str::from_utf8(value) {
        Ok(value) => {
            let _ = writeln!(text, "\n{}", safe(value));
        }
        Err(_) => {
            let _ = write!(text, "\n{}", hex_dump(value));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::Place;
    use super::*;

    fn letter(offset: i64, message: &str) -> Letter {
        Letter {
            place: Place { partition: 3, offset },
            timestamp_ms: 1_700_000_000_000,
            topic: "chat".into(),
            from_partition: "5".into(),
            from_offset: "1234".into(),
            exception: "DecodeError".into(),
            message: message.into(),
        }
    }

    fn of(value: Option<&[u8]>) -> WholeLetter {
        WholeLetter {
            letter: letter(17, "the record does not decode: \u{1b}[31mred"),
            causes: "the record does not decode\ncaused by: line 1 column 9".into(),
            key: Some(b"s-1".to_vec()),
            value: value.map(<[u8]>::to_vec),
            original_bytes: None,
            headers: vec![("trace".into(), b"\xff\x01".to_vec())],
        }
    }

    #[test]
    fn a_list_has_a_line_for_each_letter_with_its_message_cut() {
        let long = "not a Chat in JSON: ".repeat(20);
        let shown = list(&[letter(7, "unknown kind `cough\r\n`"), letter(1_234, &long)], 1_700_000_060_000);
        assert_eq!(shown, include_str!("../golden/dead-letters.txt"), "{shown}");
        assert_eq!(list(&[], 0), "no dead letters\n");
    }

    #[test]
    fn a_letter_is_shown_whole_and_moves_no_terminal() {
        let text = whole(&of(Some(b"{\"kind\":\"cough\",\"text\":\"\x1b[2J\"}")));
        let cut = WholeLetter { original_bytes: Some("700000".into()), ..of(Some(b"\x00\x00\x00\x00\x07abc\xff")) };
        let text = text + "----\n" + &whole(&cut) + "----\n" + &whole(&of(None));
        assert_eq!(text, include_str!("../golden/dead-letter.txt"), "{text}");
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn for_machines_bytes_are_text_where_they_are_text() {
        let json = of(Some(b"\xff")).json();
        assert_eq!(json["value"]["hex"], "ff");
        assert_eq!((&json["key"]["text"], &json["letter"]["partition"]), (&"s-1".into(), &3.into()));
        let line = letter(7, "x").json();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap()["offset"], 7);
    }
}
