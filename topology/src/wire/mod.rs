//! What travels on each topic: one flat struct per value.
//!
//! The field names are the wire contract: they are the same in Avro (`schemas/*.avsc`) and in JSON, and they are never
//! renamed. Whoever adds a field adds it as an `Option`, nullable with a default in the schema.
//!
//! # Layout
//! - inputs: [`Chat`], [`Poll`], [`Presence`], [`Reaction`], [`Session`], [`InterventionFeedback`]
//! - outputs: [`EngagementScore`], [`InterventionCommand`], [`InterventionResult`], [`Policy`], [`Baselines`]
//! - [`topics`]: on which topic each of them travels
//! - [`names`]: the sets of names (`kind`, `phase`, ...), strings on the wire and enums in Rust
//! - [`check`]: what a field may hold, beyond its type
//!
//! What this is NOT: a codec (see [`crate::codec`]). Closed sets that the domain computes with are the domain's own types.

pub mod topics;

mod baselines;
mod chat;
mod command;
mod feedback;
mod policy;
mod poll;
mod presence;
mod reaction;
mod result;
mod score;
mod session;

pub mod check;
mod finite;
pub mod named;
pub mod names;
mod text;

pub use baselines::Baselines;
pub use chat::{Chat, ChatKind};
pub use check::Invalid;
pub use command::{CommandContext, CommandPolicy, CommandTarget, InterventionCommand, PolicyEstimate, RecentMessage};
pub use feedback::InterventionFeedback;
pub use names::UnknownName;
pub use policy::{Policy, PolicyArm};
pub use poll::{Poll, PollKind};
pub use presence::{Presence, PresenceKind};
pub use reaction::{Reaction, ReactionKind};
pub use result::InterventionResult;
pub use score::{Anomaly, AnomalyClass, AnomalyPart, EngagementScore, ScoreBaseline, ScoreTerms, Signals};
pub use session::{PlannedPhase, Session, SessionKind};
pub use text::{TEXT_CHARS_MAX, cut};

/// The domain's words, as strings on the wire.
pub use domain::anomaly::Level as AnomalyLevel;
pub use domain::context::{InterventionKind, Phase as SessionPhase, SessionType};
pub use domain::intervention::{Decision, Feedback as FeedbackKind, Mode, Outcome, Segment, Status as CommandStatus};
pub use domain::score::Band;

/// A value that travels on a topic.
pub trait Value: serde::Serialize + serde::de::DeserializeOwned {
    /// The name of its Avro record, within the namespace `engagement_conductor`; serde's name of the struct.
    const RECORD: &'static str;
    /// The topic that carries it.
    const TOPIC: &'static str;
    /// The text of its schema, as this binary writes it.
    const SCHEMA: &'static str;
    /// The texts of the schemas that earlier versions wrote, newest first.
    const FORMER_SCHEMAS: &'static [&'static str] = &[];

    /// Checks what the types cannot say: which fields a kind needs, and which numbers make no sense.
    ///
    /// # Errors
    /// Names the first field that is wrong.
    fn validate(&self) -> Result<(), Invalid>;
}
