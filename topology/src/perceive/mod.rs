//! Perceive: events fold into the rows of sessions, users and panes; every tick evaluates them and is handed on.
//!
//! Timers of this node carry a letter and a key: `A` a user of whom something is due, `P` a session to be purged, `T` a
//! session's tick. At one time they fire in that order: a tick sees presence as it stands.

mod attendees;
mod room;
mod tick;
mod user;
mod written;

use domain::context::Phase;
use domain::observe::{Ignored, Observed, Rejected, observe};
use domain::outage::Flows;
use domain::time::{GRACE, Millis};
use streams::global::GlobalHandle;
use streams::processor::{Context, ProcessError, Processor};
use streams::record::Record;
use streams::topology::Edge;

use crate::event::{Event, SessionId, Unusable, hash};
use crate::moment::{Decided, Moment};
use crate::rows::key;
use crate::rows::perceived::{self, SessionRow};
use crate::stores::{Scratch, Stores, load, save};
use crate::tables::BaselineTable;
use crate::wire::{self, SessionKind};
use room::{Room, Rooms};

/// Timers of users.
const USER: u8 = b'A';
/// Timers of purges.
const PURGE: u8 = b'P';
/// Timers of ticks.
const TICK: u8 = b'T';

/// The processor.
pub(crate) struct Perceive {
    pub(crate) stores: Stores,
    pub(crate) moments: Edge<SessionId, Moment>,
    pub(crate) baselines: GlobalHandle<BaselineTable>,
    /// Sessions, decoded.
    rooms: Rooms,
    /// How the partition's topics flow, once it was asked for, and whether it differs from the store.
    flows: Option<(Flows, bool)>,
    buffers: Buffers,
}

/// Memory that is used again from record to record; means nothing between them.
#[derive(Debug, Default)]
struct Buffers {
    session_key: Vec<u8>,
    user_key: Vec<u8>,
    timer_key: Vec<u8>,
    schedule: Vec<(Phase, Millis)>,
    scratch: Scratch,
}

impl Perceive {
    pub(crate) fn new(
        stores: Stores,
        moments: Edge<SessionId, Moment>,
        baselines: GlobalHandle<BaselineTable>,
    ) -> Self {
        Self { stores, moments, baselines, rooms: Rooms::default(), flows: None, buffers: Buffers::default() }
    }
}

impl Processor for Perceive {
    type Key = SessionId;
    type Value = Event;

    fn process(&mut self, record: Record<SessionId, Event>, context: &mut Context<'_>) -> Result<(), ProcessError> {
        let Record { key: session, value: event, timestamp_ms: at } = record;
        if let Event::Session(told) = &event
            && let Some(moment) = control(told)
        {
            return context.forward(self.moments, Record::new(session, moment, at));
        }
        self.fold(&session, &event, at, context)
    }

    fn on_timer(&mut self, at_ms: i64, key: &[u8], context: &mut Context<'_>) -> Result<(), ProcessError> {
        match key.split_first() {
            Some((&USER, key)) => self.user_due(at_ms, key, context),
            Some((&TICK, key)) => self.tick(at_ms, key, context),
            Some((&PURGE, key)) => self.purge(at_ms, key, context),
            _ => Ok(()),
        }
    }

    fn before_commit(&mut self, context: &mut Context<'_>) -> Result<(), ProcessError> {
        let Buffers { session_key, scratch, .. } = &mut self.buffers;
        if let Some((flows, changed @ true)) = &mut self.flows {
            key::session_part("", perceived::FLOWS, session_key);
            save(context, self.stores.sessions, session_key, flows, &mut scratch.value)?;
            *changed = false;
        }
        self.rooms.write_back(&self.stores, scratch, context)
    }

    fn rolled_back(&mut self) {
        self.rooms.clear();
        self.flows = None;
    }
}

impl Perceive {
    fn fold(
        &mut self,
        session: &SessionId,
        event: &Event,
        at: Millis,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        let Buffers { user_key, timer_key, schedule, scratch, .. } = &mut self.buffers;
        let Some(activity) = event.activity(schedule) else { return Ok(()) };
        let known = self.rooms.enter(session, &self.stores, scratch, context)?;
        let is_new = known.is_none();
        let mut room = known.unwrap_or_else(|| Room::of(SessionRow::open(at)));
        let Room { row, panes, attendees, .. } = &mut *room;
        let user = event.user();
        let seat = match user {
            Some(user) => {
                let of_session = (session.as_str(), row.session.began_at);
                Some(attendees.enter(of_session, user, &self.stores, scratch, context)?)
            }
            None => None,
        };
        let opened_at = row.session.opened_at;
        let read_due = seat.and_then(|seat| attendees.read_due(seat));
        let attendee = seat.and_then(|seat| attendees.attendee(seat));
        let due = match observe(&activity, at, &mut row.session, attendee, panes) {
            Observed::Folded { due } => due,
            passed_over => {
                // Nothing was changed; a session that is not known stays unknown, and so does a user.
                if let Some(seat) = seat {
                    attendees.leave(seat);
                }
                if !is_new {
                    self.rooms.leave_unchanged(session, room);
                }
                return pass_over(passed_over, event, context);
            }
        };
        if let Some(seat) = seat {
            attendees.keep(seat);
        }
        if let (Some(user), Some(due)) = (user, due.or(read_due)) {
            key::session_part(session, user, user_key);
            user::schedule(due, user_key, timer_key, context);
        }
        if is_new {
            // Others ask the store whether there is a session.
            self.rooms.announce(session, &room, &self.stores, scratch, context)?;
        }
        if room.was_read() {
            self.arm_again(session, &room.row, context);
        }
        self.arm(session, &mut room.row, at, context);
        let has_new_life = room.row.session.opened_at != opened_at;
        self.rooms.leave(session, room);
        if self.rooms.is_full() {
            self.rooms.write_back(&self.stores, &mut self.buffers.scratch, context)?;
        }
        self.write_down(session, event, at, context)?;
        self.note_trace(session, at, context)?;
        self.see_flow(session, event, at, context)?;
        if !has_new_life {
            return Ok(());
        }
        // Another life has begun before a tick could find the former one over: what was open in it ends with it.
        context.forward(self.moments, Record::new(session.clone(), Moment::Over, at))
    }

