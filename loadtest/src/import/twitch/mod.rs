//! The chat of one stream.
//!
//! The source has seconds from an unknown start: the log's start is [`START_MS`]. It becomes one keynote, named like the file,
//! that ends a second after the last message. The messages of a second are spread over it, in their order. A message
//! with emotes also gives one reaction per emote, at most three, at its own time. Nothing is known of who watches.

use compact_str::{CompactString, format_compact};
use domain::time::SECOND;
use topology::simulated::{Input, blank};
use topology::wire::{Chat, ChatKind, Session, SessionKind, SessionType};

use super::spread::spread;
use super::table::Table;
use super::{generator, stem};
use crate::args::{START_MS, Twitch};
use crate::error::{Error, RowError};
use crate::output::Output;
use crate::progress::Progress;
use crate::summary::Summary;

/// A message of twenty emotes is not twenty people reacting.
const REACTIONS_MAX: u32 = 3;
/// Which emotes they were, the source does not say.
const EMOJI: CompactString = CompactString::const_new("emote");
/// No stream lasts longer: a month.
const OFFSET_S_MAX: u32 = 31 * 24 * 60 * 60;
/// The longest message, in characters.
const CHARS_MAX: u32 = 100_000;
/// The most emotes in a message.
const EMOTES_MAX: u32 = CHARS_MAX;

struct Message {
    user: CompactString,
    chars: u32,
    emotes: u32,
}

/// Imports the chat that the arguments name.
///
/// # Errors
/// The file cannot be read, one of its rows is broken, or the log cannot be written.
pub fn import(arguments: &Twitch) -> Result<Summary, Error> {
    let session = stem(&arguments.file);
    let mut table = Table::open(&arguments.file, &["offset_s", "user", "chars", "emotes"])?;
    let mut generator = generator("twitch", &session, arguments.to.seed);
    let mut output = Output::create(&arguments.to.out, arguments.to.force)?;
    let started = Session {
        title: Some(session.as_str().into()),
        session_type: Some(SessionType::Keynote),
        ..blank::session(SessionKind::Started)
    };
    output.write(&session, START_MS, &Input::Session(started))?;
    let progress = Progress::new(table.bytes(), "bytes");
    let (mut second, mut messages) = (0, Vec::new());
    let mut emotes = 0;
    while table.advance()? {
        let (offset_s, message) = (table.number("offset_s", OFFSET_S_MAX)?, read(&table)?);
        if offset_s < second {
            let (value, previous) = (i64::from(offset_s), i64::from(second));
            return Err(table.broken(RowError::Order { column: "offset_s", value, previous }));
        }
        if offset_s > second {
            write(&mut output, &session, at_ms(second), &mut messages, &mut generator)?;
            second = offset_s;
        }
        emotes += u64::from(message.emotes);
        messages.push(message);
        progress.reach(table.bytes_read());
    }
    write(&mut output, &session, at_ms(second), &mut messages, &mut generator)?;
    let ended = blank::session(SessionKind::Ended);
    output.write(&session, at_ms(second) + SECOND, &Input::Session(ended))?;
    let counts = output.finish()?;
    Ok(Summary { log: arguments.to.out.clone(), sessions: 1, counts, notes: vec![("emotes in the source", emotes)] })
}

fn read(table: &Table) -> Result<Message, Error> {
    Ok(Message {
        user: format_compact!("u-{}", table.name("user")?),
        chars: table.number("chars", CHARS_MAX)?,
        emotes: table.number("emotes", EMOTES_MAX)?,
    })
}

fn at_ms(second: u32) -> i64 {
    START_MS + i64::from(second) * SECOND
}

/// Writes the messages of one second.
fn write(
    output: &mut Output,
    session: &str,
    from_ms: i64,
    messages: &mut Vec<Message>,
    generator: &mut domain::random::Generator,
) -> Result<(), Error> {
    let times = spread(generator, messages.len(), from_ms, SECOND);
    for (Message { user, chars, emotes }, at_ms) in messages.drain(..).zip(times) {
        let chat = Chat { chars: i32::try_from(chars).ok(), ..blank::chat(ChatKind::Message, user.clone()) };
        output.write(session, at_ms, &Input::Chat(chat))?;
        for _ in 0..emotes.min(REACTIONS_MAX) {
            output.write(session, at_ms, &Input::Reaction(blank::reaction(user.clone(), EMOJI)))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
