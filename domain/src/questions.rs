//! Recent messages (for response times and for what a reply inherits) and the open questions.

use crate::time::Millis;

/// A session knows its newest messages, this many.
pub const RECENT_MAX: usize = 32;
/// A session keeps this many open questions.
pub const QUESTIONS_MAX: usize = 16;

/// A message that a reply or an upvote may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecentMessage {
    /// The hash of its id.
    pub id: u64,
    /// When it was sent.
    pub at: Millis,
    /// It answers an intervention, and so do its replies.
    pub by_command: bool,
}

/// A question that may be put before everyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Question {
    /// The hash of its message's id.
    pub id: u64,
    /// When it was asked.
    pub at: Millis,
    /// How many voted for it.
    pub upvotes: u32,
    /// It answers an intervention, and so do its upvotes.
    pub by_command: bool,
}

/// Appends a message; the oldest makes room.
pub fn remember(recent: &mut Vec<RecentMessage>, message: RecentMessage) {
    if recent.len() >= RECENT_MAX {
        recent.remove(0);
    }
    recent.push(message);
}

/// Appends a question; the one with the fewest votes makes room, the oldest of those.
pub fn ask(questions: &mut Vec<Question>, question: Question) {
    if questions.len() >= QUESTIONS_MAX {
        let weakest = questions.iter().enumerate().min_by_key(|(_, q)| (q.upvotes, q.at)).map(|(place, _)| place);
        questions.remove(weakest.unwrap_or(0));
    }
    questions.push(question);
}
