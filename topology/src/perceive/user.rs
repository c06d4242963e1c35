//! What is due for one user: presence expires, segments change, the row is given up.

use domain::presence::{NextDue, due};
use domain::time::{HOUR, Millis};
use streams::processor::{Context, ProcessError};

use super::room::Room;
use super::{Perceive, USER};
use crate::rows::attendee::AttendeeRow;
use crate::rows::key;
use crate::stores::{load, save};

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
        let entered = self.rooms.enter(session, &self.stores, &mut buffers.scratch, context)?;
        let is_of_this_life = |room: &Room| room.row.session.began_at == stored.of_session;
        let mut room = match entered {
            Some(room) if is_of_this_life(&room) => room,
            other => {
                // The session was purged: its users go with it, each at its own time, without a scan.
                if let Some(room) = other {
                    self.rooms.leave_unchanged(session, room);
                }
                return Ok(context.delete(self.stores.attendees, user_key)?);
            }
        };
        let Room { row, panes, .. } = &mut *room;
        let next = due(&mut stored.attendee, at, &mut row.session, panes);
        let purged = row.purge_at.filter(|_| row.next_tick.is_none()).map_or(Millis::MAX, |at| at.saturating_add(1));
        self.rooms.leave(session, room);
        let next = match next {
            NextDue::Purge => return Ok(context.delete(self.stores.attendees, user_key)?),
            NextDue::At(next) => next,
            // Nothing is due while nothing happens; but the row must be found again when the session is gone.
            NextDue::None => at.saturating_add(HOUR),
        };
        let next = next.min(purged).max(at.saturating_add(1));
        // Always set while a timer is pending: timers that are left over from before then merge with it.
        stored.attendee.due_at = Some(next);
        save(context, self.stores.attendees, user_key, &stored, &mut buffers.scratch.value)?;
        schedule(next, user_key, &mut buffers.timer_key, context);
        Ok(())
    }
}
