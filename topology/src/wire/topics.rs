//! The names of the topics.

/// What people write: messages, questions, upvotes, replies.
pub const CHAT: &str = "chat";
/// Polls and votes.
pub const POLL: &str = "poll";
/// Who joins, leaves and is there.
pub const PRESENCE: &str = "presence";
/// Emoji.
pub const REACTION: &str = "reaction";
/// What happens to the session itself: start, phases, slides, decisions of people.
pub const SESSION: &str = "session";
/// What became of a command.
pub const INTERVENTION_FEEDBACK: &str = "intervention-feedback";
/// One score per session and tick.
pub const ENGAGEMENT_SCORES: &str = "engagement-scores";
/// What is proposed, approved, held out or cancelled.
pub const INTERVENTION_COMMANDS: &str = "intervention-commands";
/// What an intervention changed.
pub const INTERVENTION_RESULTS: &str = "intervention-results";
/// What has been learned; compacted.
pub const POLICY: &str = "policy";
/// What is usual for a kind of session; compacted.
pub const BASELINES: &str = "baselines";

/// The topics that the perceiving sub-topology reads, all keyed by session.
pub const INPUTS: [&str; 6] = [CHAT, POLL, PRESENCE, REACTION, SESSION, INTERVENTION_FEEDBACK];
/// The topics that the application writes, apart from its internal ones and the dead letters.
pub const OUTPUTS: [&str; 4] = [ENGAGEMENT_SCORES, INTERVENTION_COMMANDS, INTERVENTION_RESULTS, POLICY];
