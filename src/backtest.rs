//! A backtest: the same topology over event logs, as fast as it goes.

use std::path::PathBuf;

use compact_str::CompactString;
use topology::codec;
use topology::event_log::LogError;
use topology::graph;
use topology::wire;

use crate::cli::backtest::{BacktestArguments, BacktestOutputs};
use crate::embedded::{Embedded, Feed, FeedWatcher, OUTPUTS};
use crate::failure::Failure;
use crate::output::{DeadLetter, Output, Progress};
use crate::settings::{Settings, conductor_settings};

/// Runs the topology over the logs.
///
/// # Errors
/// A log that can not be read, outputs that can not be written, or a defect of the stream.
pub fn run(arguments: &BacktestArguments, settings: &Settings, outputs: &mut BacktestOutputs) -> Result<(), Failure> {
    let topology = graph::build(&conductor_settings(settings)).map_err(Failure::failed)?;
    let dead_letters = topology.dead_letter_topic();
    let mut stream = Embedded::start(topology, settings.engine.partitions, &OUTPUTS)?;
    let mut outlet = stream.outlet(&OUTPUTS, Some(&dead_letters))?;
    if let Some(baselines) = &arguments.baselines {
        load_baselines(baselines, &mut stream)?;
    }
    let mut feed = Feed::open(&arguments.log)?;
    loop {
        let more = feed.next_chunk(&mut stream, outputs)?;
        stream.drain()?;
        outlet.take(|received| outputs.take(&received.output()?, received.value()))?;
        outputs.reach(feed.bytes_read(), feed.records);
        if !more {
            break;
        }
    }
    let accounts = stream.accounts();
    outputs.take(
        &Output::Progress(Progress {
            fraction: 1.0,
            session_time_ms: feed.time_ms,
            events_in: feed.records,
            late: accounts.late,
        }),
        &[],
    )?;
    outputs.summary_mut().lost = accounts.lost();
    outputs.summary_mut().other_topics = feed.other_topics;
    Ok(())
}

/// Sends the records of a file that `conductor calibrate` wrote before anything else.
fn load_baselines(file: &PathBuf, stream: &mut Embedded) -> Result<(), Failure> {
    struct Strict;
    impl FeedWatcher for Strict {
        fn session(&mut self, _: &str, _: &[u8]) {}
        fn broken(&mut self, error: &LogError) -> Result<(), Failure> {
            Err(Failure::refused(error, "name a file that `conductor calibrate` wrote"))
        }
    }
    let mut feed = Feed::open(core::slice::from_ref(file))?;
    while feed.next_chunk(stream, &mut Strict)? {}
    stream.drain()
}

impl FeedWatcher for BacktestOutputs {
    fn session(&mut self, key: &str, value: &[u8]) {
        let Ok(session) = codec::decode::<wire::Session>(value) else { return };
        if let Some(title) = session.title {
            self.title(&Output::Titled { session: CompactString::from(key), title });
        }
    }

    fn broken(&mut self, error: &LogError) -> Result<(), Failure> {
        tracing::warn!("{error}");
        let LogError::Line { file, bytes, .. } = error else { return Ok(()) };
        let letter = DeadLetter {
            topic: CompactString::from(file.display().to_string()),
            key: CompactString::default(),
            reason: CompactString::from(error.to_string()),
        };
        self.take(&Output::DeadLetter(letter), bytes)
    }
}
