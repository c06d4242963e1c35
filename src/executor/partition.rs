//! What an executor knows of one partition: the commands that are open, what stops them, and the offsets to go on from.
//!
//! Which feedback exists is decided by the topic alone. So three topics are read side by side, partition by partition: commands, the
//! sessions' control records, and feedback. After a start all three are read back to their ends before anything is called: open is what
//! was approved and has no feedback. Offsets are held back for that: commands at the lowest that is open, the two others at where they
//! stood when that one was read.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use compact_str::CompactString;
use domain::intervention::Mode;
use domain::time::Millis;
use indexmap::IndexMap;
use streams::broker::Offset;
use topology::trace::{TraceContext, Traced};
use topology::wire::{CommandStatus, InterventionCommand, SessionKind};

use super::command::{Stop, deadline_ms};

/// Sessions that are paused or off and not over, at most; beyond it the oldest is forgotten.
const CONTROLS_MAX: usize = 10_000;

/// Where the three topics are to be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Positions {
    /// Of `intervention-commands`.
    pub commands: Offset,
    /// Of `session`.
    pub session: Offset,
    /// Of `intervention-feedback`.
    pub feedback: Offset,
}

/// A command that is approved and has no feedback.
#[derive(Clone, Debug, PartialEq)]
pub struct Open {
    /// The command.
    pub command: Arc<InterventionCommand>,
    /// Until when the platform may be called.
    pub deadline_ms: Millis,
    /// When it was written; when it was read, where that is not known.
    pub written_ms: Millis,
    /// Where it belongs in a trace.
    pub trace: Option<TraceContext>,
    /// Whether it was taken back.
    is_cancelled: bool,
    /// Where to read on from, should this one be the lowest that is open.
    from: Positions,
}

/// What an approved command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// A new one, open from now on.
    Opened,
    /// One that is open already, or has its feedback: a second record of the same command.
    Duplicate,
    /// Nothing to carry out: proposed, held out, or taken back.
    Nothing,
}

/// What is known of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Controls {
    is_paused: bool,
    is_off: bool,
}

/// One partition.
#[derive(Clone, Debug)]
pub struct PartitionState {
    /// Of the next records to read.
    positions: Positions,
    open: BTreeMap<Offset, Open>,
    by_id: HashMap<CompactString, Offset>,
    /// The open commands of each session, in their order: the first goes first.
    by_session: HashMap<CompactString, VecDeque<Offset>>,
    /// Those that are paused or off, in the order in which that was said first.
    controls: IndexMap<CompactString, Controls>,
    /// Commands whose feedback was read, while it is read back: it may come before the command itself.
    reported: Option<HashSet<CompactString>>,
}

impl PartitionState {
    /// One that is read back from here.
    #[must_use]
    pub fn new(positions: Positions) -> Self {
        Self {
            positions,
            open: BTreeMap::new(),
            by_id: HashMap::new(),
            by_session: HashMap::new(),
            controls: IndexMap::new(),
            reported: Some(HashSet::new()),
        }
    }

    /// Everything up to the ends is read: what is open now may be carried out.
    pub fn activate(&mut self) {
        for id in self.reported.take().unwrap_or_default() {
            self.close(&id);
        }
    }

