//! Picks the face, and shows the outputs to their end.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::Receiver;

use domain::intervention::Command;
use serde::Serialize;
use topology::wire::topics;

use super::{lines::Lines, screen};
use crate::output::Output;
use crate::summary::Summary;

/// How outputs are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// On the alternate screen of a terminal, drawn anew many times a second.
    Screen,
    /// Line by line, for people who read them later.
    Lines,
    /// One JSON object a line, as in an event log, for machines.
    Json,
}

impl Face {
    /// The face for this standard output.
    #[must_use]
    pub fn fitting(json: bool) -> Self {
        match json {
            true => Self::Json,
            false if io::stdout().is_terminal() && io::stdin().is_terminal() => Self::Screen,
            false => Self::Lines,
        }
    }
}

/// Shows what comes in until it ends, or until somebody has had enough: then the receiver is dropped, and the next `send`
/// tells the sender so. Answers the totals of what was shown.
///
/// # Errors
/// When the terminal or the standard output cannot be written.
pub fn show(outputs: Receiver<Output>, face: Face) -> io::Result<Summary> {
    let mut summary = Summary::default();
    let mut lines = Lines::default();
    let written = match face {
        Face::Screen => screen::run(&outputs, &mut summary),
        Face::Lines => write(&outputs, &mut summary, |output| lines.observe(output)),
        Face::Json => write(&outputs, &mut summary, json_line),
    };
    match written {
        // Somebody who reads no further (`| head`) has had enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(summary),
        written => written.map(|()| summary),
    }
}

fn write(outputs: &Receiver<Output>, summary: &mut Summary, mut text: impl FnMut(&Output) -> String) -> io::Result<()> {
    for output in outputs {
        summary.observe(&output);
        let text = text(&output);
        if !text.is_empty() {
            let mut stdout = io::stdout().lock();
            stdout.write_all(text.as_bytes())?;
            stdout.flush()?;
        }
    }
    Ok(())
}

/// A record as it stands in an event log.
#[derive(Serialize)]
struct Record<'a, T> {
    topic: &'a str,
    key: &'a str,
    timestamp_ms: i64,
    value: &'a T,
}

/// The output as a line of an event log; nothing for what does not travel on a topic.
#[must_use]
pub fn json_line(output: &Output) -> String {
    match output {
        Output::Score(score) => line(topics::ENGAGEMENT_SCORES, &score.session, score.at_ms, score.as_ref()),
        Output::Command(command) => {
            line(topics::INTERVENTION_COMMANDS, &command.session, command.at_ms, command.as_ref())
        }
        Output::Result(result) => line(topics::INTERVENTION_RESULTS, &result.session, result.at_ms, result.as_ref()),
        Output::Feedback(feedback) => {
            let session = Command::parse(&feedback.command).map_or("", |(session, _)| session);
            line(topics::INTERVENTION_FEEDBACK, session, feedback.at_ms, feedback.as_ref())
        }
        Output::Titled { .. } | Output::Serving { .. } | Output::DeadLetter(_) | Output::Progress(_) => String::new(),
    }
}

fn line<T: Serialize>(topic: &str, key: &str, timestamp_ms: i64, value: &T) -> String {
    // What is refused here (a number that is none) was refused by the codec before.
    serde_json::to_string(&Record { topic, key, timestamp_ms, value }).map(|line| line + "\n").unwrap_or_default()
}
