//! A session's tick: evaluate, hand on, set the next one; and after its end, purge.

use domain::outage::Flows;
use domain::tick::evaluate;
use domain::time::{GRACE, Millis};
use streams::processor::{Context, ProcessError};
use streams::record::Record;

use super::{Buffers, PURGE, Perceive, TICK};
use crate::moment::{Moment, Tick};
use crate::rows::decided::TickRow;
use crate::rows::key;
use crate::rows::perceived::{self, PinnedPrior, SessionRow};
use crate::stores::{StoredPanes, load, save};

/// The newest a pane can be, as a bound for deleting all of them.
const FOR_EVER: Millis = Millis::MAX / 2;

impl Perceive {
    pub(super) fn tick(&mut self, fired: Millis, key: &[u8], context: &mut Context<'_>) -> Result<(), ProcessError> {
        let Ok(session) = core::str::from_utf8(key) else { return Ok(()) };
        let tick = fired.saturating_sub(GRACE);
        key::session_part(session, perceived::SESSION, &mut self.buffers.session_key);
        let Some(mut row) = load::<SessionRow>(context, self.stores.sessions, &self.buffers.session_key)? else {
            return Ok(());
        };
        if row.next_tick != Some(tick) {
            return Ok(());
        }
        if tick > row.session.over_at() {
            return self.over(session, row, fired, context);
        }
        let moment = self.evaluate(session, &mut row, tick, context)?;
        // One tick more than the session has: there it is found to be over, if no event came in between.
        let next = tick.saturating_add(domain::time::TICK);
        row.next_tick = Some(next);
        self.timer(TICK, session, next.saturating_add(GRACE), context);
        self.keep(session, &row, context)?;
        context.forward(self.moments, Record::new(session.into(), moment, tick))
    }

    fn evaluate(
        &mut self,
        session: &str,
        row: &mut SessionRow,
        tick: Millis,
        context: &mut Context<'_>,
    ) -> Result<Moment, ProcessError> {
        let prior = self.pinned(session, row, context)?;
        let Buffers { session_key, scratch, .. } = &mut self.buffers;
        key::session_part("", perceived::FLOWS, session_key);
        let flows: Option<Flows> = load(context, self.stores.sessions, session_key)?;
        key::session(session, session_key);
        let decided: Option<TickRow> = load(context, self.stores.ticks, session_key)?;
        let frozen = decided.is_some_and(|decided| decided.detector.episode.open().is_some());
        let mut panes = StoredPanes::of(session, context, self.stores.panes, scratch);
        let evaluation = evaluate(tick, frozen, &mut row.session, |kind, size| prior.of(kind, size), &mut panes);
        panes.delete(evaluation.delete_from, evaluation.delete_to);
        panes.finish()?;
        let outage = flows.is_some_and(|flows| flows.outage(tick));
        Ok(Moment::Tick(Box::new(Tick { evaluation, outage })))
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
        mut row: SessionRow,
        fired: Millis,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        row.next_tick = None;
        self.purge_later(session, &mut row, context);
        self.keep(session, &row, context)?;
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
        key::session_part(session, perceived::SESSION, &mut self.buffers.session_key);
        let Some(mut row) = load::<SessionRow>(context, self.stores.sessions, &self.buffers.session_key)? else {
            return Ok(());
        };
        if row.purge_at != Some(fired) {
            return Ok(());
        }
        if row.session.purge_at() > fired {
            self.purge_later(session, &mut row, context);
            return self.keep(session, &row, context);
        }
        let mut panes = StoredPanes::of(session, context, self.stores.panes, &mut self.buffers.scratch);
        panes.delete(row.session.kept_from, FOR_EVER);
        panes.finish()?;
        for part in [perceived::SESSION, perceived::TEXTS, perceived::PRIOR] {
            key::session_part(session, part, &mut self.buffers.session_key);
            context.delete(self.stores.sessions, &self.buffers.session_key)?;
        }
        key::session(session, &mut self.buffers.session_key);
        context.delete(self.stores.ticks, &self.buffers.session_key)?;
        context.forward(self.moments, Record::new(session.into(), Moment::Forgotten, fired))
    }

    pub(super) fn keep(
        &mut self,
        session: &str,
        row: &SessionRow,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let Buffers { session_key, scratch, .. } = &mut self.buffers;
        key::session_part(session, perceived::SESSION, session_key);
        Ok(save(context, self.stores.sessions, session_key, row, &mut scratch.value)?)
    }
}
