//! What an intervention says to its audience.
//!
//! A content is one text, so that people can edit it as it is; a poll is its question, then one option a line. Whoever writes it, it passes the
//! same check before anybody sees it.
//!
//! - [`Content`]: a checked text, by kind; [`check`] says what is refused
//! - `language`: in which language a text is; `repetition`: whether it is the audience's own
//! - [`templates`]: texts that lie in the repository
//! - [`provider`]: language models that write, and who is asked when

pub mod check;
mod language;
pub mod provider;
mod repetition;
pub mod templates;

use std::fmt;

use domain::context::InterventionKind;

pub use check::ContentError;

/// What is said, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// One line.
    Line(String),
    /// A question with options.
    Poll {
        /// The question.
        question: String,
        /// What can be answered.
        options: Vec<String>,
    },
}

impl Content {
    /// Reads the text of a content for this kind of intervention.
    ///
    /// # Errors
    /// Says what may not be shown, or what is missing.
    pub fn parse(kind: InterventionKind, text: &str) -> Result<Self, ContentError> {
        check::text(text)?;
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
        let first = lines.next().ok_or(ContentError::Empty)?;
        let rest: Vec<String> = lines.collect();
        if kind == InterventionKind::Poll {
            check::poll(&first, &rest)?;
            return Ok(Self::Poll { question: first, options: rest });
        }
        check::line(&first)?;
        if rest.is_empty() { Ok(Self::Line(first)) } else { Err(ContentError::Lines { found: rest.len() + 1 }) }
    }
}

impl fmt::Display for Content {
    /// The text, as [`Content::parse`] reads it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => formatter.write_str(line),
            Self::Poll { question, options } => {
                formatter.write_str(question)?;
                options.iter().try_for_each(|option| write!(formatter, "\n{option}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_is_its_question_and_then_one_option_a_line() {
        let text = "How is the pace?\nToo fast\n\n  Too slow \n";
        let poll = Content::parse(InterventionKind::Poll, text).unwrap();
        let options = vec!["Too fast".to_owned(), "Too slow".to_owned()];
        assert_eq!(poll, Content::Poll { question: "How is the pace?".into(), options });
        assert_eq!(poll.to_string(), "How is the pace?\nToo fast\nToo slow");
        assert_eq!(Content::parse(InterventionKind::Poll, &poll.to_string()), Ok(poll));
    }

    #[test]
    fn anything_else_is_one_line() {
        let line = Content::parse(InterventionKind::Nudge, " Still here? ").unwrap();
        assert_eq!(line, Content::Line("Still here?".into()));
        assert_eq!(Content::parse(InterventionKind::Nudge, "a\nb"), Err(ContentError::Lines { found: 2 }));
    }
}
