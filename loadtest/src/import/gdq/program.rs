//! Which phases a marathon tells while it runs: those of its plan, and breaks where the source is silent.

use domain::time::MINUTE;
use topology::wire::{PlannedPhase, SessionPhase};

use super::schedule::Plan;
use super::timeseries::Minute;

/// What is told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Program {
    /// In order of time, from the first minute to the last.
    pub(super) told: Vec<PlannedPhase>,
    /// How often minutes are missing in the source.
    pub(super) gaps: u64,
}

impl Program {
    /// Missing minutes are a break; a phase that is planned within one is put off to its end, where the phase is told that
    /// the plan has there (the middle, where it has none).
    pub(super) fn new(plan: &Plan, minutes: &[Minute]) -> Self {
        let mut planned = plan.phases.iter().peekable();
        let (mut told, mut gaps) = (Vec::new(), 0);
        let mut current = None;
        let mut next_ms = minutes.first().map_or(0, |minute| minute.at_ms);
        // A log that begins in the midst of the plan begins in its phase.
        while let Some(begun) = planned.next_if(|planned| planned.at_ms < next_ms) {
            current = Some(begun.phase);
        }
        told.extend(current.map(|phase| PlannedPhase { phase, at_ms: next_ms }));
        for minute in minutes {
            if minute.at_ms > next_ms {
                gaps += 1;
                told.push(PlannedPhase { phase: SessionPhase::Break, at_ms: next_ms });
                while let Some(begun) = planned.next_if(|planned| planned.at_ms < minute.at_ms) {
                    current = Some(begun.phase);
                    // Told goes before planned: without this the session's own schedule would end the break.
                    told.push(PlannedPhase { phase: SessionPhase::Break, at_ms: begun.at_ms });
                }
                let phase = current.unwrap_or(SessionPhase::Middle);
                told.push(PlannedPhase { phase, at_ms: minute.at_ms });
            }
            next_ms = minute.at_ms + MINUTE;
            while let Some(begun) = planned.next_if(|planned| planned.at_ms < next_ms) {
                current = Some(begun.phase);
                told.push(begun.clone());
            }
        }
        Self { told, gaps }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SessionPhase::{Break, Closing, Middle};

    fn told(planned: &[(SessionPhase, i64)], minutes: &[i64]) -> Vec<(SessionPhase, i64)> {
        let phases = planned.iter().map(|(phase, at)| PlannedPhase { phase: *phase, at_ms: at * MINUTE / 2 }).collect();
        let minute = |at: &i64| Minute { at_ms: at * MINUTE / 2, viewers: 0, chats: 0, emotes: 0 };
        let minutes: Vec<_> = minutes.iter().map(minute).collect();
        let program = Program::new(&Plan { phases, ends_at_ms: None }, &minutes);
        program.told.iter().map(|told| (told.phase, told.at_ms * 2 / MINUTE)).collect()
    }

    /// Times are in half minutes.
    #[test]
    fn missing_minutes_are_a_break_and_the_plan_goes_on_after_it() {
        assert_eq!(told(&[], &[0, 2, 8, 10]), [(Break, 4), (Middle, 8)]);
        assert_eq!(
            told(&[(Middle, 1), (Closing, 9)], &[0, 2, 8, 10]),
            [(Middle, 1), (Break, 4), (Middle, 8), (Closing, 9)]
        );
        assert_eq!(told(&[(Closing, 5)], &[0, 2, 8]), [(Break, 4), (Break, 5), (Closing, 8)]);
        assert_eq!(told(&[(Break, 1)], &[0, 8]), [(Break, 1), (Break, 2), (Break, 8)]);
    }

    #[test]
    fn a_log_that_begins_in_the_midst_of_the_plan_begins_in_its_phase() {
        assert_eq!(
            told(&[(Break, 2), (Middle, 4), (Break, 20)], &[10, 12, 100]),
            [(Middle, 10), (Break, 14), (Break, 20), (Break, 100)]
        );
        assert_eq!(told(&[(Middle, 10), (Closing, 14)], &[10, 12]), [(Middle, 10)]);
    }
}
