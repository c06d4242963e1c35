//! Sessions kept decoded between commits, with their panes and users: every event changes some of them, so decoding and
//! encoding them each time would cost more than all the rest. The stores have the truth again before every commit; a rollback
//! drops what is here.

use core::ops::ControlFlow;
use std::collections::{BTreeMap, HashMap};

use domain::pane::{Pane, Panes, ScanPanes};
use domain::time::Millis;
use foldhash::fast::FixedState;
use streams::processor::{Context, ProcessError};
use streams::store::StoreError;

use super::attendees::RoomAttendees;
use crate::event::SessionId;
use crate::rows::perceived::{self, SessionRow};
use crate::rows::{key, row};
use crate::stores::{Scratch, Stores, corrupted, load, save};

/// Sessions kept after a commit; beyond it all are read again when they are needed.
const ROOMS_MAX: usize = 16_384;
/// Users kept, over all rooms; beyond it what differs is written back and all are read again when they are needed.
const ATTENDEES_MAX: usize = 65_536;

/// One session: its row, its panes and its users.
pub(super) struct Room {
    pub(super) row: SessionRow,
    pub(super) panes: RoomPanes,
    pub(super) attendees: RoomAttendees,
    /// Was just read from the stores: without transactions, they may tell of timers that were lost with the process that set them.
    is_read: bool,
    /// Differs from the stores, and is in the list of those that do.
    changed: bool,
}

impl Room {
    /// The room of a session that was not known.
    pub(super) fn of(row: SessionRow) -> Box<Self> {
        Box::new(Self {
            row,
            panes: RoomPanes::default(),
            attendees: RoomAttendees::default(),
            is_read: false,
            changed: false,
        })
    }

    fn read(row: SessionRow, panes: RoomPanes) -> Box<Self> {
        Box::new(Self { panes, is_read: true, ..*Self::of(row) })
    }

    /// Whether it was read from the stores since this was asked for.
    pub(super) fn was_read(&mut self) -> bool {
        core::mem::take(&mut self.is_read)
    }
}

/// The panes of a session, by their starts, each with whether it differs from the store.
#[derive(Default)]
pub(super) struct RoomPanes(BTreeMap<Millis, (Pane, bool)>);

/// The rooms of a task.
#[derive(Default)]
pub(super) struct Rooms {
    /// A room that was entered is not in its place.
    rooms: HashMap<SessionId, Option<Box<Room>>, FixedState>,
    /// Users in the rooms that are in their places.
    attendees: usize,
    /// In the order of their first change, so that a commit writes in an order that does not depend on the map.
    changed: Vec<SessionId>,
}

impl Rooms {
    /// Takes the session's room out, to be given back by [`Rooms::leave`], or given up; nothing for a session that is not known.
    pub(super) fn enter(
        &mut self,
        session: &str,
        stores: &Stores,
        scratch: &mut Scratch,
        context: &mut Context<'_>,
    ) -> Result<Option<Box<Room>>, ProcessError> {
        if let Some(room) = self.rooms.get_mut(session).and_then(Option::take) {
            self.attendees -= room.attendees.len();
            return Ok(Some(room));
        }
        key::session_part(session, perceived::SESSION, &mut scratch.key);
        let Some(row) = load(context, stores.sessions, &scratch.key)? else { return Ok(None) };
        let panes = RoomPanes::load(session, stores, scratch, context)?;
        Ok(Some(Room::read(row, panes)))
    }

    /// Puts the row of a new session into its store at once: others ask there whether there is a session.
    pub(super) fn announce(
        &self,
        session: &str,
        room: &Room,
        stores: &Stores,
        scratch: &mut Scratch,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        key::session_part(session, perceived::SESSION, &mut scratch.key);
        Ok(save(context, stores.sessions, &scratch.key, &room.row, &mut scratch.value)?)
    }

