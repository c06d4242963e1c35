//! What an answer of the platform means (EVENTS: the event platform over HTTP).

use std::time::{Duration, SystemTime};

/// What came of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// It is carried out.
    Executed,
    /// The platform does not want it: it conflicts with something, is gone or can not be processed.
    Refused {
        /// Its words.
        error: String,
    },
    /// It will not work however often it is tried.
    Failed {
        /// Its words.
        error: String,
    },
    /// It may work later: the platform is busy, or down.
    Retry {
        /// Its words.
        error: String,
        /// How long it asks to be left alone.
        after: Option<Duration>,
    },
    /// There is no answer: it may have been carried out.
    Unanswered {
        /// What the client says.
        error: String,
    },
}

/// The most that is kept of what a platform says.
const WORDS_CHARS_MAX: usize = 200;

impl Response {
    /// What it is called where it is counted.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Executed => "executed",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
            Self::Retry { .. } => "retry",
            Self::Unanswered { .. } => "unanswered",
        }
    }

    /// What a status means, with the beginning of the body that came with it.
    #[must_use]
    pub fn of(status: u16, retry_after: Option<&str>, body: &str, now: SystemTime) -> Self {
        let error = words(status, body);
        match status {
            200..=299 => Self::Executed,
            409 | 410 | 422 => Self::Refused { error },
            408 | 429 | 500..=599 => Self::Retry { error, after: retry_after.and_then(|value| delay(value, now)) },
            // A redirect is not followed: nobody has allowed the place that it leads to.
            _ => Self::Failed { error },
        }
    }
}

/// The status, and the first line of what came with it.
fn words(status: u16, body: &str) -> String {
    let line: String = body.trim().lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
    let said: String = line.chars().take(WORDS_CHARS_MAX).collect();
    if said.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {said}") }
}

/// Retry-After, in seconds or as a date (RFC 9110, 10.2.3).
fn delay(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16) -> Response {
        Response::of(status, None, "", SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn each_status_means_what_the_contract_says() {
        for status in [200, 201, 202, 204] {
            assert_eq!(of(status), Response::Executed);
        }
        for status in [409, 410, 422] {
            assert!(matches!(of(status), Response::Refused { .. }), "{status}");
        }
        for status in [408, 429, 500, 502, 503, 504, 599] {
            assert!(matches!(of(status), Response::Retry { after: None, .. }), "{status}");
        }
        for status in [301, 302, 307, 308, 400, 401, 403, 404, 405, 413] {
            assert!(matches!(of(status), Response::Failed { .. }), "{status}");
        }
    }

    #[test]
    fn a_platform_may_say_when_to_come_again() {
        let now = httpdate::parse_http_date("Wed, 21 Oct 2015 07:28:00 GMT").unwrap();
        let after = |value: &str| match Response::of(429, Some(value), "", now) {
            Response::Retry { after, .. } => after,
            other => panic!("{other:?}"),
        };
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after(" Wed, 21 Oct 2015 07:28:30 GMT "), Some(Duration::from_secs(30)));
        assert_eq!(after("Wed, 21 Oct 2015 07:27:30 GMT"), Some(Duration::ZERO));
        assert_eq!(after("soon"), None);
        assert_eq!(after("-1"), None);
    }

    #[test]
    fn its_words_are_kept_short_and_clean() {
        let Response::Failed { error } =
            Response::of(400, None, "\nno such \u{1b}[31msession\nmore", SystemTime::UNIX_EPOCH)
        else {
            panic!()
        };
        assert_eq!(error, "HTTP 400: no such [31msession");
        let Response::Failed { error } = Response::of(404, None, &"x".repeat(1_000), SystemTime::UNIX_EPOCH) else {
            panic!()
        };
        assert_eq!(error.chars().count(), "HTTP 404: ".len() + 200);
    }
}
