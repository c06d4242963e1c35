//! What may be shown to an audience. Bounds are characters, not bytes.

use linkify::LinkFinder;

/// The longest line.
pub const LINE_CHARS_MAX: usize = 280;
/// The longest option of a poll.
pub const OPTION_CHARS_MAX: usize = 80;
/// A poll has at least so many options.
pub const OPTIONS_MIN: usize = 2;
/// And at most so many.
pub const OPTIONS_MAX: usize = 6;

/// So much of a tag is told.
const TAG_CHARS_MAX: usize = 20;

/// Why a text may not be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// There is nothing to show.
    #[error("it is empty")]
    Empty,
    /// A line that nobody reads to its end.
    #[error("a line has {found} characters, at most {limit} are shown")]
    Long {
        /// How many it has.
        found: usize,
        /// The most.
        limit: usize,
    },
    /// Several lines where one is shown.
    #[error("it has {found} lines, and one is shown")]
    Lines {
        /// How many it has.
        found: usize,
    },
    /// Too few or too many options.
    #[error(
        "the poll has {found} options; a poll is its question, then {OPTIONS_MIN} to {OPTIONS_MAX} options, one a line"
    )]
    Options {
        /// How many it has.
        found: usize,
    },
    /// The same option twice.
    #[error("the option `{option}` is there twice")]
    Twice {
        /// The option.
        option: String,
    },
    /// Something that can be clicked: nobody has checked where it leads.
    #[error("it has a link or an address: `{link}`")]
    Link {
        /// What looks like one.
        link: String,
    },
    /// Something that a page which does not look closely would take for its own.
    #[error("it has markup: `{tag}`")]
    Markup {
        /// How it begins.
        tag: String,
    },
    /// A model says again what somebody in the audience wrote: perhaps that somebody wanted it to.
    #[error("it repeats what somebody in the audience wrote: `{words}`")]
    Repeats {
        /// What is said again, its letters and digits.
        words: String,
    },
    /// In another language than it should be.
    #[error("it is in {found}, and not in {wanted}")]
    Language {
        /// What it is in.
        found: &'static str,
        /// What it should be in.
        wanted: String,
    },
    /// Something that is not seen, or turns the text around.
    #[error("it has the invisible character U+{code:04X}")]
    Invisible {
        /// The character.
        code: u32,
    },
}

/// Refuses what no part of a text may have.
pub(super) fn text(text: &str) -> Result<(), ContentError> {
    if let Some(character) = text.chars().find(|character| is_invisible(*character)) {
        return Err(ContentError::Invisible { code: u32::from(character) });
    }
    if let Some(tag) = markup(text) {
        return Err(ContentError::Markup { tag });
    }
    let mut finder = LinkFinder::new();
    finder.url_must_have_scheme(false);
    match finder.links(text).next() {
        Some(link) => Err(ContentError::Link { link: link.as_str().to_owned() }),
        None => Ok(()),
    }
}

pub(super) fn line(line: &str) -> Result<(), ContentError> {
    at_most(line, LINE_CHARS_MAX)
}

pub(super) fn poll(question: &str, options: &[String]) -> Result<(), ContentError> {
    line(question)?;
    if !(OPTIONS_MIN..=OPTIONS_MAX).contains(&options.len()) {
        return Err(ContentError::Options { found: options.len() });
    }
    options.iter().try_for_each(|option| at_most(option, OPTION_CHARS_MAX))?;
    let twice =
        options.iter().enumerate().find(|(place, option)| options.iter().take(*place).any(|one| one == *option));
    match twice {
        Some((_, option)) => Err(ContentError::Twice { option: option.clone() }),
        None => Ok(()),
    }
}

fn at_most(line: &str, limit: usize) -> Result<(), ContentError> {
    match line.chars().count() {
        found if found > limit => Err(ContentError::Long { found, limit }),
        _ => Ok(()),
    }
}

