//! A room of people who do as people usually do, second by second and without chance; and who stop when they are told to.

use crate::conductor::{Conductor, MINUTE, SECOND};

pub(crate) struct Room {
    pub(crate) session: &'static str,
    people: i64,
    now: i64,
}

/// What goes on besides heartbeats.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// Chat and emojis, about as the start values of the baselines expect.
    AsUsual,
    /// Emojis, no chat.
    NoChat,
    /// Nothing.
    Nothing,
}

impl Room {
    /// A started workshop of so many people, who have joined within its first second.
    pub(crate) fn open(conductor: &mut Conductor, session: &'static str, at: i64, people: i64) -> Self {
        conductor.send("session", session, at, r#"{"kind":"started","title":"A title","type":"workshop"}"#);
        for user in 0..people {
            let joined = format!(r#"{{"kind":"joined","user":"u-{user}"}}"#);
            conductor.send("presence", session, at + user * SECOND / people, joined);
        }
        Self { session, people, now: at + SECOND }
    }

    /// The time of the next second.
    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    /// One second.
    pub(crate) fn step(&mut self, conductor: &mut Conductor, doing: Doing) {
        let (now, second) = (self.now, self.now / SECOND);
        for user in (0..self.people).filter(|user| user % 30 == second % 30) {
            let beat = format!(r#"{{"kind":"heartbeat","user":"u-{user}","focused":true}}"#);
            conductor.send("presence", self.session, now, beat);
        }
        let every = |seconds: i64, shift: i64| (second % seconds == 0).then(|| (second * 7 + shift) % self.people);
        // Of 80 people: 12 messages and 8.6 emojis a minute.
        if let Some(user) = every(5, 0).filter(|_| doing == Doing::AsUsual) {
            let said =
                format!(r#"{{"kind":"message","user":"u-{user}","message":"m-{second}","text":"said at {second}"}}"#);
            conductor.send("chat", self.session, now, said);
        }
        if let Some(user) = every(7, 3).filter(|_| doing != Doing::Nothing) {
            conductor.send(
                "reaction",
                self.session,
                now,
                format!(r#"{{"kind":"emoji","user":"u-{user}","emoji":"+1"}}"#),
            );
        }
        self.now += SECOND;
    }

    /// Goes on for so long.
    pub(crate) fn go_on(&mut self, conductor: &mut Conductor, doing: Doing, ms: i64) {
        let until = self.now + ms;
        while self.now < until {
            self.step(conductor, doing);
        }
    }

    /// Goes on with nothing until a condition holds; at most 15 minutes.
    pub(crate) fn fall_silent_until(&mut self, conductor: &mut Conductor, met: impl Fn(&Conductor) -> bool) {
        let until = self.now + 15 * MINUTE;
        while !met(conductor) {
            assert!(self.now < until, "it did not come to it within 15 minutes");
            self.step(conductor, Doing::Nothing);
        }
    }

    /// A room of 80 that fell silent after 12 minutes, up to its first command.
    pub(crate) fn up_to_a_command(conductor: &mut Conductor, session: &'static str, at: i64) -> Self {
        let mut room = Self::open(conductor, session, at, 80);
        room.go_on(conductor, Doing::AsUsual, 12 * MINUTE);
        assert_eq!(conductor.commands.iter().filter(|command| command.session == session).count(), 0, "too early");
        let before = conductor.commands.len();
        room.fall_silent_until(conductor, |conductor| conductor.commands.len() > before);
        room
    }
}

/// The executor's answer to a command.
pub(crate) fn answer(conductor: &mut Conductor, session: &str, command: &str, kind: &str, at: i64) {
    let feedback = format!(r#"{{"kind":"{kind}","command":"{command}","at_ms":{at},"attempts":1}}"#);
    conductor.send("intervention-feedback", session, at, feedback);
}

/// The executor's answer to the first command of all, one of session `s`.
pub(crate) fn answer_first(conductor: &mut Conductor, kind: &str, at: i64) {
    let command = conductor.commands[0].command.to_string();
    answer(conductor, "s", &command, kind, at);
}
