//! The users of a session, kept decoded as the session is: most events are heartbeats, and a row read, decoded, encoded and
//! boxed for each of them would cost more than what it says.

use domain::attendee::Attendee;
use domain::time::Millis;
use foldhash::fast::FixedState;
use indexmap::IndexMap;
use streams::processor::Context;
use streams::store::StoreError;

use crate::event::UserId;
use crate::rows::attendee::AttendeeRow;
use crate::rows::key;
use crate::stores::{Scratch, Stores, load, save};

/// A user in one life of a session's rows.
struct Seat {
    row: AttendeeRow,
    /// Differs from the store, and is in the list of those that do.
    changed: bool,
    /// Was just read from the store, as a room is.
    is_read: bool,
    /// Neither the store nor an event knows this user yet.
    blank: bool,
}

/// The users of a room that were asked for.
#[derive(Default)]
pub(super) struct RoomAttendees {
    seats: IndexMap<UserId, Seat, FixedState>,
    /// In the order of their first change.
    changed: Vec<UserId>,
}

/// What is known of a user.
pub(super) enum Found {
    /// The seat of this number; it holds until one is given up.
    Seated(usize),
    /// There is no row.
    Unknown,
    /// The row belongs to a life of the session that was purged since.
    Left,
}

impl RoomAttendees {
    pub(super) fn len(&self) -> usize {
        self.seats.len()
    }

    /// Looks a user up, here and in the store.
    pub(super) fn find(
        &mut self,
        (session, began_at): (&str, Millis),
        user: &str,
        stores: &Stores,
        scratch: &mut Scratch,
        context: &mut Context<'_>,
    ) -> Result<Found, StoreError> {
        if let Some(seat) = self.seats.get_index_of(user) {
            return Ok(Found::Seated(seat));
        }
        key::session_part(session, user, &mut scratch.key);
        let Some(row) = load::<AttendeeRow>(context, stores.attendees, &scratch.key)? else {
            return Ok(Found::Unknown);
        };
        if row.of_session != began_at {
            return Ok(Found::Left);
        }
        Ok(Found::Seated(self.take_in(user, row, false)))
    }

    /// The seat of a user; one that is not known gets a blank one.
    pub(super) fn enter(
        &mut self,
        (session, began_at): (&str, Millis),
        user: &str,
        stores: &Stores,
        scratch: &mut Scratch,
        context: &mut Context<'_>,
    ) -> Result<usize, StoreError> {
        Ok(match self.find((session, began_at), user, stores, scratch, context)? {
            Found::Seated(seat) => seat,
            Found::Unknown | Found::Left => {
                self.take_in(user, AttendeeRow { of_session: began_at, attendee: Attendee::default() }, true)
            }
        })
    }

    fn take_in(&mut self, user: &str, row: AttendeeRow, blank: bool) -> usize {
        self.seats.insert_full(user.into(), Seat { row, changed: false, is_read: !blank, blank }).0
    }

    /// The user in a seat.
    pub(super) fn attendee(&mut self, seat: usize) -> Option<&mut Attendee> {
        self.seats.get_index_mut(seat).map(|(_, seat)| &mut seat.row.attendee)
    }

    /// The timer that the store tells of, if the user in this seat was read from there since this was asked for.
    pub(super) fn read_due(&mut self, seat: usize) -> Option<Millis> {
        let (_, seat) = self.seats.get_index_mut(seat)?;
        core::mem::take(&mut seat.is_read).then_some(seat.row.attendee.due_at)?
    }

    /// The user in this seat was changed.
    pub(super) fn keep(&mut self, seat: usize) {
        let Some((user, seat)) = self.seats.get_index_mut(seat) else { return };
        seat.blank = false;
        if !seat.changed {
            seat.changed = true;
            self.changed.push(user.clone());
        }
    }

    /// The user in this seat was not changed: one of whom nothing is known is not kept.
    pub(super) fn leave(&mut self, seat: usize) {
        if self.seats.get_index(seat).is_some_and(|(_, seat)| seat.blank) {
            self.seats.swap_remove_index(seat);
        }
    }

    /// Gives a user up; the row in the store is the caller's.
    pub(super) fn give_up(&mut self, seat: usize) {
        self.seats.swap_remove_index(seat);
    }

    /// Puts what differs into the store.
    pub(super) fn write_back(
        &mut self,
        session: &str,
        stores: &Stores,
        scratch: &mut Scratch,
        context: &mut Context<'_>,
    ) -> Result<(), StoreError> {
        for user in self.changed.drain(..) {
            // One that was given up since is no longer here.
            let Some(seat) = self.seats.get_mut(&user).filter(|seat| seat.changed) else { continue };
            seat.changed = false;
            key::session_part(session, &user, &mut scratch.key);
            save(context, stores.attendees, &scratch.key, &seat.row, &mut scratch.value)?;
        }
        Ok(())
    }

    /// Forgets everyone; what differs must have been written back.
    pub(super) fn clear(&mut self) {
        // The memory goes, too: a session may have had a million.
        *self = Self::default();
    }
}
