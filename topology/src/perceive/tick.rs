//! A session's tick: evaluate, hand on, set the next one; and after its end, purge.

use domain::tick::evaluate;
use domain::time::{GRACE, Millis};
use streams::processor::{Context, ProcessError};
use streams::record::Record;

use super::room::Room;
use super::{Buffers, PURGE, Perceive, TICK};
use crate::moment::{Moment, Tick};
use crate::rows::decided::TickRow;
use crate::rows::key;
use crate::rows::perceived::{self, PinnedPrior, SessionRow};
use crate::rows::trace::TRACE;
use crate::stores::{load, save};

impl Perceive {
    pub(super) fn tick(&mut self, fired: Millis, key: &[u8], context: &mut Context<'_>) -> Result<(), ProcessError> {
        let Ok(session) = core::str::from_utf8(key) else { return Ok(()) };
        let tick = fired.saturating_sub(GRACE);
        let entered = self.rooms.enter(session, &self.stores, &mut self.buffers.scratch, context)?;
        let Some(mut room) = entered else { return Ok(()) };
        if room.row.next_tick != Some(tick) {
            self.arm_again(session, &room.row, context);
            self.rooms.leave_unchanged(session, room);
            return Ok(());
        }
        if tick > room.row.session.over_at() {
            return self.over(session, room, fired, context);
        }
        let moment = self.evaluate(session, &mut room, tick, context)?;
        // One tick more than the session has: there it is found to be over, if no event came in between.
        let next = tick.saturating_add(domain::time::TICK);
        room.row.next_tick = Some(next);
        self.timer(TICK, session, next.saturating_add(GRACE), context);
        self.rooms.leave(session, room);
        context.forward(self.moments, Record::new(session.into(), moment, tick))
    }

    fn evaluate(
        &mut self,
        session: &str,
        room: &mut Room,
        tick: Millis,
        context: &mut Context<'_>,
    ) -> Result<Moment, ProcessError> {
        let prior = self.pinned(session, &mut room.row, context)?;
        let outage = self.flows(context)?.0.outage(tick);
        let Buffers { session_key, scratch, .. } = &mut self.buffers;
        key::session(session, session_key);
        let decided: Option<TickRow> = load(context, self.stores.ticks, session_key)?;
        let frozen = decided.is_some_and(|decided| decided.detector.episode.open().is_some());
        let Room { row, panes, .. } = room;
        let evaluation = evaluate(tick, frozen, &mut row.session, |kind, size| prior.of(kind, size), panes);
        let retired = (evaluation.delete_from, evaluation.delete_to);
        panes.delete(session, retired, &self.stores, scratch, context)?;
        let questions = row.session.questions.clone();
        let questions_asked = row.session.questions_asked;
        Ok(Moment::Tick(Box::new(Tick { evaluation, outage, questions, questions_asked })))
    }

    /// The priors of the version that the session pinned, at its first tick, to the newest then known.
    fn pinned(
        &mut self,
        session: &str,
        row: &mut SessionRow,
        context: &mut Context<'_>,
    ) -> Result<PinnedPrior, ProcessError> {
        let Buffers { session_key, scratch, .. } = &mut self.buffers;
        match row.session.baseline_version {
            Some(0) => Ok(PinnedPrior::start()),
            Some(_) => {
                key::session_part(session, perceived::PRIOR, session_key);
                Ok(load(context, self.stores.sessions, session_key)?.unwrap_or_else(PinnedPrior::start))
            }
            None => {
                let pinned = context.global(self.baselines)?.newest();
                row.session.baseline_version = Some(pinned.version);
                if pinned.version > 0 {
                    key::session_part(session, perceived::PRIOR, session_key);
                    save(context, self.stores.sessions, session_key, &pinned, &mut scratch.value)?;
                }
                Ok(pinned)
            }
        }
    }

    fn over(
        &mut self,
        session: &str,
        mut room: Box<Room>,
        fired: Millis,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        room.row.next_tick = None;
        self.purge_later(session, &mut room.row, context);
        self.rooms.leave(session, room);
        context.forward(self.moments, Record::new(session.into(), Moment::Over, fired.saturating_sub(GRACE)))
    }

    /// Sets the timer of the purge to where it now belongs; of several pending ones the row knows which counts.
    pub(super) fn purge_later(&mut self, session: &str, row: &mut SessionRow, context: &mut Context<'_>) {
        let soonest = context.stream_time().map_or(Millis::MIN, |now| now.saturating_add(1));
        let purge = row.session.purge_at().max(soonest);
        row.purge_at = Some(purge);
        self.timer(PURGE, session, purge, context);
    }

    /// Deletes the rows of a session that is over for good; its users' rows go at their own timers.
    pub(super) fn purge(&mut self, fired: Millis, key: &[u8], context: &mut Context<'_>) -> Result<(), ProcessError> {
        let Ok(session) = core::str::from_utf8(key) else { return Ok(()) };
        let entered = self.rooms.enter(session, &self.stores, &mut self.buffers.scratch, context)?;
        let Some(mut room) = entered else { return Ok(()) };
        if room.row.purge_at != Some(fired) {
            self.arm_again(session, &room.row, context);
            self.rooms.leave_unchanged(session, room);
            return Ok(());
        }
        if room.row.session.purge_at() > fired {
            self.purge_later(session, &mut room.row, context);
            self.rooms.leave(session, room);
            return Ok(());
        }
        let all = (Millis::MIN, Millis::MAX);
        room.panes.delete(session, all, &self.stores, &mut self.buffers.scratch, context)?;
        for part in [perceived::SESSION, perceived::TEXTS, perceived::PRIOR, TRACE] {
            key::session_part(session, part, &mut self.buffers.session_key);
            context.delete(self.stores.sessions, &self.buffers.session_key)?;
        }
        key::session(session, &mut self.buffers.session_key);
        context.delete(self.stores.ticks, &self.buffers.session_key)?;
        self.rooms.give_up(session);
        context.forward(self.moments, Record::new(session.into(), Moment::Forgotten, fired))
    }
}
