//! What happens in the sessions of the demo.

use compact_str::{CompactString, format_compact};
use domain::audience::SessionPlan;
use domain::context::{AnomalyClass, SessionType};

use super::{LENGTH, START};
use crate::act::SimulatedPlatform;
use crate::settings::Settings;

/// One session of the story.
struct Scene {
    /// What goes wrong, and in which minute it begins.
    anomaly: Option<(AnomalyClass, f64)>,
    session_type: SessionType,
    /// People in the audience.
    size: u32,
}

/// What happens in the sessions, in turn.
const STORY: [Scene; 6] = [
    Scene { anomaly: Some((AnomalyClass::SuddenDrop, 7.0)), session_type: SessionType::Workshop, size: 90 },
    Scene { anomaly: Some((AnomalyClass::GradualDecline, 5.5)), session_type: SessionType::Keynote, size: 220 },
    Scene { anomaly: Some((AnomalyClass::MassExit, 9.0)), session_type: SessionType::Panel, size: 140 },
    Scene { anomaly: None, session_type: SessionType::Panel, size: 60 },
    Scene { anomaly: Some((AnomalyClass::LowEngagement, 6.5)), session_type: SessionType::Workshop, size: 45 },
    Scene { anomaly: Some((AnomalyClass::SuddenDrop, 10.0)), session_type: SessionType::Keynote, size: 160 },
];

/// Seats the audiences.
pub(super) fn stage(settings: &Settings) -> SimulatedPlatform {
    let mut platform = SimulatedPlatform::default();
    let seed = settings.demo.seed;
    for (number, scene) in STORY.iter().cycle().take(settings.demo.sessions as usize).enumerate() {
        let anomalies: Vec<(AnomalyClass, f64)> = scene.anomaly.into_iter().collect();
        let plan_seed = domain::random::seed_of(&[&seed.to_le_bytes(), &number.to_le_bytes()]);
        // Longer than what is played: the planned end, with its farewell, is another story.
        let plan =
            SessionPlan::scripted(plan_seed, START, 2 * LENGTH, scene.session_type, scene.size, &anomalies).seated();
        // Side by side, sessions want titles of their own.
        let plan = plan.placed(seed.wrapping_add(number as u64));
        platform.open(session_id(seed, number), plan);
    }
    platform
}

fn session_id(seed: u64, number: usize) -> CompactString {
    format_compact!("demo{seed}-{:02}", number + 1)
}