    /// Whether it was read back.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.reported.is_none()
    }

    /// Takes a record of `intervention-commands`.
    pub fn command(
        &mut self,
        offset: Offset,
        Traced { value: command, trace }: Traced<InterventionCommand>,
        produced_ms: Option<Millis>,
        now_ms: Millis,
    ) -> Taken {
        let from = Positions { commands: offset, ..self.positions };
        self.positions.commands = offset + 1;
        match command.status {
            CommandStatus::Proposed | CommandStatus::HeldOut => Taken::Nothing,
            CommandStatus::Cancelled => {
                if let Some(open) = self.by_id.get(&command.command).and_then(|offset| self.open.get_mut(offset)) {
                    open.is_cancelled = true;
                }
                Taken::Nothing
            }
            CommandStatus::Approved if self.by_id.contains_key(&command.command) => Taken::Duplicate,
            CommandStatus::Approved => {
                let deadline_ms = deadline_ms(&command, produced_ms, now_ms);
                self.by_id.insert(command.command.clone(), offset);
                self.by_session.entry(command.session.clone()).or_default().push_back(offset);
                let written_ms = produced_ms.unwrap_or(now_ms).min(now_ms);
                let command = Arc::new(command);
                self.open.insert(offset, Open { command, deadline_ms, written_ms, trace, is_cancelled: false, from });
                Taken::Opened
            }
        }
    }

    /// Takes a record of `session`.
    pub fn session(&mut self, offset: Offset, session: &str, kind: SessionKind, mode: Option<Mode>) {
        self.positions.session = offset + 1;
        let mut controls = self.controls.get(session).copied().unwrap_or_default();
        match kind {
            SessionKind::Paused => controls.is_paused = true,
            SessionKind::Resumed => controls.is_paused = false,
            SessionKind::Mode => controls.is_off = mode == Some(Mode::Off),
            SessionKind::Started | SessionKind::Ended => controls = Controls::default(),
            _ => return,
        }
        if controls == Controls::default() {
            self.controls.shift_remove(session);
            return;
        }
        self.controls.insert(session.into(), controls);
        if self.controls.len() > CONTROLS_MAX {
            // The stream knows all of them, and approves nothing for a session that is paused.
            self.controls.shift_remove_index(0);
        }
    }

    /// Takes a record of `intervention-feedback`. What this executor reports itself is closed by [`close`](Self::close) already.
    pub fn feedback(&mut self, offset: Offset, command: &str) {
        self.positions.feedback = offset + 1;
        match &mut self.reported {
            Some(reported) => drop(reported.insert(command.into())),
            None => self.close(command),
        }
    }

    /// A record that is none of these, or that can not be read.
    pub fn skip(&mut self, positions: Positions) {
        let Positions { commands, session, feedback } = &mut self.positions;
        *commands = positions.commands.max(*commands);
        *session = positions.session.max(*session);
        *feedback = positions.feedback.max(*feedback);
    }

    /// The command has its feedback, for good.
    pub fn close(&mut self, id: &str) {
        let Some(offset) = self.by_id.remove(id) else { return };
        let Some(open) = self.open.remove(&offset) else { return };
        if let Some(queue) = self.by_session.get_mut(&open.command.session) {
            queue.retain(|other| *other != offset);
            if queue.is_empty() {
                self.by_session.remove(&open.command.session);
            }
        }
    }

    /// Where a successor has to go on from.
    #[must_use]
    pub fn offsets(&self) -> Positions {
        self.offsets_without(&|_| false)
    }

    /// The same once these commands are closed.
    #[must_use]
    pub fn offsets_without(&self, is_closed: &dyn Fn(&str) -> bool) -> Positions {
        let lowest = self.open.values().find(|open| !is_closed(&open.command.command));
        lowest.map_or(self.positions, |open| open.from)
    }

    /// Where this one reads on.
    #[must_use]
    pub fn positions(&self) -> Positions {
        self.positions
    }

    /// How many commands are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// An open command.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Open> {
        self.open.get(self.by_id.get(id)?)
    }

    /// The first open command of each session, with its offset: those whose turn it is.
    pub fn turns(&self) -> impl Iterator<Item = (Offset, &Open)> {
        self.by_session.values().filter_map(|queue| {
            let offset = *queue.front()?;
            Some((offset, self.open.get(&offset)?))
        })
    }

    /// Why a command of the session must not be carried out, if there is a reason.
    #[must_use]
    pub fn stop(&self, id: &str) -> Option<Stop> {
        self.stop_of(self.get(id)?)
    }

    /// The same of an open command in hand.
    #[must_use]
    pub fn stop_of(&self, open: &Open) -> Option<Stop> {
        let controls = self.controls.get(&open.command.session).copied().unwrap_or_default();
        match (open.is_cancelled, controls) {
            (true, _) => Some(Stop::Cancelled),
            (_, Controls { is_off: true, .. }) => Some(Stop::ModeOff),
            (_, Controls { is_paused: true, .. }) => Some(Stop::Paused),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use topology::wire::InterventionKind;

    use super::*;
    use crate::report::sample;

    const START: Positions = Positions { commands: 100, session: 200, feedback: 300 };

    /// A partition to which records come in the order of the calls.
    struct Read(PartitionState);

    impl Read {
        fn back() -> Self {
            Self(PartitionState::new(START))
        }

        fn active() -> Self {
            let mut read = Self::back();
            read.0.activate();
            read
        }

        fn command(&mut self, session: &str, tick: Millis, status: CommandStatus) -> Taken {
            let command = sample::command(session, tick, InterventionKind::ChatPrompt, status);
            let command = Traced { value: command, trace: None };
            self.0.command(self.0.positions().commands, command, Some(0), 0)
        }

        fn approved(&mut self, session: &str, tick: Millis) -> Taken {
            self.command(session, tick, CommandStatus::Approved)
        }

        fn control(&mut self, session: &str, kind: SessionKind, mode: Option<Mode>) {
            self.0.session(self.0.positions().session, session, kind, mode);
        }

        fn feedback(&mut self, id: &str) {
            self.0.feedback(self.0.positions().feedback, id);
        }

        fn turns(&self) -> Vec<&str> {
            let mut turns: Vec<&str> = self.0.turns().map(|(_, open)| open.command.command.as_str()).collect();
            turns.sort_unstable();
            turns
        }
    }

    #[test]
    fn open_is_what_was_approved_and_has_no_feedback_in_whatever_order_they_are_read_back() {
        let mut read = Read::back();
        read.feedback("a:5:0");
        for (session, tick) in [("a", 5), ("b", 5), ("c", 5)] {
            assert_eq!(read.approved(session, tick), Taken::Opened);
        }
        read.feedback("c:5:0");
        assert!(!read.0.is_active());
        read.0.activate();
        assert_eq!((read.turns(), read.0.open()), (vec!["b:5:0"], 1));
    }

    #[test]
    fn offsets_wait_for_the_lowest_command_that_is_open_and_the_others_for_what_was_read_before_it() {
        let mut read = Read::active();
        read.control("a", SessionKind::Paused, None);
        read.command("a", 5, CommandStatus::HeldOut);
        read.approved("a", 10);
        read.feedback("z:5:0");
        read.control("a", SessionKind::Resumed, None);
        read.approved("b", 10);
        assert_eq!(read.0.offsets(), Positions { commands: 101, session: 201, feedback: 300 });
        read.0.close("b:10:0");
        assert_eq!(read.0.offsets(), Positions { commands: 101, session: 201, feedback: 300 });
        read.0.close("a:10:0");
        assert_eq!(read.0.offsets(), Positions { commands: 103, session: 202, feedback: 301 });
        assert_eq!(read.0.offsets(), read.0.positions());
    }

    /// Whatever a successor reads again, from there it knows what is open.
    #[test]
    fn a_successor_that_reads_on_from_the_offsets_opens_the_same_commands() {
        enum Step {
            Approved(&'static str, Millis),
            Cancelled(&'static str, Millis),
            Feedback(&'static str),
        }
        use Step::{Approved, Cancelled, Feedback};
        let log = [
            Approved("a", 5),
            Approved("b", 5),
            Cancelled("a", 5),
            Feedback("b:5:0"),
            Approved("a", 10),
            Approved("c", 5),
            Feedback("c:5:0"),
            Feedback("a:5:0"),
            Approved("d", 5),
        ];
        let play = |read: &mut Read, from: Positions| {
            let (mut commands, mut feedback) = (START.commands, START.feedback);
            for step in &log {
                match step {
                    Approved(session, tick) | Cancelled(session, tick) => {
                        if commands >= from.commands {
                            let status = match step {
                                Approved(..) => CommandStatus::Approved,
                                _ => CommandStatus::Cancelled,
                            };
                            read.command(session, *tick, status);
                        }
                        commands += 1;
                    }
                    Feedback(id) => {
                        if feedback >= from.feedback {
                            read.feedback(id);
                        }
                        feedback += 1;
                    }
                }
            }
        };
        let mut first = Read::active();
        play(&mut first, START);
        let from = first.0.offsets();
        let mut second = Read(PartitionState::new(from));
        play(&mut second, from);
        second.0.activate();
        assert!(from != START && first.turns() == ["a:10:0", "d:5:0"], "{from:?} {:?}", first.turns());
        assert_eq!((first.turns(), first.0.offsets()), (second.turns(), second.0.offsets()));
    }

    #[test]
    fn a_second_record_of_a_command_that_is_open_is_a_duplicate() {
        let mut read = Read::active();
        assert_eq!((read.approved("a", 5), read.approved("a", 5)), (Taken::Opened, Taken::Duplicate));
        assert_eq!(read.0.open(), 1);
    }

    #[test]
    fn commands_of_a_session_come_one_after_the_other_and_sessions_side_by_side() {
        let mut read = Read::active();
        for (session, tick) in [("a", 5), ("b", 5), ("a", 10)] {
            read.approved(session, tick);
        }
        assert_eq!(read.turns(), ["a:5:0", "b:5:0"]);
        read.0.close("a:5:0");
        assert_eq!(read.turns(), ["a:10:0", "b:5:0"]);
    }

    #[test]
    fn a_cancellation_a_pause_and_a_mode_stop_what_is_open() {
        let mut read = Read::active();
        read.approved("a", 5);
        assert_eq!(read.0.stop("a:5:0"), None);
        read.control("a", SessionKind::Paused, None);
        assert_eq!(read.0.stop("a:5:0"), Some(Stop::Paused));
        read.control("a", SessionKind::Mode, Some(Mode::Off));
        assert_eq!(read.0.stop("a:5:0"), Some(Stop::ModeOff));
        read.control("a", SessionKind::Mode, Some(Mode::Auto));
        read.control("a", SessionKind::Resumed, None);
        assert_eq!(read.0.stop("a:5:0"), None);
        read.command("a", 5, CommandStatus::Cancelled);
        assert_eq!(read.0.stop("a:5:0"), Some(Stop::Cancelled));
        read.control("b", SessionKind::Paused, None);
        read.control("b", SessionKind::Ended, None);
        assert!(read.0.controls.is_empty(), "what is over is forgotten");
    }

    #[test]
    fn sessions_that_are_paused_for_ever_do_not_fill_the_memory() {
        let mut read = Read::active();
        for number in 0..=CONTROLS_MAX {
            read.control(&format!("s-{number}"), SessionKind::Paused, None);
        }
        assert_eq!(read.0.controls.len(), CONTROLS_MAX);
        for (session, stop) in [("s-0", None), ("s-1", Some(Stop::Paused))] {
            read.approved(session, 5);
            assert_eq!(read.0.stop(&format!("{session}:5:0")), stop);
        }
    }
}
