//! The act port: what carries commands out in the world, and the world that is simulated.

mod simulated;

pub use simulated::{SimulatedEvent, SimulatedPlatform, SimulatedSession};

use topology::wire::{InterventionCommand, InterventionFeedback};

/// Whatever can carry a command out. An implementation is asked once per approved command, and answers what became of it.
pub trait Platform {
    /// Carries out an approved command at `now_ms` (event time) and says what happened.
    fn carry_out(&mut self, command: &InterventionCommand, now_ms: i64) -> InterventionFeedback;
}
