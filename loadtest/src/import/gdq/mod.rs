//! A marathon, from its viewers and chats by the minute.
//!
//! One keynote, named like the time series, from its first minute to the end of its last. The source has counts, not events: each
//! minute's net joins or leaves, chats and emotes (as reactions) are placed in it uniformly by the seeded generator, and
//! done by the people of `people`. So the counts of every minute are those of the source, and by its end as many are present.
//! No heartbeats; the size of a message is unknown; tweets and donations are not used.
//!
//! Phases are told as they come, by the rules of `program`; the `started` record carries the next 32 of the schedule.

mod people;
mod program;
mod schedule;
mod speakers;
mod timeseries;

use compact_str::CompactString;
use domain::plan::SCHEDULE_MAX;
use domain::random::Generator;
use domain::time::MINUTE;
use topology::simulated::{Input, blank, user_id};
use topology::wire::{ChatKind, PlannedPhase, PresenceKind, Session, SessionKind, SessionType};

use super::{generator, stem};
use crate::args::Gdq;
use crate::error::Error;
use crate::output::Output;
use crate::progress::Progress;
use crate::summary::Summary;
use people::People;
use program::Program;
use timeseries::Minute;

/// Which emotes they were, the source does not say.
const EMOJI: CompactString = CompactString::const_new("emote");
/// What the files of a marathon's time series end in, beside its name.
const ENDING: &str = "_timeseries";

/// What happens within a minute, in the order in which it is drawn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Join,
    Leave,
    Chat,
    Emote,
}

/// Imports the marathon that the arguments name.
///
/// # Errors
/// A file cannot be read, one of its rows is broken, or the log cannot be written.
pub fn import(arguments: &Gdq) -> Result<Summary, Error> {
    let stem = stem(&arguments.timeseries);
    let session = stem.strip_suffix(ENDING).unwrap_or(&stem);
    let minutes = timeseries::read(&arguments.timeseries)?;
    let plan = schedule::read(&arguments.schedule)?;
    let (Some(first), Some(last)) = (minutes.first(), minutes.last()) else {
        return Err(Error::NoRows { path: arguments.timeseries.clone() });
    };
    let (start_ms, end_ms) = (first.at_ms, last.at_ms + MINUTE);
    let mut output = Output::create(&arguments.to.out, arguments.to.force)?;
    output.write(session, start_ms, &Input::Session(started(session, start_ms, &plan)))?;
    let program = Program::new(&plan, &minutes);
    let mut phases = program.told.iter().peekable();
    let mut marathon = Marathon {
        session,
        output,
        people: People::new(generator("gdq people", session, arguments.to.seed)),
        generator: generator("gdq", session, arguments.to.seed),
        acts: Vec::new(),
    };
    let progress = Progress::new(minutes.len() as u64, "minutes");
    for minute in &minutes {
        let mut tell_before = |marathon: &mut Marathon<'_>, to_ms: i64| {
            while let Some(told) = phases.next_if(|told| told.at_ms < to_ms) {
                marathon.tell(told)?;
            }
            Ok::<(), Error>(())
        };
        marathon.draw(minute);
        for (at_ms, act) in std::mem::take(&mut marathon.acts) {
            tell_before(&mut marathon, at_ms + 1)?;
            marathon.act(at_ms, act)?;
        }
        tell_before(&mut marathon, minute.at_ms + MINUTE)?;
        progress.advance(1);
    }
    let Marathon { mut output, people, .. } = marathon;
    output.write(session, end_ms, &Input::Session(blank::session(SessionKind::Ended)))?;
    let notes = vec![
        ("users", people.known()),
        ("planned phases", plan.phases.len() as u64),
        ("gaps in the source, told as breaks", program.gaps),
    ];
    Ok(Summary { log: arguments.to.out.clone(), sessions: 1, counts: output.finish()?, notes })
}

/// What the log of one marathon is made with.
struct Marathon<'a> {
    session: &'a str,
    output: Output,
    people: People,
    generator: Generator,
    /// The minute at hand, in order of time.
    acts: Vec<(i64, Act)>,
}

impl Marathon<'_> {
    /// Draws when in the minute everything happens.
    fn draw(&mut self, minute: &Minute) {
        let present = self.people.present();
        let counts = [
            (Act::Join, minute.viewers.saturating_sub(present)),
            (Act::Leave, present.saturating_sub(minute.viewers)),
            (Act::Chat, minute.chats),
            (Act::Emote, minute.emotes),
        ];
        for (act, count) in counts {
            for _ in 0..count {
                let at_ms = minute.at_ms.saturating_add_unsigned(self.generator.below(MINUTE.unsigned_abs()));
                self.acts.push((at_ms, act));
            }
        }
        self.acts.sort_unstable();
    }

    fn act(&mut self, at_ms: i64, act: Act) -> Result<(), Error> {
        let input = match act {
            Act::Join => Input::Presence(blank::presence(PresenceKind::Joined, user_id(self.people.join()))),
            Act::Leave => match self.people.leave() {
                Some(user) => Input::Presence(blank::presence(PresenceKind::Left, user_id(user))),
                None => return Ok(()),
            },
            Act::Chat => Input::Chat(blank::chat(ChatKind::Message, user_id(self.people.speaker()))),
            Act::Emote => Input::Reaction(blank::reaction(user_id(self.people.speaker()), EMOJI)),
        };
        self.output.write(self.session, at_ms, &input)
    }

    fn tell(&mut self, told: &PlannedPhase) -> Result<(), Error> {
        let phase = Session { phase: Some(told.phase), ..blank::session(SessionKind::Phase) };
        self.output.write(self.session, told.at_ms, &Input::Session(phase))
    }
}

fn started(session: &str, start_ms: i64, plan: &schedule::Plan) -> Session {
    let ahead = plan.phases.iter().filter(|planned| planned.at_ms >= start_ms);
    Session {
        title: Some(session.into()),
        session_type: Some(SessionType::Keynote),
        schedule: Some(ahead.take(SCHEDULE_MAX).cloned().collect()),
        ends_at_ms: plan.ends_at_ms,
        ..blank::session(SessionKind::Started)
    }
}

#[cfg(test)]
mod tests;
