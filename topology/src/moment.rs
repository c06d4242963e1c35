//! What the perceiving half tells the deciding half: a tick, an end, or what a person or the executor said.

use domain::intervention::{Decision, Mode};
use domain::questions::Question;
use domain::tick::Evaluation;

use crate::wire::InterventionFeedback;

/// One moment of a session.
#[derive(Debug, Clone)]
pub(crate) enum Moment {
    /// A tick was evaluated.
    Tick(Box<Tick>),
    /// The session is over.
    Over,
    /// The session's rows are given up.
    Forgotten,
    /// Somebody set the mode.
    Mode(Mode),
    /// Somebody paused interventions.
    Paused,
    /// Somebody resumed them.
    Resumed,
    /// Somebody decided on a proposal.
    Decided(Box<Decided>),
    /// The executor says what became of a command.
    Feedback(Box<InterventionFeedback>),
}

/// A tick, as evaluated.
#[derive(Debug, Clone)]
pub(crate) struct Tick {
    /// What was found.
    pub(crate) evaluation: Evaluation,
    /// The producer of a topic seems to be out.
    pub(crate) outage: bool,
    /// The session's open questions.
    pub(crate) questions: Vec<Question>,
    /// How many questions were asked in it.
    pub(crate) questions_asked: u32,
}

/// What a person made of a proposal.
#[derive(Debug, Clone)]
pub(crate) struct Decided {
    /// The command's id.
    pub(crate) command: String,
    /// What was decided.
    pub(crate) decision: Decision,
    /// Who decided.
    pub(crate) actor: Option<String>,
    /// The content as edited.
    pub(crate) content: Option<String>,
}
