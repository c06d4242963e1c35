//! Texts that people wrote: any length travels, a bounded length is kept.

/// How much of a text is kept, in characters.
pub const TEXT_CHARS_MAX: usize = 2_000;

/// The first [`TEXT_CHARS_MAX`] characters of a text; never splits a character.
#[must_use]
pub fn cut(text: &str) -> &str {
    // A text of that many bytes has no more characters: the common case costs one comparison.
    if text.len() <= TEXT_CHARS_MAX {
        return text;
    }
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_after_two_thousand_characters_not_bytes() {
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"x".repeat(2_001)), "x".repeat(2_000));
        assert_eq!(cut(&"ü🎉".repeat(1_500)), "ü🎉".repeat(1_000));
        assert_eq!(cut(&"ü".repeat(2_000)), "ü".repeat(2_000));
    }
}
