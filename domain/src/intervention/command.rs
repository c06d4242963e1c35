//! The one open command of a session, from its decision to its one result.
//!
//! ```text
//! proposed --approved/edited--> approved --executed--> executed --tick--> measuring --measured--> measured
//!    |                             |  \                    |                  ^ |
//!    | declined, expired,          |   failed, refused,    +-- ended, break --|-+--> censored
//!    | cancelled                   |   expired, unanswered                    |
//!    v                             v                            held out -----+
//!  settled                     withdrawn (paused, off): the executor still answers, mostly with refused
//! ```

use super::mode::{Mode, Status, expires_at};
use super::settings::DecisionSettings;
use super::transition::{Because, Counted, Decision, Feedback, Outcome, Transition};
use crate::context::InterventionKind;
use crate::time::Millis;

/// A command's place in its session: with the session's id this is its id, so that a retry is the same command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Command {
    /// The tick of the decision.
    pub tick: Millis,
    /// Counts the decisions of that tick.
    pub sequence: u16,
}

impl Command {
    /// The command's id: `session:tick:sequence`.
    #[must_use]
    pub fn id(self, session: &str) -> String {
        let Self { tick, sequence } = self;
        format!("{session}:{tick}:{sequence}")
    }

    /// The session and the command of this id. The session's own id may hold colons.
    #[must_use]
    pub fn parse(id: &str) -> Option<(&str, Self)> {
        let (rest, sequence) = id.rsplit_once(':')?;
        let (session, tick) = rest.rsplit_once(':')?;
        let command = Self { tick: tick.parse().ok()?, sequence: sequence.parse().ok()? };
        // One command has one id: no leading zeros, no plus sign.
        (command.id(session) == id).then_some((session, command))
    }
}

/// How far a command has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Waits for a person.
    Proposed,
    /// Waits for the executor.
    Approved,
    /// Approved and then cancelled: waits for the executor, who may have been faster.
    Withdrawn,
    /// Executed: the next tick is t0.
    Executed,
    /// Its effect is being measured (a control: the lack of one) from t0 on.
    Measuring {
        /// t0.
        from: Millis,
    },
    /// Has its result. Nothing changes it any more.
    Settled(Outcome),
}

/// One command's row. Kept after its result for as long as late answers are to be told from unknown ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intervention {
    /// Which command.
    pub command: Command,
    /// What it does.
    pub kind: InterventionKind,
    /// How far it has come.
    pub stage: Stage,
    /// A control.
    pub held_out: bool,
    /// It waited for a person: measured and reported, but it does not teach.
    pub waited: bool,
    /// Until when a person may decide, or the executor act.
    pub expires_at: Millis,
}

/// What can happen to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A person has decided.
    Decision(Decision),
    /// The executor has answered.
    Feedback(Feedback),
    /// Stream time has reached a tick: `now` is the tick.
    Tick,
    /// The outcome has been measured.
    Measured,
    /// The session was paused: what is not executed yet is cancelled; what is executed, and controls, are measured on.
    Paused,
    /// The session's mode was set to off: as a pause.
    ModeOff,
    /// The session went into a break: what is open can not be measured.
    Break,
    /// The session ended: as a break.
    Ended,
}

impl Event {
    /// What to count when the event is for a command that has no row.
    #[must_use]
    pub const fn unknown(self) -> Option<Counted> {
        match self {
            Self::Decision(_) => Some(Counted::DecisionUnknown),
            Self::Feedback(_) => Some(Counted::FeedbackUnknown),
            Self::Tick | Self::Measured | Self::Paused | Self::ModeOff | Self::Break | Self::Ended => None,
        }
    }

    /// What a change of mode is to a command that is open.
    #[must_use]
    pub fn of_mode(mode: Mode) -> Option<Self> {
        (mode == Mode::Off).then_some(Self::ModeOff)
    }
}

impl Intervention {
    /// The row of a command that was decided at its tick with this first status; none for a status that no command
    /// begins with.
    #[must_use]
    pub fn new(command: Command, kind: InterventionKind, status: Status, settings: &DecisionSettings) -> Option<Self> {
        let stage = match status {
            Status::Proposed => Stage::Proposed,
            Status::Approved => Stage::Approved,
            Status::HeldOut => Stage::Measuring { from: command.tick },
            Status::Cancelled => return None,
        };
        Some(Self {
            command,
            kind,
            stage,
            held_out: status == Status::HeldOut,
            waited: status == Status::Proposed,
            expires_at: expires_at(status, command.tick, settings),
        })
    }

