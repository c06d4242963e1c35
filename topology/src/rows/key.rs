//! Keys of the stores. A session's rows lie together: the session's id comes first, behind its length, so that no id is
//! the beginning of another's key.

use domain::time::Millis;

/// Longer session and user ids are dead-lettered: a key is kept many times over.
pub(crate) const ID_BYTES_MAX: usize = 512;

/// Puts `session` in place of what `key` held.
pub(crate) fn session(session: &str, key: &mut Vec<u8>) {
    key.clear();
    key.extend_from_slice(&(session.len() as u16).to_be_bytes());
    key.extend_from_slice(session.as_bytes());
}

/// The key of a row that a session has one of per `at`: ordered by time, before the epoch too.
pub(crate) fn session_at(session_id: &str, at: Millis, key: &mut Vec<u8>) {
    session(session_id, key);
    key.extend_from_slice(&(at as u64 ^ (1 << 63)).to_be_bytes());
}

/// The key of a row that a session has one of per `part` (a user, a kind of row).
pub(crate) fn session_part(session_id: &str, part: &str, key: &mut Vec<u8>) {
    session(session_id, key);
    key.extend_from_slice(part.as_bytes());
}

/// The time of a key that [`session_at`] made.
pub(crate) fn at(key: &[u8]) -> Option<Millis> {
    let (_, at) = key.split_last_chunk::<8>()?;
    Some((u64::from_be_bytes(*at) ^ (1 << 63)) as i64)
}

/// The session and the rest of a key.
pub(crate) fn split(key: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = key.split_first_chunk::<2>()?;
    let (session, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    Some((core::str::from_utf8(session).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_its_session_back() {
        let mut key = Vec::new();
        session_part("s-1", "u-7", &mut key);
        assert_eq!(split(&key), Some(("s-1", b"u-7".as_slice())));
        assert_eq!(split(&[0, 9, b'x']), None);
    }

    #[test]
    fn rows_of_a_session_lie_in_the_order_of_time() {
        let [mut before, mut epoch, mut after] = [Vec::new(), Vec::new(), Vec::new()];
        session_at("s", -5_000, &mut before);
        session_at("s", 0, &mut epoch);
        session_at("s", 1_700_000_000_000, &mut after);
        assert!(before < epoch && epoch < after);
        assert_eq!([at(&before), at(&after)], [Some(-5_000), Some(1_700_000_000_000)]);
    }
}
