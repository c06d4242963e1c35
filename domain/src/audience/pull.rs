//! What something that was put before the audience pulls out of it: answers to a prompt, upvotes of a question, reactions to a
//! nudge. How many come, and how fast, are assumptions.

use std::collections::VecDeque;

use super::chat::{Chat, Draft, message_length};
use super::person::{People, Seat};
use super::{CommandRef, EMOJIS, Happening, STEP, What};
use crate::math;
use crate::random::Generator;
use crate::time::{Millis, SECOND};

/// How fast a pull fades.
const FADE_SECONDS: f64 = 45.0;
/// A pull is forgotten after this.
const FORGOTTEN: Millis = 300 * SECOND;
/// How many things pull at one time; the oldest gives way.
const MOST_PULLS: usize = 64;

/// What is pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Reply(u64),
    Question,
    Upvote(u64),
    Reaction,
}

/// One thing that pulls. All that it pulls, answers to answers included, carries the command of what pulls: an action must not
/// pass off what it stirred up as the audience's own mood.
#[derive(Debug, Clone)]
pub(super) struct Pull {
    from_ms: Millis,
    answer: Answer,
    command: Option<CommandRef>,
    /// How many answers are expected in all.
    expected: f64,
    /// Who answers; empty: anyone.
    among: Vec<Seat>,
}

impl Pull {
    /// Upvotes of a question.
    pub(super) fn upvotes(from_ms: Millis, message: u64, command: Option<CommandRef>, expected: f64) -> Self {
        Self { from_ms, answer: Answer::Upvote(message), command, expected, among: Vec::new() }
    }

    /// Answers to a message.
    pub(super) fn replies(from_ms: Millis, message: u64, command: CommandRef, expected: f64) -> Self {
        Self { from_ms, answer: Answer::Reply(message), command: Some(command), expected, among: Vec::new() }
    }

    /// Questions to the speaker.
    pub(super) fn questions(from_ms: Millis, command: CommandRef, expected: f64) -> Self {
        Self { from_ms, answer: Answer::Question, command: Some(command), expected, among: Vec::new() }
    }

    /// Reactions of the people who were nudged.
    pub(super) fn reactions(from_ms: Millis, command: CommandRef, expected: f64, among: Vec<Seat>) -> Self {
        Self { from_ms, answer: Answer::Reaction, command: Some(command), expected, among }
    }

    /// How many answers are expected in the step that begins at `from`: none before the thing is there.
    fn expected_in(&self, from: Millis) -> f64 {
        if self.from_ms > from {
            return 0.0;
        }
        let per_step = STEP as f64 / SECOND as f64 / FADE_SECONDS;
        let age = (from - self.from_ms) as f64 / SECOND as f64;
        self.expected * per_step * math::exp(-age / FADE_SECONDS)
    }

    fn who(&self, people: &People, generator: &mut Generator) -> Option<Seat> {
        if self.among.is_empty() {
            return people.anyone(generator);
        }
        let drawn = generator.below(self.among.len() as u64) as usize;
        self.among.get(drawn).copied().filter(|seat| people.is_present(*seat))
    }
}

/// All that pulls in a session.
#[derive(Debug, Clone)]
pub(super) struct Pulls {
    open: VecDeque<Pull>,
    /// Draws what the audience's own questions pull,
    own: Generator,
    /// and what actions pull: neither shifts the other's draws.
    caused: Generator,
}

impl Pulls {
    pub(super) fn new(own: Generator, caused: Generator) -> Self {
        Self { open: VecDeque::new(), own, caused }
    }

    pub(super) fn add(&mut self, pull: Pull) {
        if self.open.len() >= MOST_PULLS {
            self.open.pop_front();
        }
        self.open.push_back(pull);
    }

    /// One second of answers.
    pub(super) fn step(&mut self, from: Millis, people: &People, chat: &mut Chat, out: &mut Vec<Happening>) {
        self.open.retain(|pull| from.saturating_sub(pull.from_ms) < FORGOTTEN);
        for pull in &self.open {
            let generator = if pull.command.is_some() { &mut self.caused } else { &mut self.own };
            for _ in 0..generator.poisson(pull.expected_in(from)) {
                let Some(seat) = pull.who(people, generator) else { continue };
                let at_ms = from + generator.below(STEP as u64) as Millis;
                let (user, command) = (seat.user, pull.command);
                let chars = message_length(generator);
                let draft = Draft { user, in_reply_to: None, question: false, command, chars };
                match pull.answer {
                    Answer::Reply(to) => {
                        chat.write(at_ms, Draft { in_reply_to: Some(to), ..draft }, out);
                    }
                    Answer::Question => {
                        chat.write(at_ms, Draft { question: true, ..draft }, out);
                    }
                    Answer::Upvote(message) => {
                        out.push(Happening { at_ms, what: What::Upvote { user, message, command } });
                    }
                    Answer::Reaction => {
                        let emoji = generator.below(u64::from(EMOJIS)) as u32;
                        out.push(Happening { at_ms, what: What::Reaction { user, emoji, command } });
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_brings_as_many_answers_as_expected_and_none_before_it_is_there() {
        let pull = Pull::questions(10_000, CommandRef(1), 8.0);
        assert_eq!(pull.expected_in(9_000), 0.0);
        let sum: f64 = (10..310).map(|second| pull.expected_in(second * SECOND)).sum();
        assert!((sum - 8.0).abs() < 0.15, "{sum}");
    }

    #[test]
    fn pulls_are_bounded_and_forgotten() {
        let mut pulls = Pulls::new(Generator::new(1), Generator::new(2));
        for at in 0..1_000 {
            pulls.add(Pull::questions(at, CommandRef(1), 1.0));
        }
        assert_eq!(pulls.open.len(), MOST_PULLS);
        pulls.step(2 * FORGOTTEN, &People::new(), &mut Chat::new(Generator::new(1)), &mut Vec::new());
        assert!(pulls.open.is_empty());
    }
}
