//! Meetings in a chat room.
//!
//! Each meeting becomes one workshop, `irc-N`, from its start to the end of its last minute (the source is exact to the
//! minute); its planned end is unknown. What lies in the 20 minutes before and after is left out and counted: before
//! its start there is no session to belong to, and after its end the score would fall, rightly and for no use. Bots (whoever is marked as
//! one in any row) are left out with everything they do. The rest is in `meeting`.

mod meeting;
mod read;

use std::collections::BTreeMap;

use topology::simulated::Input;

use super::generator;
use crate::args::Irc;
use crate::error::Error;
use crate::output::Output;
use crate::progress::Progress;
use crate::summary::Summary;
use meeting::LeftOut;

/// Records that wait until no meeting can write before them, in order of time and then of making.
type Waiting = BTreeMap<(i64, u64), (u32, Input)>;

/// Imports the meetings in the folder that the arguments name.
///
/// # Errors
/// A file cannot be read, one of its rows is broken, or the log cannot be written.
pub fn import(arguments: &Irc) -> Result<Summary, Error> {
    let source = read::read(&arguments.folder)?;
    let mut output = Output::create(&arguments.to.out, arguments.to.force)?;
    let progress = Progress::new(source.meetings.len() as u64, "meetings");
    let (mut left_out, mut waiting, mut made) = (LeftOut::default(), Waiting::new(), 0);
    for meeting in &source.meetings {
        write(&mut output, &mut waiting, meeting.start_ms)?;
        let mut generator = generator("irc", &session(meeting.number), arguments.to.seed);
        let present = source.present.get(&meeting.number).map_or(&[][..], Vec::as_slice);
        let events = source.events.get(&meeting.number).map_or(&[][..], Vec::as_slice);
        meeting::records(meeting, present, events, &source.bots, &mut generator, &mut left_out, &mut |at_ms, input| {
            waiting.insert((at_ms, made), (meeting.number, input));
            made += 1;
        });
        progress.advance(1);
    }
    write(&mut output, &mut waiting, i64::MAX)?;
    let counts = output.finish()?;
    let sessions = source.meetings.len() as u64;
    Ok(Summary { log: arguments.to.out.clone(), sessions, counts, notes: left_out.notes() })
}

/// Writes what lies before `to_ms`.
fn write(output: &mut Output, waiting: &mut Waiting, to_ms: i64) -> Result<(), Error> {
    while let Some(first) = waiting.first_entry().filter(|first| first.key().0 < to_ms) {
        let ((at_ms, _), (number, input)) = first.remove_entry();
        output.write(&session(number), at_ms, &input)?;
    }
    Ok(())
}

fn session(number: u32) -> String {
    format!("irc-{number}")
}

#[cfg(test)]
mod tests;
