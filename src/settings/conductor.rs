//! What the topology is to be told, out of what an operator sets.

use topology::codec::Format;
use topology::settings::{ConductorSettings, Formats, Learning};

use super::{Settings, sections};

/// The application's own settings, out of those that an operator sets. Outputs in JSON: they become lines of files.
#[must_use]
pub fn conductor_settings(settings: &Settings) -> ConductorSettings {
    ConductorSettings {
        application_id: settings.application.id.clone(),
        detector: settings.detector.to_domain(),
        decision: settings.decision.to_domain(),
        mode: settings.decision.mode,
        learning: match settings.policy.learning {
            sections::Learning::Live => Learning::Live,
            sections::Learning::Frozen => Learning::Frozen,
        },
        formats: Formats::all(Format::Json),
    }
}
