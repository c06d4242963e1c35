//! What is due for one user: presence expires, segments change, the row is given up.

use domain::presence::{NextDue, due};
use domain::time::{HOUR, Millis};
use streams::processor::{Context, ProcessError};

use super::{Perceive, USER};
use crate::rows::attendee::AttendeeRow;
use crate::rows::perceived::SessionRow;
use crate::rows::{key, perceived};
use crate::stores::{StoredPanes, load, save};

/// Sets a user's timer. The set of timers knows no replacing: one that is too early only asks to be set again.
pub(super) fn schedule(at: Millis, user_key: &[u8], timer_key: &mut Vec<u8>, context: &mut Context<'_>) {
    timer_key.clear();
    timer_key.push(USER);
    timer_key.extend_from_slice(user_key);
    context.schedule(at, timer_key);
}

impl Perceive {
    pub(super) fn user_due(
        &mut self,
        at: Millis,
        user_key: &[u8],
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let buffers = &mut self.buffers;
        let Some(mut stored) = load::<AttendeeRow>(context, self.stores.attendees, user_key)? else { return Ok(()) };
        let Some((session, _)) = key::split(user_key) else { return Ok(()) };
        key::session_part(session, perceived::SESSION, &mut buffers.session_key);
        let row: Option<SessionRow> = load(context, self.stores.sessions, &buffers.session_key)?;
        let Some(mut row) = row.filter(|row| row.session.began_at == stored.of_session) else {
            // The session was purged: its users go with it, each at its own time, without a scan.
            return Ok(context.delete(self.stores.attendees, user_key)?);
        };
        let mut panes = StoredPanes::of(session, context, self.stores.panes, &mut buffers.scratch);
        let next = due(&mut stored.attendee, at, &mut row.session, &mut panes);
        panes.finish()?;
        save(context, self.stores.sessions, &buffers.session_key, &row, &mut buffers.scratch.value)?;
        let next = match next {
            NextDue::Purge => return Ok(context.delete(self.stores.attendees, user_key)?),
            NextDue::At(next) => next,
            // Nothing is due while nothing happens; but the row must be found again when the session is gone.
            NextDue::None => at.saturating_add(HOUR),
        };
        let purged = row.purge_at.filter(|_| row.next_tick.is_none()).map_or(Millis::MAX, |at| at.saturating_add(1));
        let next = next.min(purged).max(at.saturating_add(1));
        // Always set while a timer is pending: timers that are left over from before then merge with it.
        stored.attendee.due_at = Some(next);
        save(context, self.stores.attendees, user_key, &stored, &mut buffers.scratch.value)?;
        schedule(next, user_key, &mut buffers.timer_key, context);
        Ok(())
    }
}
