//! Calibration: what is usual, measured from past sessions. The watching half of the topology runs over their logs; what
//! each session's past came to is added up by type and size of audience.

use std::collections::BTreeMap;

use domain::baseline::Own;
use domain::calibration::Calibration;
use domain::context::{SessionType, SizeBand};
use topology::calibration::{self, Retired};
use topology::codec::{self, Format};
use topology::event_log::LogError;
use topology::wire::{Baselines, topics};

use crate::cli::calibrate::CalibrateArguments;
use crate::embedded::{Embedded, Feed, FeedWatcher};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::settings::conductor_settings;

/// A session's past by type and size.
type Past = BTreeMap<(SessionType, SizeBand), Own>;

/// Measures the baselines of the logs; answers records of `baselines`, one a line, as an event log.
///
/// # Errors
/// A log that can not be read or has a broken line, logs in which nobody was present, or a defect of the stream.
pub fn run(arguments: &CalibrateArguments, settings: &Settings, progress: &mut Progress) -> Result<String, Failure> {
    let topology = calibration::build(&conductor_settings(settings)).map_err(Failure::failed)?;
    let mut stream = Embedded::start(topology, settings.engine.partitions, &[calibration::RETIRED])?;
    let mut outlet = stream.outlet(&[calibration::RETIRED], None)?;
    let mut feed = Feed::open(&arguments.log)?;
    let mut sessions: BTreeMap<String, Past> = BTreeMap::new();
    loop {
        let more = feed.next_chunk(&mut stream, &mut Warning)?;
        stream.drain()?;
        outlet.take(|received| {
            let session = String::from_utf8_lossy(received.record.key.as_deref().unwrap_or_default()).into_owned();
            let retired = Retired::decode(received.value())
                .ok_or_else(|| Failure::failed("a calibration row does not decode"))?;
            let past = sessions.entry(session).or_default();
            past.entry((retired.session_type, retired.size)).or_default().add(&retired.total);
            Ok(())
        })?;
        progress.reach(feed.bytes_read(), feed.records);
        if !more {
            break;
        }
    }
    let from = format!("{} records of {} sessions", feed.records, sessions.len());
    records(&measure(&sessions), &from, feed.time_ms)
}

fn measure(sessions: &BTreeMap<String, Past>) -> Calibration {
    let mut calibration = Calibration::default();
    for past in sessions.values() {
        calibration.begin_session();
        for ((session_type, size), total) in past {
            calibration.add(*session_type, *size, total);
        }
    }
    calibration
}

fn records(calibration: &Calibration, from: &str, at_ms: i64) -> Result<String, Failure> {
    let mut lines = String::new();
    for cell in calibration.finish() {
        let record = Baselines {
            // The newest time that went into it: later calibrations have greater versions.
            version: at_ms,
            chat: cell.rates.chat,
            poll: cell.rates.poll,
            active: cell.rates.active_long,
            active_90s: Some(cell.rates.active_short),
            reactions: cell.rates.reactions,
            stay: cell.rates.stay,
            calibrated_from: format!(
                "{from}; here {} of them, {:.0} person-minutes",
                cell.sessions, cell.person_minutes
            )
            .into(),
            at_ms,
        };
        let mut value = Vec::new();
        codec::encode(&record, Format::Json, &mut value).map_err(Failure::failed)?;
        let value = String::from_utf8_lossy(&value);
        let (topic, key) = (topics::BASELINES, topology::band_name(cell.session_type, cell.size));
        lines.push_str(&format!(
            "{{\"topic\":\"{topic}\",\"key\":\"{key}\",\"timestamp_ms\":{at_ms},\"value\":{value}}}\n"
        ));
    }
    if lines.is_empty() {
        let error = "the logs show nobody present for longer than five minutes, so nothing can be measured";
        return Err(Failure::refused(error, "name logs of whole sessions"));
    }
    Ok(lines)
}

/// Broken lines are told, and left out.
struct Warning;

impl FeedWatcher for Warning {
    fn session(&mut self, _: &str, _: &[u8]) {}

    fn broken(&mut self, error: &LogError) -> Result<(), Failure> {
        tracing::warn!("{error}");
        Ok(())
    }
}
