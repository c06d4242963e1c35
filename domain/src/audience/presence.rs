//! Coming, staying and going.

use super::anomaly::PlannedAnomaly;
use super::person::People;
use super::{Happening, STEP, SessionPlan, What};
use crate::math;
use crate::random::Generator;
use crate::time::{MINUTE, Millis, minutes};

/// The join ramp: `size` people in expectation, their rate falling linearly to nothing over this span.
const RAMP_MINUTES: f64 = 8.0;
/// Then late comers, as a share of `size` per minute.
const LATE_PER_MINUTE: f64 = 0.006;
/// The leave hazard per person-minute at usual attention; it is this times exp(-2 (A - .5)).
const LEAVE_PER_MINUTE: f64 = 0.012;
/// The share of heartbeats that come from a tab in front.
const FOCUSED: f64 = 0.6;
/// After the planned end everyone leaves within this span.
pub(super) const EMPTYING: Millis = MINUTE;

/// Who comes and goes in one session.
#[derive(Debug, Clone)]
pub(super) struct Presence {
    generator: Generator,
}

impl Presence {
    pub(super) fn new(generator: Generator) -> Self {
        Self { generator }
    }

    /// One second of leaving, thinned: so many candidates as if all were as inattentive as can be, each of whom leaves with
    /// the ratio of hazards.
    pub(super) fn leave(
        &mut self,
        from: Millis,
        logit: f64,
        plan: &SessionPlan,
        people: &mut People,
        out: &mut Vec<Happening>,
    ) {
        let exit: f64 = plan.anomalies.iter().map(|anomaly| PlannedAnomaly::on_leaving(anomaly, from)).product();
        let highest = LEAVE_PER_MINUTE * core::f64::consts::E * exit;
        for _ in 0..self.generator.poisson(people.count() as f64 * highest * minutes(STEP)) {
            let Some(seat) = people.anyone(&mut self.generator) else { return };
            let attention = math::sigmoid(logit + people.offset(seat));
            if self.generator.chance(math::exp(-2.0 * attention)) {
                people.leave(seat);
                out.push(self.at_some_time(from, What::Left { user: seat.user }));
            }
        }
    }

    /// One second of the emptying that began at `since`: an even stream out.
    pub(super) fn empty(&mut self, from: Millis, since: Millis, people: &mut People, out: &mut Vec<Happening>) {
        let steps_left = (since.saturating_add(EMPTYING) - from).div_euclid(STEP).max(1) as usize;
        for _ in 0..people.count().div_ceil(steps_left) {
            let Some(seat) = people.anyone(&mut self.generator) else { return };
            people.leave(seat);
            out.push(self.at_some_time(from, What::Left { user: seat.user }));
        }
    }

    /// One second of heartbeats.
    pub(super) fn beat(&mut self, from: Millis, elapsed: Millis, people: &People, out: &mut Vec<Happening>) {
        for (seat, offset) in people.heartbeats(elapsed) {
            let focused = self.generator.chance(FOCUSED);
            out.push(Happening { at_ms: from + offset, what: What::Heartbeat { user: seat.user, focused } });
        }
    }

    /// One second of joining.
    pub(super) fn join(&mut self, from: Millis, plan: &SessionPlan, people: &mut People, out: &mut Vec<Happening>) {
        let elapsed = from.saturating_sub(plan.start_ms);
        let size = f64::from(plan.size);
        let minute = minutes(elapsed) + minutes(STEP) / 2.0;
        let count = if plan.seated_at_start && elapsed == 0 {
            u64::from(plan.size)
        } else if plan.seated_at_start || minute >= RAMP_MINUTES {
            self.generator.poisson(size * LATE_PER_MINUTE * minutes(STEP))
        } else {
            let share_per_minute = 2.0 / RAMP_MINUTES * (1.0 - minute / RAMP_MINUTES);
            self.generator.poisson(size * share_per_minute * minutes(STEP))
        };
        for _ in 0..count {
            let (user, first_time) = people.join(&mut self.generator);
            out.push(self.at_some_time(from, What::Joined { user, first_time }));
        }
    }

    fn at_some_time(&mut self, from: Millis, what: What) -> Happening {
        Happening { at_ms: from + self.generator.below(STEP as u64) as Millis, what }
    }
}
