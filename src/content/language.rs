//! In which language a text is, as far as that can be told.

use whatlang::{Lang, detect};

/// Nobody can tell of a shorter text, in characters.
const CHARS_MIN: usize = 40;

/// The language that a text is surely in, if it is another one than this. Languages are named in English; of one that nobody here
/// knows, nothing is told.
pub(super) fn other_than(language: &str, text: &str) -> Option<&'static str> {
    let wanted = Lang::all().iter().find(|known| known.eng_name().eq_ignore_ascii_case(language))?;
    if text.chars().count() < CHARS_MIN {
        return None;
    }
    let found = detect(text).filter(|found| found.is_reliable() && found.lang() != *wanted)?;
    Some(found.lang().eng_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "What would you like to hear more about in the next part of this session?";
    const GERMAN: &str = "Worüber möchtet ihr im nächsten Teil dieser Veranstaltung gerne mehr erfahren?";

    #[test]
    fn a_text_that_is_surely_in_another_language_is_told() {
        assert_eq!(other_than("English", ENGLISH), None);
        assert_eq!(other_than("English", GERMAN), Some("German"));
        assert_eq!(other_than("german", GERMAN), None);
        assert_eq!(other_than("German", "Как вам темп нашего занятия сегодня, не слишком быстро?"), Some("Russian"));
    }

    #[test]
    fn where_nobody_can_tell_nothing_is_told() {
        assert_eq!(other_than("English", "Tempo?"), None);
        assert_eq!(other_than("Klingon", GERMAN), None);
    }
}