    /// Gives a room back that was not changed.
    pub(super) fn leave_unchanged(&mut self, session: &str, room: Box<Room>) {
        self.attendees += room.attendees.len();
        match self.rooms.get_mut(session) {
            Some(place) => *place = Some(room),
            None => drop(self.rooms.insert(session.into(), Some(room))),
        }
    }

    /// Gives a room back that was changed.
    pub(super) fn leave(&mut self, session: &str, mut room: Box<Room>) {
        if !room.changed {
            room.changed = true;
            self.changed.push(session.into());
        }
        self.leave_unchanged(session, room);
    }

    /// Gives up a room that was entered: its session is no more. The rows in the stores are the caller's.
    pub(super) fn give_up(&mut self, session: &str) {
        self.rooms.remove(session);
    }

    /// Whether it is time to write back before the commit is.
    pub(super) fn is_full(&self) -> bool {
        self.attendees > ATTENDEES_MAX
    }

    /// Puts what differs into the stores.
    pub(super) fn write_back(
        &mut self,
        stores: &Stores,
        scratch: &mut Scratch,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        for session in self.changed.drain(..) {
            // A session that was purged since is no longer here.
            let Some(Some(room)) = self.rooms.get_mut(&session) else { continue };
            room.changed = false;
            key::session_part(&session, perceived::SESSION, &mut scratch.key);
            save(context, stores.sessions, &scratch.key, &room.row, &mut scratch.value)?;
            for (start, (pane, changed)) in room.panes.0.iter_mut().filter(|(_, (_, changed))| *changed) {
                key::session_at(&session, *start, &mut scratch.key);
                save(context, stores.panes, &scratch.key, pane, &mut scratch.value)?;
                *changed = false;
            }
            room.attendees.write_back(&session, stores, scratch, context)?;
        }
        if self.rooms.len() > ROOMS_MAX {
            self.clear();
        }
        if self.is_full() {
            self.rooms.values_mut().flatten().for_each(|room| room.attendees.clear());
            self.attendees = 0;
        }
        Ok(())
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.rooms.clear();
        self.changed.clear();
        self.attendees = 0;
    }
}

impl RoomPanes {
    fn load(
        session: &str,
        stores: &Stores,
        scratch: &mut Scratch,
        context: &mut Context<'_>,
    ) -> Result<Self, StoreError> {
        let mut panes = BTreeMap::new();
        let mut damaged = false;
        key::session_at(session, Millis::MIN, &mut scratch.key);
        key::session_at(session, Millis::MAX, &mut scratch.value);
        context.scan(stores.panes, &scratch.key, &scratch.value, &mut |key, value| {
            match (key::at(key), row::decode::<Pane>(value)) {
                (Some(start), Some(pane)) => drop(panes.insert(start, (pane, false))),
                _ => damaged = true,
            }
            ControlFlow::Continue(())
        })?;
        if damaged { Err(corrupted()) } else { Ok(Self(panes)) }
    }

    /// Deletes the panes with `from <= start < to`, here and in the store.
    pub(super) fn delete(
        &mut self,
        session: &str,
        (from, to): (Millis, Millis),
        stores: &Stores,
        scratch: &mut Scratch,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        while let Some((&start, _)) = self.0.range(from..to.max(from)).next() {
            self.0.remove(&start);
            key::session_at(session, start, &mut scratch.key);
            context.delete(stores.panes, &scratch.key)?;
        }
        Ok(())
    }
}

impl Panes for RoomPanes {
    fn update(&mut self, start: Millis, change: impl FnOnce(&mut Pane)) {
        let (pane, changed) = self.0.entry(start).or_default();
        change(pane);
        *changed = true;
    }
}

impl ScanPanes for RoomPanes {
    fn scan(&self, from: Millis, to: Millis, mut visit: impl FnMut(Millis, &Pane)) {
        if from < to {
            self.0.range(from..to).for_each(|(start, (pane, _))| visit(*start, pane));
        }
    }
}