    /// Sets the next tick: the first after the event that has not passed. An event of a fast clock may have set one that is
    /// further ahead; that timer will then find that it does not count. A session without a tick to come is purged all the same.
    fn arm(&mut self, session: &str, row: &mut SessionRow, at: Millis, context: &mut Context<'_>) {
        let passed = context.stream_time().map_or(at, |now| at.max(now.saturating_sub(GRACE)));
        let after = row.session.last_tick.map_or(passed, |last| passed.max(last));
        match (row.session.next_tick(after), row.next_tick) {
            (Some(tick), pending) if pending.is_none_or(|pending| tick < pending) => {
                row.next_tick = Some(tick);
                self.timer(TICK, session, tick.saturating_add(GRACE), context);
            }
            (None, None) if row.purge_at.is_none() => self.purge_later(session, row, context),
            _ => {}
        }
    }

    /// Sets the timers that the row tells of. They are set, and setting them again changes nothing; but without transactions a process
    /// may have been killed when its rows were written and its timers were not, and a session without a timer would never tick again.
    fn arm_again(&mut self, session: &str, row: &SessionRow, context: &mut Context<'_>) {
        if let Some(tick) = row.next_tick {
            self.timer(TICK, session, tick.saturating_add(GRACE), context);
        }
        if let Some(purge) = row.purge_at {
            self.timer(PURGE, session, purge, context);
        }
    }

    fn timer(&mut self, letter: u8, session: &str, at: Millis, context: &mut Context<'_>) {
        let key = &mut self.buffers.timer_key;
        key.clear();
        key.push(letter);
        key.extend_from_slice(session.as_bytes());
        context.schedule(at, key);
    }

    fn see_flow(
        &mut self,
        session: &str,
        event: &Event,
        at: Millis,
        context: &mut Context<'_>,
    ) -> Result<(), ProcessError> {
        if !matches!(event, Event::Chat(_) | Event::Presence(_) | Event::Reaction(_)) {
            return Ok(());
        }
        let (flows, changed) = self.flows(context)?;
        *changed = true;
        match event {
            Event::Chat(_) => flows.chat.saw(hash(session), at),
            Event::Presence(_) => flows.presence.saw(hash(session), at),
            _ => flows.reaction.saw(hash(session), at),
        }
        Ok(())
    }

    /// How the partition's topics flow, and whether that differs from the store.
    fn flows(&mut self, context: &mut Context<'_>) -> Result<&mut (Flows, bool), ProcessError> {
        if self.flows.is_none() {
            let Buffers { session_key, .. } = &mut self.buffers;
            key::session_part("", perceived::FLOWS, session_key);
            let stored: Option<Flows> = load(context, self.stores.sessions, session_key)?;
            self.flows = Some((stored.unwrap_or_default(), false));
        }
        Ok(self.flows.get_or_insert_default())
    }
}

impl SessionRow {
    fn open(at: Millis) -> Self {
        Self { session: domain::session::Session::open(at), next_tick: None, purge_at: None }
    }
}

/// What a control record says to the deciding half.
fn control(told: &wire::Session) -> Option<Moment> {
    Some(match told.kind {
        SessionKind::Mode => Moment::Mode(told.mode?),
        SessionKind::Paused => Moment::Paused,
        SessionKind::Resumed => Moment::Resumed,
        SessionKind::Decision => Moment::Decided(Box::new(Decided {
            command: told.command.as_deref()?.to_owned(),
            decision: told.decision?,
            actor: told.actor.as_deref().map(|actor| wire::cut(actor).to_owned()),
            content: told.content.as_deref().map(|content| wire::cut(content).to_owned()),
        })),
        _ => return None,
    })
}

/// What is done with an event that was not folded.
fn pass_over(observed: Observed, event: &Event, context: &mut Context<'_>) -> Result<(), ProcessError> {
    match observed {
        Observed::Folded { .. } => {}
        Observed::Ignored(why) => context.count(ignored(why), 1),
        Observed::Rejected(why) => return Err(ProcessError::DeadLetter(unusable(why, event).into())),
    }
    Ok(())
}

fn ignored(why: Ignored) -> &'static str {
    match why {
        Ignored::SessionEnded => "ignored_session_ended",
        Ignored::Known => "ignored_known",
    }
}

fn unusable(why: Rejected, event: &Event) -> Unusable {
    match (why, event) {
        (Rejected::UnknownPoll, Event::Poll(poll)) => Unusable::UnknownPoll(poll.poll.clone()),
        (Rejected::UnknownPoll | Rejected::NoAttendee, _) => Unusable::Value,
    }
}
