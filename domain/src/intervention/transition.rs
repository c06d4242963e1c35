//! What can happen to a command, and what follows from it.

use super::mode::Status;
use crate::context::names;
use crate::time::Millis;

names! {
    /// How a command ended. Only `measured` teaches.
    Outcome {
        /// Its effect (or a control's lack of one) was measured.
        Measured = "measured",
        /// The executor could not do it.
        Failed = "failed",
        /// The platform, a cancellation or a pause did not let it.
        Refused = "refused",
        /// Nobody decided, or nothing was executed, in time.
        Expired = "expired",
        /// A person said no.
        Declined = "declined",
        /// Withdrawn while it waited for a person: the session was paused or its mode set to off.
        Cancelled = "cancelled",
        /// Approved, but the executor never answered.
        Unanswered = "unanswered",
        /// The session ended or went into a break before the outcome.
        Censored = "censored",
    }
}

names! {
    /// What a person says of a proposal.
    Decision {
        /// As it is.
        Approved = "approved",
        /// With other content.
        Edited = "edited",
        /// No.
        Declined = "declined",
    }
}

names! {
    /// What the executor says of an approved command.
    Feedback {
        /// Done.
        Executed = "executed",
        /// Tried, and not done.
        Failed = "failed",
        /// Too late to try.
        Expired = "expired",
        /// Not tried: cancelled, paused, or refused by the platform.
        Refused = "refused",
    }
}

names! {
    /// Why a command takes another status: the reason that is published with it.
    Because {
        /// A person approved it.
        Approved = "approved",
        /// A person approved it with other content.
        Edited = "edited",
        /// A person declined it.
        Declined = "declined",
        /// Nobody decided in time.
        Expired = "expired",
        /// The session was paused.
        Paused = "paused",
        /// The mode was set to off.
        ModeOff = "mode_off",
        /// The session ended.
        Ended = "ended",
        /// The session went into a break.
        Break = "break",
    }
}

names! {
    /// An event that changed nothing, and why; to be counted.
    Counted {
        /// A decision for a command that is not known (any more).
        DecisionUnknown = "decision_unknown",
        /// A decision for a command that has its result, or that came after its expiry.
        DecisionLate = "decision_late",
        /// A decision for a command that waits for none.
        DecisionNotAwaited = "decision_not_awaited",
        /// Feedback for a command that is not known (any more).
        FeedbackUnknown = "feedback_unknown",
        /// Feedback for a command that has its result.
        FeedbackLate = "feedback_late",
        /// Feedback for a command that was not to be executed, or that was executed already.
        FeedbackNotAwaited = "feedback_not_awaited",
    }
}

/// What follows from an event: everything that is to be published, started or counted. Nothing by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub struct Transition {
    /// The command is published again, with this status, for this reason.
    pub status: Option<(Status, Because)>,
    /// The measuring begins: this is t0.
    pub measure_from: Option<Millis>,
    /// The command has its one result, and the ledger's slot is free.
    pub result: Option<Outcome>,
    /// Something changed nothing, and is counted.
    pub counted: Option<Counted>,
}

impl Transition {
    /// Nothing follows.
    pub const NOTHING: Self = Self { status: None, measure_from: None, result: None, counted: None };

    pub(super) const fn counted(counted: Counted) -> Self {
        Self { counted: Some(counted), ..Self::NOTHING }
    }

    pub(super) const fn result(outcome: Outcome) -> Self {
        Self { result: Some(outcome), ..Self::NOTHING }
    }

    pub(super) const fn status(status: Status, because: Because) -> Self {
        Self { status: Some((status, because)), ..Self::NOTHING }
    }

    pub(super) const fn and_result(self, outcome: Outcome) -> Self {
        Self { result: Some(outcome), ..self }
    }
}
