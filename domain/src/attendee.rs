//! One user in one session: the row behind presence, segments, unique users and the caps.

use crate::time::{MINUTE, Millis, SECOND};

/// A heartbeating user counts as left this long after the last heartbeat.
pub const HEARTBEAT_EXPIRY: Millis = 90 * SECOND;
/// A user known only by interactions counts as left this long after the last one.
pub const INTERACTION_EXPIRY: Millis = 15 * MINUTE;
/// A return this soon takes the leave back.
pub const RETURN_WITHIN: Millis = 60 * SECOND;
/// A row is kept this long after its user left.
pub const KEPT_AFTER_LEAVE: Millis = 60 * MINUTE;
/// At most this many messages of one user count in an aligned block.
pub const MESSAGES_PER_BLOCK: u8 = 6;
/// The length of such a block.
pub const MESSAGE_BLOCK: Millis = 5 * MINUTE;

/// The row of one session and one user. The default is a user of whom nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attendee {
    /// Present since then; absent when not present.
    pub present_since: Option<Millis>,
    /// When the user last came: by joining, or by taking a leave back.
    pub returned_at: Option<Millis>,
    /// The last leave, while not present.
    pub left: Option<Leave>,
    /// The user said `joined` since the last leave that was told.
    pub joined: bool,
    /// It is the user's first session.
    pub first_time: bool,
    /// The newest event of the user, of any kind.
    pub last_seen_at: Option<Millis>,
    /// The newest heartbeat: present from the first one on, for ever.
    pub last_heartbeat_at: Option<Millis>,
    /// What the newest heartbeat that knew it said of the focus.
    pub focused: Option<bool>,
    /// The newest interaction: its pane holds this user's unit.
    pub last_interaction_at: Option<Millis>,
    /// The newest interaction that no intervention caused: the same, for the organic counters.
    pub last_organic_at: Option<Millis>,
    /// The messages that count against the cap.
    pub messages: MessageCap,
    /// The same, of messages that no intervention caused.
    pub messages_organic: MessageCap,
    /// The polls voted in.
    pub votes: Votes,
    /// The one pending timer.
    pub due_at: Option<Millis>,
    /// How far the row's time has come: the newest of its events and timers.
    pub settled_at: Option<Millis>,
    /// As what the user is counted in the session.
    pub counted: Counted,
}

/// A leave, with what it takes to take it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leave {
    /// When; it is counted in the pane of this moment.
    pub at: Millis,
    /// Told by the user; otherwise inferred from silence.
    pub explicit: bool,
    /// How long the user had been present.
    pub present_since: Millis,
}

/// As what a user is counted in the session's totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Present, since this moment.
    pub present_since: Option<Millis>,
    /// Present for 5 min, has interacted, not in the last 10 min.
    pub disengaged: bool,
    /// Present for 15 min, has never interacted.
    pub lurker: bool,
    /// Present, in the first session.
    pub first_time: bool,
    /// Present, with this focus.
    pub focused: Option<bool>,
}

/// The messages of one user in the newest aligned block and the one before (events come out of order).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MessageCap {
    /// The number of the newest block since the epoch.
    pub block: i64,
    /// Counted in it.
    pub count: u8,
    /// Counted in the one before.
    pub count_before: u8,
}

impl MessageCap {
    /// Whether a message at this time counts; takes it into account.
    pub fn admit(&mut self, at: Millis) -> bool {
        let block = at.div_euclid(MESSAGE_BLOCK);
        let ahead = block.saturating_sub(self.block);
        if ahead > 0 {
            let count_before = if ahead == 1 { self.count } else { 0 };
            *self = Self { block, count: 0, count_before };
        }
        let count = match ahead {
            -1 => &mut self.count_before,
            0.. => &mut self.count,
            _ => return false,
        };
        let admitted = *count < MESSAGES_PER_BLOCK;
        *count += u8::from(admitted);
        admitted
    }
}

/// The polls that a user voted in, as a bit set that slides over the session's poll ordinals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Votes {
    /// The newest poll voted in.
    pub newest: u32,
    /// Bit k: voted in poll `newest - k`.
    pub bits: u64,
}

impl Votes {
    /// Whether this is the first vote in the poll of this ordinal; takes it into account. A poll more than 63 before the newest
    /// counts as voted in (a session keeps far fewer).
    pub fn first_in(&mut self, ordinal: u32) -> bool {
        if let Some(ahead) = ordinal.checked_sub(self.newest) {
            self.bits = self.bits.checked_shl(ahead).unwrap_or(0);
            self.newest = ordinal;
        }
        let Some(bit) = 1_u64.checked_shl(self.newest - ordinal) else { return false };
        let first = self.bits & bit == 0;
        self.bits |= bit;
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_six_messages_of_an_aligned_block_count_in_any_order() {
        let mut cap = MessageCap::default();
        let admitted = |cap: &mut MessageCap, at, n: usize| (0..n).filter(|_| cap.admit(at)).count();
        assert_eq!(admitted(&mut cap, 7 * MESSAGE_BLOCK - 1, 4), 4);
        assert_eq!(admitted(&mut cap, 7 * MESSAGE_BLOCK, 9), 6);
        assert_eq!(admitted(&mut cap, 7 * MESSAGE_BLOCK - 1, 9), 2);
        assert_eq!(admitted(&mut cap, 6 * MESSAGE_BLOCK - 1, 9), 0);
        assert_eq!(admitted(&mut cap, 9 * MESSAGE_BLOCK, 9), 6);
        assert_eq!(admitted(&mut cap, 9 * MESSAGE_BLOCK - 1, 9), 6);
    }

    #[test]
    fn a_user_votes_once_in_each_poll() {
        let mut votes = Votes::default();
        for ordinal in [0, 3, 1, 70, 66, 7] {
            assert!(votes.first_in(ordinal), "{ordinal}");
            assert!(!votes.first_in(ordinal), "{ordinal}");
        }
        assert!(!votes.first_in(3), "too far back to be known");
    }
}
