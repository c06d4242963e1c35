//! How a commit ended whose answer was lost: read from the group's offsets, which the transaction carried.

use crate::broker::Offset;

/// What the offsets say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The transaction was committed: its effects are part of the log.
    Committed,
    /// It was not: nothing of it is.
    NotCommitted,
    /// They say nothing: no input went on in it, or another has written since.
    Unclear,
}

/// Compares the group's offsets of one task with those before the transaction and those that it carried.
pub(crate) fn verdict_of_task(before: &[Option<Offset>], sent: &[Offset], found: &[Option<Offset>]) -> Verdict {
    let is_sent = found.len() == sent.len() && found.iter().zip(sent).all(|(found, sent)| *found == Some(*sent));
    match (is_sent, found == before) {
        (true, false) => Verdict::Committed,
        (false, true) => Verdict::NotCommitted,
        // A commit in the middle of a long gap of timers leaves the offsets as they were.
        (true, true) | (false, false) => Verdict::Unclear,
    }
}

/// The verdict on the whole transaction. It is atomic: what is clear for one task holds for all.
pub(crate) fn verdict(tasks: impl IntoIterator<Item = Verdict>) -> Verdict {
    let mut found = Verdict::Unclear;
    for verdict in tasks {
        match (found, verdict) {
            (_, Verdict::Unclear) => {}
            (Verdict::Unclear, clear) => found = clear,
            (known, clear) if known == clear => {}
            // Somebody else has written offsets; no part of it can be trusted.
            _ => return Verdict::Unclear,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Committed, NotCommitted, Unclear};

    #[test]
    fn the_offsets_tell_how_a_commit_ended() {
        let cases = [
            (vec![Some(3), Some(0)], vec![5, 0], vec![Some(5), Some(0)], Committed),
            (vec![Some(3), Some(0)], vec![5, 0], vec![Some(3), Some(0)], NotCommitted),
            (vec![None, None], vec![5, 0], vec![Some(5), Some(0)], Committed),
            (vec![None, None], vec![5, 0], vec![None, None], NotCommitted),
            (vec![Some(3)], vec![3], vec![Some(3)], Unclear),
            (vec![Some(3)], vec![5], vec![Some(9)], Unclear),
            (vec![Some(3)], vec![5], vec![], Unclear),
        ];
        for (before, sent, found, expect) in cases {
            assert_eq!(verdict_of_task(&before, &sent, &found), expect, "{before:?} {sent:?} {found:?}");
        }
    }

    #[test]
    fn what_is_clear_for_one_task_holds_for_the_transaction() {
        assert_eq!(verdict([Unclear, Committed, Unclear]), Committed);
        assert_eq!(verdict([Unclear, NotCommitted]), NotCommitted);
        assert_eq!(verdict([Committed, NotCommitted]), Unclear);
        assert_eq!(verdict([Unclear]), Unclear);
    }
}
