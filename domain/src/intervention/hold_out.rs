//! Which episodes are controls. Without them success means nothing: many anomalies pass by themselves.

use super::settings::DecisionSettings;
use crate::random::Generator;
use crate::time::Millis;

/// Whether the episode that started at `episode` is a control: not acted on, still measured. A pure function, so one episode
/// has one answer, in every mode, after a restart, and before any proposal is shown.
#[must_use]
pub fn held_out(application: &[u8], session: &[u8], episode: Millis, settings: &DecisionSettings) -> bool {
    Generator::of(&[b"hold-out", application, session, &episode.to_le_bytes()]).chance(settings.hold_out)
}
