//! The runs of a marathon as its planned phases.

use std::path::Path;

use domain::time::{MINUTE, Millis};
use topology::wire::{PlannedPhase, SessionPhase};

use crate::error::Error;
use crate::import::table::Table;

/// A planned time without a run that is longer than this is a break: nothing is on, so nothing should alarm. A shorter one
/// is part of the show; the run after it is a boundary all the same.
const SETUP_MAX: Millis = 5 * MINUTE;

/// The marathon's plan.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The planned phases, in order of time: each run begins a middle phase (so each begin of a run is a boundary), the last one's
    /// end the closing.
    pub(super) phases: Vec<PlannedPhase>,
    /// The end of the last run.
    pub(super) ends_at_ms: Option<i64>,
}

/// Reads the runs, in whatever order they stand.
pub(super) fn read(path: &Path) -> Result<Plan, Error> {
    let mut table = Table::open(path, &["start_time", "duration"])?;
    let mut runs = Vec::new();
    while table.advance()? {
        let start_ms = table.time_ms("start_time")?;
        runs.push((start_ms, start_ms.saturating_add(table.duration_ms("duration")?)));
    }
    runs.sort_unstable();
    Ok(plan(&runs))
}

/// Runs are starts and ends in order of their starts; they may overlap.
fn plan(runs: &[(i64, i64)]) -> Plan {
    let mut phases = Vec::new();
    let mut ends_at_ms: Option<i64> = None;
    for (start_ms, end_ms) in runs.iter().copied() {
        if let Some(free_ms) = ends_at_ms.filter(|free_ms| start_ms - free_ms > SETUP_MAX) {
            phases.push(PlannedPhase { phase: SessionPhase::Break, at_ms: free_ms });
        }
        phases.push(PlannedPhase { phase: SessionPhase::Middle, at_ms: start_ms });
        ends_at_ms = ends_at_ms.max(Some(end_ms));
    }
    phases.extend(ends_at_ms.map(|at_ms| PlannedPhase { phase: SessionPhase::Closing, at_ms }));
    Plan { phases, ends_at_ms }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_is_a_boundary_and_only_a_long_setup_is_a_break() {
        let minutes = |runs: &[(i64, i64)]| {
            let runs: Vec<_> = runs.iter().map(|(start, end)| (start * MINUTE, end * MINUTE)).collect();
            let plan = plan(&runs);
            let phases = plan.phases.iter().map(|planned| (planned.phase.name(), planned.at_ms / MINUTE));
            (phases.collect::<Vec<_>>(), plan.ends_at_ms.map(|end| end / MINUTE))
        };
        let (phases, end) = minutes(&[(0, 30), (35, 60), (66, 90)]);
        assert_eq!(phases, [("middle", 0), ("middle", 35), ("break", 60), ("middle", 66), ("closing", 90)]);
        assert_eq!(end, Some(90));
        // A run that was moved into another one.
        let (phases, end) = minutes(&[(0, 90), (10, 20), (100, 110)]);
        assert_eq!(phases, [("middle", 0), ("middle", 10), ("break", 90), ("middle", 100), ("closing", 110)]);
        assert_eq!(end, Some(110));
        assert_eq!(minutes(&[]), (vec![], None));
    }
}
