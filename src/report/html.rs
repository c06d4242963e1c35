//! Texts of other people, made harmless, and numbers, made readable.

use jiff::Timestamp;

/// The text as it may stand in HTML, inside and outside of attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The same, kept from turning the direction of what stands around it.
pub(super) fn isolated(text: &str) -> String {
    format!("<bdi>{}</bdi>", escape(text))
}

/// A day and a time, UTC.
pub(super) fn date_time(at_ms: i64) -> String {
    match Timestamp::from_millisecond(at_ms) {
        Ok(at) => at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        Err(_) => format!("{at_ms} ms"),
    }
}

/// A number that may be unknown.
pub(super) fn known(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{value:.2}"))
}

/// A change that may be unknown, with its sign.
pub(super) fn change(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{value:+.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(escape("<a href='x' title=\"y\">&\u{7}"), "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp; ");
    }

    #[test]
    fn times_are_utc_and_never_fail() {
        assert_eq!(date_time(1_700_000_000_000), "2023-11-14 22:13 UTC");
        assert_eq!(date_time(i64::MAX), "9223372036854775807 ms");
    }
}
