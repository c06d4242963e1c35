//! Who must agree before something happens, and how long a command may wait.

use super::settings::DecisionSettings;
use crate::context::{InterventionKind, names};
use crate::time::Millis;

names! {
    /// How much a session is left to the machine. A change holds for decisions from then on; only the change to `Off` touches
    /// a command that is already open (see [`super::Event::ModeOff`]).
    Mode {
        /// Nothing is proposed.
        Off = "off",
        /// Everything waits for a person: the default.
        Suggest = "suggest",
        /// What interrupts nobody runs at once when confident; the rest waits.
        Assist = "assist",
        /// Everything runs at once.
        Auto = "auto",
    }
}

names! {
    /// What is published of a command; each (command, status) once.
    Status {
        /// Waits for a person.
        Proposed = "proposed",
        /// To be executed.
        Approved = "approved",
        /// A control: not acted on, still measured.
        HeldOut = "held_out",
        /// Not to be executed (any more).
        Cancelled = "cancelled",
    }
}

/// The first status of a command; none when the mode is off.
#[must_use]
pub fn status_for(
    mode: Mode,
    held_out: bool,
    kind: InterventionKind,
    confidence: f64,
    settings: &DecisionSettings,
) -> Option<Status> {
    let discreet = matches!(kind, InterventionKind::ChatPrompt | InterventionKind::Nudge);
    match mode {
        Mode::Off => None,
        Mode::Suggest | Mode::Assist | Mode::Auto if held_out => Some(Status::HeldOut),
        Mode::Auto => Some(Status::Approved),
        Mode::Assist if discreet && confidence >= settings.assist_confidence => Some(Status::Approved),
        Mode::Assist | Mode::Suggest => Some(Status::Proposed),
    }
}

/// When a command that takes this status at `now` expires. What is not executed anyway expires at once.
#[must_use]
pub fn expires_at(status: Status, now: Millis, settings: &DecisionSettings) -> Millis {
    match status {
        Status::Proposed => now.saturating_add(settings.proposal_life),
        Status::Approved => now.saturating_add(settings.approved_life),
        Status::HeldOut | Status::Cancelled => now,
    }
}