/// How the first tag, comment or declaration of HTML begins, as a browser sees it; `a < b` and `<3` are none.
fn markup(text: &str) -> Option<String> {
    let begins = |after: char| after.is_ascii_alphabetic() || matches!(after, '/' | '!' | '?');
    let mut found = text.match_indices('<').filter_map(|(place, _)| text.get(place..));
    let tag = found.find(|tag| tag.chars().nth(1).is_some_and(begins))?;
    Some(tag.chars().take(TAG_CHARS_MAX).collect())
}

/// Control characters but for the newline, what overrides the direction of a text, and what has no width; but for the joiners, which
/// some scripts and emoji are written with.
pub(crate) fn is_invisible(character: char) -> bool {
    (character.is_control() && character != '\n')
        || matches!(character,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use domain::context::InterventionKind::{ChatPrompt, Poll};

    use super::*;
    use crate::content::Content;

    fn refused(text: &str) -> Option<ContentError> {
        Content::parse(ChatPrompt, text).err()
    }

    #[test]
    fn links_and_addresses_are_refused_however_they_are_written() {
        for (text, link) in [
            ("see https://example.org/a?b", "https://example.org/a?b"),
            ("see www.example.org", "www.example.org"),
            ("see example.org/a", "example.org/a"),
            ("write to a@example.org", "a@example.org"),
            ("javascript://x/y", "javascript://x/y"),
        ] {
            assert_eq!(refused(text), Some(ContentError::Link { link: link.into() }), "{text}");
        }
        for fine in ["What? No. Yes.", "a 50/50 chance", "version 1.5 or 2.0", "at 10:30", "in the U.S. and elsewhere"]
        {
            assert_eq!(refused(fine), None, "{fine}");
        }
    }

    #[test]
    fn what_is_not_seen_or_turns_the_text_around_is_refused() {
        for character in ['\u{202E}', '\u{200B}', '\u{7}', '\u{1B}', '\u{2066}', '\r', '\t', '\u{E0041}'] {
            let code = u32::from(character);
            assert_eq!(refused(&format!("a{character}b")), Some(ContentError::Invisible { code }));
        }
        assert_eq!(refused("Ça va? どう思う？ 👍 می‌خواهم 👩‍💻"), None);
    }

    #[test]
    fn markup_is_refused_and_what_only_looks_like_it_is_not() {
        for (text, tag) in [
            ("a <img src=x onerror=alert(1)>", "<img src=x onerror=a"),
            ("<script>alert(1)</script>", "<script>alert(1)</sc"),
            ("</b>", "</b>"),
            ("<!-- -->", "<!-- -->"),
            ("1 < 2 <SVG/onload=x", "<SVG/onload=x"),
        ] {
            assert_eq!(refused(text), Some(ContentError::Markup { tag: tag.into() }), "{text}");
        }
        for fine in ["a < b", "I <3 this", "a <- b", "2<3", "<"] {
            assert_eq!(refused(fine), None, "{fine}");
        }
    }

    #[test]
    fn lengths_and_options_have_bounds() {
        assert_eq!(refused(" \n "), Some(ContentError::Empty));
        assert_eq!(refused(&"ä".repeat(280)), None);
        assert_eq!(refused(&"ä".repeat(281)), Some(ContentError::Long { found: 281, limit: 280 }));
        let poll = |options: &[&str]| Content::parse(Poll, &format!("?\n{}", options.join("\n"))).err();
        assert_eq!(poll(&["a"]), Some(ContentError::Options { found: 1 }));
        assert_eq!(poll(&["a", "b", "c", "d", "e", "f"]), None);
        assert_eq!(poll(&["a", "b", "c", "d", "e", "f", "g"]), Some(ContentError::Options { found: 7 }));
        assert_eq!(poll(&["a", "b", "a"]), Some(ContentError::Twice { option: "a".into() }));
        assert_eq!(poll(&["a", &"b".repeat(81)]), Some(ContentError::Long { found: 81, limit: 80 }));
    }
}
