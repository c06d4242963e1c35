//! What could be done in a situation.

use super::gate::WhyNot;
use super::ledger::Ledger;
use super::settings::DecisionSettings;
use crate::context::{AnomalyClass, InterventionKind, Phase, SessionType, names};
use crate::time::Millis;

names! {
    /// Whom an intervention is for.
    Segment {
        /// Everyone present.
        Everyone = "EVERYONE",
        /// Present for more than 5 min, has interacted, but not within 10 min.
        Disengaged = "DISENGAGED",
        /// Present for more than 15 min, never interacted.
        Lurkers = "LURKERS",
        /// Here for the first time.
        FirstTime = "FIRST_TIME",
    }
}

names! {
    /// How a question is put before everyone.
    Variant {
        /// Show the open question with the most votes.
        SurfaceBest = "SURFACE_BEST",
        /// Ask the audience for questions.
        RequestNew = "REQUEST_NEW",
        /// Put a prepared question, as an example.
        SeedQuestion = "SEED_QUESTION",
    }
}

/// People per segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Segments {
    /// Size of [`Segment::Disengaged`].
    pub disengaged: u32,
    /// Size of [`Segment::Lurkers`].
    pub lurkers: u32,
    /// Size of [`Segment::FirstTime`].
    pub first_time: u32,
}

/// The questions of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Questions {
    /// Asked so far.
    pub asked: u32,
    /// Asked and not replied to.
    pub open: u32,
}

/// The situation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occasion {
    /// The phase.
    pub phase: Phase,
    /// The session's type.
    pub session_type: SessionType,
    /// What is wrong.
    pub class: AnomalyClass,
    /// Who is there.
    pub segments: Segments,
    /// What was asked.
    pub questions: Questions,
}

/// One thing that could be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// What.
    pub kind: InterventionKind,
    /// How, where there is more than one way.
    pub variant: Option<Variant>,
    /// For whom.
    pub target: Segment,
}

/// What could be done: at most one choice per kind, in the order of [`InterventionKind::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applicable([Option<Choice>; 4]);

impl Applicable {
    /// The choices, in the order of their kinds.
    pub fn iter(&self) -> impl Iterator<Item = Choice> + '_ {
        self.0.iter().copied().flatten()
    }

    /// The choice of this kind.
    #[must_use]
    pub fn get(&self, kind: InterventionKind) -> Option<Choice> {
        self.iter().find(|choice| choice.kind == kind)
    }
}

/// What could be done now; never empty. All kinds cooling down, or a break, is a reason to do nothing.
pub fn applicable(
    occasion: &Occasion,
    ledger: &Ledger,
    now: Millis,
    settings: &DecisionSettings,
) -> Result<Applicable, WhyNot> {
    if occasion.phase == Phase::Break {
        return Err(WhyNot::Break);
    }
    let choices = [occasion.poll(), Some(occasion.chat_prompt()), occasion.nudge(), occasion.qna_promote()]
        .map(|choice| choice.filter(|choice| !ledger.cools(choice.kind, now, settings)));
    if choices.iter().all(Option::is_none) { Err(WhyNot::Cooling) } else { Ok(Applicable(choices)) }
}

impl Occasion {
    fn poll(&self) -> Option<Choice> {
        matches!(self.phase, Phase::Opening | Phase::Middle).then_some(Choice {
            kind: InterventionKind::Poll,
            variant: None,
            target: Segment::Everyone,
        })
    }

    fn chat_prompt(&self) -> Choice {
        Choice { kind: InterventionKind::ChatPrompt, variant: None, target: Segment::Everyone }
    }

    fn nudge(&self) -> Option<Choice> {
        let slow = matches!(self.class, AnomalyClass::GradualDecline | AnomalyClass::LowEngagement);
        let target = self.segments.to_nudge()?;
        slow.then_some(Choice { kind: InterventionKind::Nudge, variant: None, target })
    }

    fn qna_promote(&self) -> Option<Choice> {
        let fits = matches!(self.session_type, SessionType::Workshop | SessionType::Panel) || self.phase == Phase::Qa;
        fits.then(|| Choice {
            kind: InterventionKind::QnaPromote,
            variant: Some(self.questions.variant()),
            target: Segment::Everyone,
        })
    }
}

impl Segments {
    /// The larger of the two that a nudge may bring back, if anyone is in it. Of equals the disengaged: they have shown
    /// that they take part.
    #[must_use]
    pub fn to_nudge(&self) -> Option<Segment> {
        match (self.disengaged, self.lurkers) {
            (0, 0) => None,
            (disengaged, lurkers) if disengaged >= lurkers => Some(Segment::Disengaged),
            _ => Some(Segment::Lurkers),
        }
    }
}

impl Questions {
    /// An open question deserves to be seen; an audience that asks can be asked for more; one that never asked needs
    /// an example.
    #[must_use]
    pub fn variant(&self) -> Variant {
        match (self.open, self.asked) {
            (0, 0) => Variant::SeedQuestion,
            (0, _) => Variant::RequestNew,
            _ => Variant::SurfaceBest,
        }
    }
}
