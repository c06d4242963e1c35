//! Tokens: who has one may act, under the name that stands beside it.

use std::fs::File;
use std::io::{self, Read as _};

use compact_str::CompactString;

use crate::failure::Failure;
use crate::settings::secret::Secret;

/// Shorter ones can be guessed, in characters.
const TOKEN_CHARS_MIN: usize = 16;
/// Names of people are short.
const NAME_CHARS_MAX: usize = 64;
/// What the file looks like.
const REMEDY: &str = "write one person a line into the file of dashboard.tokens_file: a name, a space, and a token of 16 \
    characters or more, such as `openssl rand -hex 16` prints";

/// The tokens of a file: one `name token` a line; empty lines and lines that begin with `#` say nothing.
///
/// # Errors
/// A line that is neither, a token that is short, a name that stands there twice.
pub fn read(file: &Secret) -> Result<Vec<(CompactString, Secret)>, Failure> {
    let mut tokens: Vec<(CompactString, Secret)> = Vec::new();
    let lines = file.expose().lines().enumerate().map(|(number, line)| (number + 1, line.trim()));
    for (number, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let refused = |what: &str| Failure::refused(format_args!("line {number} of the tokens: {what}"), REMEDY);
        let (name, token) = line.split_once(char::is_whitespace).ok_or_else(|| refused("no name and token"))?;
        let token = token.trim();
        if name.chars().count() > NAME_CHARS_MAX {
            return Err(refused("the name is too long"));
        }
        if token.chars().count() < TOKEN_CHARS_MIN || token.contains(char::is_whitespace) {
            return Err(refused("the token is too short, or not one word"));
        }
        if tokens.iter().any(|(known, _)| known == name) {
            return Err(refused("the name stands there twice"));
        }
        tokens.push((name.into(), Secret::of(token)));
    }
    if tokens.is_empty() {
        return Err(Failure::refused("there is no token in the file of dashboard.tokens_file", REMEDY));
    }
    Ok(tokens)
}

/// A token that nobody can guess, for a process that was given none. The system's randomness, and the only use of it: nothing that
/// is computed depends on it.
///
/// # Errors
/// The system has none.
pub fn make() -> io::Result<Secret> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(Secret::of(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_person_with_a_token() {
        let tokens = read(&Secret::of("# people\nana 0123456789abcdef\n\n ben\tfedcba9876543210 \n")).unwrap();
        let shown: Vec<(&str, &str)> = tokens.iter().map(|(name, token)| (name.as_str(), token.expose())).collect();
        assert_eq!(shown, [("ana", "0123456789abcdef"), ("ben", "fedcba9876543210")]);
    }

    #[test]
    fn a_file_that_lets_anybody_in_is_refused_and_no_token_is_repeated() {
        for (text, what) in [
            ("", "no token"),
            ("ana", "line 1 of the tokens: no name"),
            ("ana hunter2", "too short"),
            ("ana 0123456789abcdef\nana 0123456789abcdef", "line 2 of the tokens: the name stands there twice"),
        ] {
            let error = read(&Secret::of(text)).unwrap_err();
            let said = format!("{error:?}");
            assert!(said.contains(what) && !said.contains("hunter2") && !said.contains("0123456789"), "{said}");
        }
    }

    #[test]
    fn a_token_that_is_made_is_another_each_time() {
        let (one, other) = (make().unwrap(), make().unwrap());
        assert!(one != other && one.expose().len() == 32);
    }
}
