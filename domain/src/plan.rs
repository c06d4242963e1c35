//! The plan of a session: its schedule, the phases that were told, and how far the boundaries are.

use crate::context::Phase;
use crate::time::Millis;

/// A schedule keeps this many entries.
pub const SCHEDULE_MAX: usize = 32;

/// Phases, planned and told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The planned phases in the order of their beginnings; at most [`SCHEDULE_MAX`].
    pub schedule: Vec<(Phase, Millis)>,
    /// The planned end.
    pub ends_at: Option<Millis>,
    /// The newest phase that was told.
    pub told: Option<(Phase, Millis)>,
    /// The one before (events come out of order, ticks a second late).
    pub told_before: Option<(Phase, Millis)>,
}

/// How a moment lies in the plan: alarms are gated by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The phase.
    pub phase: Phase,
    /// Milliseconds since it began; absent when no beginning is known.
    pub since_change_ms: Option<Millis>,
    /// Milliseconds to the next planned phase or the planned end.
    pub to_boundary_ms: Option<Millis>,
    /// Milliseconds to the planned end; below zero after it.
    pub to_end_ms: Option<Millis>,
}

impl Plan {
    /// Takes a new schedule; entries beyond [`SCHEDULE_MAX`] are dropped, the latest first.
    pub fn set(&mut self, schedule: &[(Phase, Millis)], ends_at: Option<Millis>) {
        self.schedule = schedule.to_vec();
        self.schedule.sort_by_key(|(_, at)| *at);
        self.schedule.truncate(SCHEDULE_MAX);
        self.ends_at = ends_at;
    }

    /// Takes a phase that was told.
    pub fn tell(&mut self, phase: Phase, at: Millis) {
        match self.told {
            Some((_, newest)) if at < newest => {
                if self.told_before.is_none_or(|(_, before)| at >= before) {
                    self.told_before = Some((phase, at));
                }
            }
            newest => (self.told_before, self.told) = (newest, Some((phase, at))),
        }
    }

    /// The phase at `at`: the one that began last, planned or told; told goes first. Before the schedule it is the opening, without
    /// any plan the middle.
    #[must_use]
    pub fn phase_at(&self, at: Millis) -> Phase {
        match self.current(at) {
            Some((phase, _)) => phase,
            None if self.schedule.is_empty() => Phase::Middle,
            None => Phase::Opening,
        }
    }

    /// How `at` lies in the plan.
    #[must_use]
    pub fn place(&self, at: Millis) -> Place {
        let next = self.schedule.iter().map(|(_, begins)| *begins).find(|begins| *begins > at);
        let end = self.ends_at.filter(|end| *end > at);
        Place {
            phase: self.phase_at(at),
            since_change_ms: self.current(at).map(|(_, began)| at.saturating_sub(began)),
            to_boundary_ms: next.into_iter().chain(end).min().map(|boundary| boundary.saturating_sub(at)),
            to_end_ms: self.ends_at.map(|end| end.saturating_sub(at)),
        }
    }

    fn current(&self, at: Millis) -> Option<(Phase, Millis)> {
        let planned = self.schedule.iter().rev();
        let told = self.told.iter().chain(&self.told_before);
        // `max_by_key` takes the last of equals: what was told comes after what was planned.
        let begun = planned.chain(told).filter(|(_, began)| *began <= at);
        begun.copied().fold(None, |newest: Option<(Phase, Millis)>, entry| match newest {
            Some(newest) if newest.1 > entry.1 => Some(newest),
            _ => Some(entry),
        })
    }
}
