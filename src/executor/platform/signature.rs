//! A signature by which a platform knows that a request is ours: HMAC-SHA256 (RFC 2104) of everything that says what is to be done, and when
//! it was said.
//!
//! ```text
//! Signature: t=1700000000000,v1=HEX     HEX = HMAC-SHA256(secret, t \n method \n path \n idempotency key \n body)
//! ```

use std::fmt::Write as _;

use domain::time::Millis;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The header.
pub const HEADER: &str = "signature";

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// When, in milliseconds since the epoch: a platform refuses what is old.
    pub at_ms: Millis,
    /// The method.
    pub method: &'a str,
    /// The path, as it is sent.
    pub path: &'a str,
    /// The idempotency key, as it is sent.
    pub key: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// The value of the header.
#[must_use]
pub fn sign(secret: &[u8], signed: &Signed<'_>) -> String {
    let Signed { at_ms, method, path, key, body } = *signed;
    let mut value = format!("t={at_ms},v1=");
    // A key of any length is fine.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return value };
    mac.update(format!("{at_ms}\n{method}\n{path}\n{key}\n").as_bytes());
    mac.update(body);
    for byte in mac.finalize().into_bytes() {
        // Writing to a String can not fail.
        let _ = write!(value, "{byte:02x}");
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: Signed<'_> =
        Signed { at_ms: 1_700_000_000_000, method: "POST", path: "/sessions/s/interventions/c", key: "c", body: b"{}" };

    /// Computed by Python's hmac module.
    #[test]
    fn others_compute_the_same() {
        let expected = "t=1700000000000,v1=9a70de9e479472a2d929b753728eee02098845ae08e10eb1e4f820fb550526ef";
        assert_eq!(sign(b"secret", &SIGNED), expected);
    }

    #[test]
    fn a_signature_fits_nothing_else() {
        let ours = sign(b"secret", &SIGNED);
        for other in [
            Signed { at_ms: 1_700_000_000_001, ..SIGNED },
            Signed { method: "PUT", ..SIGNED },
            Signed { path: "/sessions/s/interventions/d", ..SIGNED },
            Signed { key: "d", ..SIGNED },
            Signed { body: b"[]", ..SIGNED },
        ] {
            assert_ne!(sign(b"secret", &other).split(',').nth(1), ours.split(',').nth(1), "{other:?}");
        }
        assert_ne!(sign(b"another", &SIGNED), ours);
    }
}
