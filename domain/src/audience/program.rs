//! What the speaker and the organiser do by plan: phases, slides, speech. (The plan's polls are opened by the audience's step.)

use super::{Happening, STEP, SessionPlan, What};
use crate::context::Phase;
use crate::random::Generator;
use crate::time::{Millis, SECOND};

/// How long a slide stays, in the mean.
const SLIDE_SECONDS: f64 = 90.0;
/// Speech is counted over spans of this length.
const SPEECH_SPAN: Millis = 15 * SECOND;
/// Words in such a span: 130 a minute.
const WORDS: f64 = 32.5;
const WORDS_SD: f64 = 5.0;

/// The program of one session.
#[derive(Debug, Clone)]
pub(super) struct Program {
    generator: Generator,
    phase: Phase,
    slide: u32,
}

impl Program {
    pub(super) fn new(generator: Generator) -> Self {
        Self { generator, phase: Phase::Opening, slide: 0 }
    }

    /// The phase as of the last step.
    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// One second of the program.
    pub(super) fn step(&mut self, from: Millis, plan: &SessionPlan, out: &mut Vec<Happening>) {
        let due = plan.schedule.iter().filter(|scheduled| (from..from + STEP).contains(&scheduled.at_ms));
        for scheduled in due {
            self.phase = scheduled.phase;
            out.push(Happening { at_ms: scheduled.at_ms, what: What::Phase { phase: scheduled.phase } });
        }
        if self.generator.chance(1.0 / SLIDE_SECONDS) {
            self.slide = self.slide.saturating_add(1);
            out.push(Happening { at_ms: from, what: What::Slide { index: self.slide } });
        }
        let elapsed = from.saturating_sub(plan.start_ms);
        if elapsed > 0 && elapsed % SPEECH_SPAN == 0 {
            let words = self.generator.normal(WORDS, WORDS_SD).max(0.0) as u32;
            out.push(Happening { at_ms: from, what: What::Speech { words, span_ms: SPEECH_SPAN } });
        }
    }
}
