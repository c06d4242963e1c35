//! Polls: a bounded list per session, and how each fades in and out of a window.

use crate::score::{POLL_SHRINKAGE, against};
use crate::time::{Millis, SECOND};
use crate::window::Window;

/// A session keeps its newest polls, this many.
pub const POLLS_MAX: usize = 8;

/// One poll of a session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Poll {
    /// The hash of its id.
    pub id: u64,
    /// Its number in the session, from 0: the bit in [`crate::attendee::Votes`].
    pub ordinal: u32,
    /// When it was opened.
    pub opened_at: Millis,
    /// When it was closed: later votes do not count.
    pub closed_at: Option<Millis>,
    /// How many may vote.
    pub eligible: u32,
    /// How many did.
    pub votes: u32,
    /// An intervention opened it: its votes count as caused by it.
    pub by_command: bool,
    /// It has left the longest window, and was offered to the session's own baseline.
    pub retired: bool,
}

impl Poll {
    /// How much it counts in `window` at tick `at`, within 0 and 1: nothing for 30 s, so that an unanswered poll moves no score; in full
    /// from 60 s on; then out over the last third (90 s) or fifth (5 min) of its time in the window.
    #[must_use]
    pub fn fade(&self, window: Window, at: Millis) -> f64 {
        let age = at.saturating_sub(self.opened_at) as f64;
        let span = window.span() as f64;
        let (fade_in, fade_out) = ((30 * SECOND) as f64, window.poll_fade_out() as f64);
        let rising = (age - fade_in) / fade_in;
        let falling = (span - age) / fade_out;
        rising.min(falling).clamp(0.0, 1.0)
    }
}

/// What the polls of a window come to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PollTerm {
    /// The mean over the polls, weighted by their fades.
    pub value: f64,
    /// The largest fade: the part of the term's weight that is in force. 0: no term.
    pub fade: f64,
}

impl PollTerm {
    /// The term of these polls at tick `at`, with `b` the usual share of votes.
    #[must_use]
    pub fn of(polls: &[Poll], window: Window, at: Millis, b: f64) -> Self {
        let mut term = Self::default();
        let (mut sum, mut fades) = (0.0, 0.0);
        for poll in polls {
            let fade = poll.fade(window, at);
            let x = (f64::from(poll.votes) + POLL_SHRINKAGE * b) / (f64::from(poll.eligible) + POLL_SHRINKAGE);
            sum += fade * against(x, b);
            fades += fade;
            term.fade = term.fade.max(fade);
        }
        if fades > 0.0 {
            term.value = sum / fades;
        }
        term
    }
}
