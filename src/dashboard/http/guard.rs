//! Who may do something: whoever has a token, from the page itself.
//!
//! A token is sent in a header that no other site can make a browser send, so a forged request has none. That requests come from the page
//! is asked all the same: a page elsewhere that was given a token has no business here. And of a dashboard that listens on this
//! machine only, the name that it was asked by must be one of this machine: else a site could have its own name point here
//! (DNS rebinding) and read along.

use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use compact_str::CompactString;
use subtle::ConstantTimeEq as _;

use super::problem::Problem;
use crate::settings::secret::Secret;

/// Those who may act.
#[derive(Clone, Debug)]
pub struct Guard {
    /// Each with a name.
    tokens: Vec<(CompactString, Secret)>,
    /// Other origins that the page is reached by: those of a proxy.
    origins: Vec<String>,
    /// Only names of this machine are answered to.
    is_local: bool,
}

impl Guard {
    /// Lets in those who have one of the tokens, from the page's own origin or one of these.
    #[must_use]
    pub fn new(tokens: Vec<(CompactString, Secret)>, origins: Vec<String>, is_local: bool) -> Self {
        Self { tokens, origins, is_local }
    }

    /// Who this is; nothing: somebody without a token.
    ///
    /// # Errors
    /// 401 for a token that is none of ours.
    pub fn actor(&self, headers: &HeaderMap) -> Result<Option<CompactString>, Problem> {
        let Some(given) = headers.get(AUTHORIZATION) else { return Ok(None) };
        let token = given.to_str().ok().and_then(|given| given.strip_prefix("Bearer ")).unwrap_or_default();
        // All are compared, so that the time tells nothing of them.
        let mut found = None;
        for (actor, known) in &self.tokens {
            if bool::from(known.expose().as_bytes().ct_eq(token.trim().as_bytes())) {
                found = Some(actor.clone());
            }
        }
        found.map(Some).ok_or_else(|| {
            Problem::new(StatusCode::UNAUTHORIZED, "wrong token", "This token is not one of those who may act here.")
        })
    }

    /// Who may do something; everybody else is sent away.
    ///
    /// # Errors
    /// 401 without a token of ours, 403 from elsewhere.
    pub fn admit(&self, headers: &HeaderMap) -> Result<CompactString, Problem> {
        let actor = self.actor(headers)?.ok_or_else(|| {
            let detail = "To act, open the page by the link with the token, or ask whoever runs it.";
            Problem::new(StatusCode::UNAUTHORIZED, "no token", detail)
        })?;
        if self.is_from_elsewhere(headers) {
            return Err(Problem::new(StatusCode::FORBIDDEN, "other origin", "This is only done from the page itself."));
        }
        Ok(actor)
    }

    /// Whether it was asked for by a name that is not ours.
    ///
    /// # Errors
    /// 403 for such a name.
    pub fn check_host(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let host = text(headers, &HOST).unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let is_ours = ["localhost", "127.0.0.1", "[::1]", "::1"].contains(&name)
            || self.origins.iter().any(|origin| authority(origin) == host);
        if self.is_local && !is_ours {
            let detail = "The dashboard listens on this machine only: open it as localhost, or set dashboard.origins.";
            return Err(Problem::new(StatusCode::FORBIDDEN, "other host", detail));
        }
        Ok(())
    }

    /// What a browser says of where a request comes from. Programs say nothing, and have nobody's rights to abuse.
    fn is_from_elsewhere(&self, headers: &HeaderMap) -> bool {
        let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
        if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
            return true;
        }
        let Some(origin) = headers.get(ORIGIN) else { return false };
        let Ok(origin) = origin.to_str() else { return true };
        let is_own = text(headers, &HOST).is_some_and(|host| authority(origin) == host);
        !is_own && !self.origins.iter().any(|known| known == origin)
    }
}

/// Host and port of an origin.
fn authority(origin: &str) -> &str {
    origin.split_once("://").map_or("", |(_, authority)| authority)
}

fn text<'a>(headers: &'a HeaderMap, name: &axum::http::HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(is_local: bool) -> Guard {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "right").unwrap();
        let tokens = vec![("ana".into(), Secret::read(file.path()).unwrap())];
        Guard::new(tokens, vec!["https://live.example".into()], is_local)
    }

    fn headers(given: &[(&'static str, &'static str)]) -> HeaderMap {
        given.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn status(given: &[(&'static str, &'static str)]) -> Option<u16> {
        guard(true).admit(&headers(given)).err().map(|problem| problem.status)
    }

    #[test]
    fn only_a_token_of_ours_lets_in() {
        let host = ("host", "127.0.0.1:8092");
        assert_eq!(status(&[host, ("authorization", "Bearer right")]), None);
        for wrong in ["Bearer wrong", "Bearer ", "Basic right", "right", "Bearer right2", "Bearer righ"] {
            assert_eq!(status(&[host, ("authorization", wrong)]), Some(401), "{wrong}");
        }
        assert_eq!(status(&[host]), Some(401));
        assert_eq!(guard(true).actor(&headers(&[host])), Ok(None), "to look, nobody needs one");
    }

    #[test]
    fn only_the_page_itself_lets_in() {
        let with = |more: &[(&'static str, &'static str)]| {
            let mut all = vec![("host", "127.0.0.1:8092"), ("authorization", "Bearer right")];
            all.extend_from_slice(more);
            status(&all)
        };
        assert_eq!(with(&[("origin", "http://127.0.0.1:8092"), ("sec-fetch-site", "same-origin")]), None);
        assert_eq!(with(&[("origin", "https://live.example")]), None, "the proxy's");
        for elsewhere in ["https://evil.example", "http://127.0.0.1:9999", "null", "http://localhost:8092"] {
            assert_eq!(with(&[("origin", elsewhere)]), Some(403), "{elsewhere}");
        }
        assert_eq!(with(&[("sec-fetch-site", "cross-site")]), Some(403));
        assert_eq!(with(&[("sec-fetch-site", "same-site")]), Some(403));
    }

    #[test]
    fn a_name_of_others_that_points_here_is_not_answered() {
        let check = |is_local, host| guard(is_local).check_host(&headers(&[("host", host)])).is_ok();
        for ours in ["localhost:8092", "127.0.0.1:8092", "[::1]:8092", "localhost", "live.example"] {
            assert!(check(true, ours), "{ours}");
        }
        assert!(!check(true, "evil.example:8092"));
        assert!(check(false, "conductor.internal:8092"), "one that listens to others is asked by any name");
    }
}
