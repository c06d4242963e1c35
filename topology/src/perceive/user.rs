//! What is due for one user: presence expires, segments change, the row is given up.

use domain::presence::{NextDue, due};
use domain::time::{HOUR, Millis};
use streams::processor::{Context, ProcessError};

use super::attendees::Found;
use super::room::Room;
use super::{Buffers, Perceive, USER};
use crate::rows::key;

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
        let Some((session, user)) = key::split(user_key) else { return Ok(()) };
        let Ok(user) = core::str::from_utf8(user) else { return Ok(()) };
        let Buffers { timer_key, scratch, .. } = &mut self.buffers;
        let Some(mut room) = self.rooms.enter(session, &self.stores, scratch, context)? else {
            // The session was purged: its users go with it, each at its own time, without a scan.
            return Ok(context.delete(self.stores.attendees, user_key)?);
        };
        let Room { row, panes, attendees, .. } = &mut *room;
        let found = attendees.find((session, row.session.began_at), user, &self.stores, scratch, context)?;
        let Found::Seated(seat) = found else {
            self.rooms.leave_unchanged(session, room);
            return match found {
                // It was purged, and begun anew.
                Found::Left => Ok(context.delete(self.stores.attendees, user_key)?),
                _ => Ok(()),
            };
        };
        let Some(attendee) = attendees.attendee(seat) else { return Ok(()) };
        let next = due(attendee, at, &mut row.session, panes);
        let purged = row.purge_at.filter(|_| row.next_tick.is_none()).map_or(Millis::MAX, |at| at.saturating_add(1));
        let next = match next {
            NextDue::Purge => None,
            NextDue::At(next) => Some(next),
            // Nothing is due while nothing happens; but the row must be found again when the session is gone.
            NextDue::None => Some(at.saturating_add(HOUR)),
        };
        match next.map(|next| next.min(purged).max(at.saturating_add(1))) {
            Some(next) => {
                // Always set while a timer is pending: timers that are left over from before then merge with it.
                attendee.due_at = Some(next);
                attendees.keep(seat);
                schedule(next, user_key, timer_key, context);
            }
            None => {
                attendees.give_up(seat);
                context.delete(self.stores.attendees, user_key)?;
            }
        }
        self.rooms.leave(session, room);
        Ok(())
    }
}