    /// t0, once the measuring has begun and while it goes on.
    #[must_use]
    pub fn measure_from(&self) -> Option<Millis> {
        match self.stage {
            Stage::Measuring { from } => Some(from),
            _ => None,
        }
    }

    /// The result, once there is one.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        match self.stage {
            Stage::Settled(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// Takes in what happened at `now` and says what follows. Exactly one transition of a command's life has a result.
    pub fn on(&mut self, event: Event, now: Millis, settings: &DecisionSettings) -> Transition {
        let transition = match event {
            Event::Decision(decision) => self.decided(decision, now, settings),
            Event::Feedback(feedback) => self.answered(feedback),
            Event::Tick => self.ticked(now, settings),
            Event::Measured => self.measured(),
            Event::Paused => self.withdrawn(Because::Paused),
            Event::ModeOff => self.withdrawn(Because::ModeOff),
            Event::Break => self.censored(Because::Break),
            Event::Ended => self.censored(Because::Ended),
        };
        if let Some(outcome) = transition.result {
            self.stage = Stage::Settled(outcome);
        }
        transition
    }

    fn decided(&mut self, decision: Decision, now: Millis, settings: &DecisionSettings) -> Transition {
        match self.stage {
            Stage::Settled(_) => return Transition::counted(Counted::DecisionLate),
            Stage::Proposed => {}
            _ => return Transition::counted(Counted::DecisionNotAwaited),
        }
        if now >= self.expires_at {
            // The tick that would have closed it is about to fire: the person was too late all the same.
            return Transition { counted: Some(Counted::DecisionLate), ..Self::expired() };
        }
        let because = match decision {
            Decision::Approved => Because::Approved,
            Decision::Edited => Because::Edited,
            Decision::Declined => {
                return Transition::status(Status::Cancelled, Because::Declined).and_result(Outcome::Declined);
            }
        };
        self.stage = Stage::Approved;
        self.expires_at = expires_at(Status::Approved, now, settings);
        Transition::status(Status::Approved, because)
    }

    fn answered(&mut self, feedback: Feedback) -> Transition {
        match self.stage {
            Stage::Settled(_) => return Transition::counted(Counted::FeedbackLate),
            Stage::Approved | Stage::Withdrawn => {}
            _ => return Transition::counted(Counted::FeedbackNotAwaited),
        }
        match feedback {
            Feedback::Executed => {
                self.stage = Stage::Executed;
                Transition::NOTHING
            }
            Feedback::Failed => Transition::result(Outcome::Failed),
            Feedback::Expired => Transition::result(Outcome::Expired),
            Feedback::Refused => Transition::result(Outcome::Refused),
        }
    }

    fn ticked(&mut self, now: Millis, settings: &DecisionSettings) -> Transition {
        match self.stage {
            Stage::Proposed if now >= self.expires_at => Self::expired(),
            Stage::Approved | Stage::Withdrawn if now >= self.expires_at.saturating_add(settings.feedback_grace) => {
                Transition::result(Outcome::Unanswered)
            }
            Stage::Executed => {
                self.stage = Stage::Measuring { from: now };
                Transition { measure_from: Some(now), ..Transition::NOTHING }
            }
            _ => Transition::NOTHING,
        }
    }

    fn measured(&self) -> Transition {
        match self.stage {
            Stage::Measuring { .. } => Transition::result(Outcome::Measured),
            _ => Transition::NOTHING,
        }
    }

    fn withdrawn(&mut self, because: Because) -> Transition {
        match self.stage {
            Stage::Proposed => Transition::status(Status::Cancelled, because).and_result(Outcome::Cancelled),
            Stage::Approved => {
                self.stage = Stage::Withdrawn;
                Transition::status(Status::Cancelled, because)
            }
            _ => Transition::NOTHING,
        }
    }

    fn censored(&self, because: Because) -> Transition {
        match self.stage {
            Stage::Settled(_) => Transition::NOTHING,
            // Not executed yet: it must not happen in the break, or after the end.
            Stage::Proposed | Stage::Approved => {
                Transition::status(Status::Cancelled, because).and_result(Outcome::Censored)
            }
            Stage::Withdrawn | Stage::Executed | Stage::Measuring { .. } => Transition::result(Outcome::Censored),
        }
    }

    const fn expired() -> Transition {
        Transition::status(Status::Cancelled, Because::Expired).and_result(Outcome::Expired)
    }
}

#[cfg(test)]
mod tests;
