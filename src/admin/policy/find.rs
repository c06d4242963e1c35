//! A command by its id, in a file or on its topic. It may be there several times, once for each status.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::ops::ControlFlow;
use std::path::Path;

use domain::intervention::Command;
use serde::Deserialize;
use serde_json::value::RawValue;
use streams::broker::Broker;
use streams::partition::partition_of;
use topology::codec;
use topology::wire::{InterventionCommand, topics};

use crate::admin::reading::TopicReader;
use crate::admin::text::safe;
use crate::failure::Failure;

/// The longest line that is read.
const LINE_BYTES_MAX: u64 = 16 << 20;
/// A command has four statuses, each once; more would be a defect that need not be shown in full.
const FOUND_MAX: usize = 16;

/// A line of a log of events, as `loadtest record` writes it, around the command.
#[derive(Deserialize)]
struct Enveloped<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
}

/// The command's records in a file: of `conductor backtest`, or a recorded log.
///
/// # Errors
/// Refused where the file can not be read, or does not hold the command.
pub fn in_file(path: &Path, id: &str) -> Result<Vec<InterventionCommand>, Failure> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| {
        let remedy = "name the commands.jsonl of a backtest, or a log with the topic intervention-commands, unpacked";
        Failure::refused(format_args!("can not read {shown}: {error}"), remedy)
    };
    let mut input = BufReader::new(File::open(path).map_err(unreadable)?);
    let (mut line, mut number, mut found) = (Vec::new(), 0_u64, Vec::new());
    while found.len() < FOUND_MAX {
        line.clear();
        number += 1;
        if input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line).map_err(unreadable)? == 0 {
            break;
        }
        if line.len() as u64 >= LINE_BYTES_MAX {
            let error = format_args!("{shown}: line {number} is longer than {LINE_BYTES_MAX} bytes");
            return Err(Failure::refused(error, "name a file of lines of JSON"));
        }
        found.extend(of_line(&line).filter(|command| command.command == id));
    }
    found_or_refused(found, id, &format!("{shown}"))
}

fn of_line(line: &[u8]) -> Option<InterventionCommand> {
    let envelope = serde_json::from_slice::<Enveloped<'_>>(line);
    codec::decode(envelope.as_ref().map_or(line, |envelope| envelope.value.get().as_bytes())).ok()
}

/// The command's records on topic `intervention-commands`: they lie in the partition of their session. Of what is framed for a registry,
/// `fingerprint` asks it for the schema.
///
/// # Errors
/// Refused where the topic does not hold the command; failed when the cluster or the registry does not answer.
pub fn in_topic(
    broker: &impl Broker,
    id: &str,
    mut fingerprint: impl FnMut(u32) -> Result<Option<u64>, Failure>,
) -> Result<Vec<InterventionCommand>, Failure> {
    let Some((session, _)) = Command::parse(id) else {
        return Err(Failure::refused(
            format_args!("{} is not the id of a command", safe(id)),
            "an id has the form SESSION:TICK:NUMBER, as in field `command` of topic intervention-commands",
        ));
    };
    let mut reader = TopicReader::open(broker, topics::INTERVENTION_COMMANDS)?;
    let count = u32::try_from(reader.partitions().len()).unwrap_or(u32::MAX).max(1);
    let partition = partition_of(session.as_bytes(), count);
    let (mut found, mut unreadable) = (Vec::new(), None);
    let mut schemas: HashMap<u32, Option<u64>> = HashMap::new();
    let mut unanswered = None;
    for span in reader.partitions().to_vec().iter().filter(|span| span.partition.partition == partition) {
        reader.read(span, span.start, |record| {
            let is_sessions = record.key.as_deref() == Some(session.as_bytes());
            let value = record.value.as_deref().filter(|_| is_sessions);
            let mut schema = |id| {
                *schemas.entry(id).or_insert_with(|| {
                    fingerprint(id).unwrap_or_else(|error| {
                        unanswered = Some(error);
                        None
                    })
                })
            };
            match value.map(|value| codec::decode_framed::<InterventionCommand>(value, &mut schema)) {
                Some(Ok(command)) if command.command == id => found.push(command),
                Some(Err(error)) => unreadable = Some(error),
                _ => {}
            }
            if found.len() < FOUND_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
    }
    if let Some(error) = unanswered.filter(|_| found.is_empty()) {
        return Err(error);
    }
    match unreadable {
        Some(error) if found.is_empty() => Err(Failure::refused(
            format_args!("{} is not among the commands of its session that can be read: {error}", safe(id)),
            "explain it from a file of commands in JSON with --log, or read the topic with the version that wrote it",
        )),
        _ => found_or_refused(found, id, "topic intervention-commands"),
    }
}

fn found_or_refused(
    found: Vec<InterventionCommand>,
    id: &str,
    place: &str,
) -> Result<Vec<InterventionCommand>, Failure> {
    if !found.is_empty() {
        return Ok(found);
    }
    let remedy = "take the id from field `command` of a record; the topic keeps commands for its retention, a file as long as you do";
    Err(Failure::refused(format_args!("there is no command {} in {place}", safe(id)), remedy))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use streams::broker::memory::{MemoryBroker, Settings};
    use streams::broker::{Admin, Cleanup, ProducerRecord, TopicSpec};
    use topology::codec::Format;
    use topology::wire::{CommandStatus, InterventionKind, Value as _};

    use super::*;
    use crate::clock::SystemClock;
    use crate::report::sample::command;

    #[test]
    fn a_command_on_the_topic_that_can_not_be_read_is_not_said_to_be_missing() {
        let broker = MemoryBroker::new(Arc::new(SystemClock), Settings::default());
        let topic: Arc<str> = topics::INTERVENTION_COMMANDS.into();
        let spec = TopicSpec { name: topic.to_string(), partitions: 3, cleanup: Cleanup::Delete, retention_ms: None };
        broker.admin().unwrap().create_topics(&[spec]).unwrap();
        let approved = command("s", 5_000, InterventionKind::Poll, CommandStatus::Approved);
        let json = serde_json::to_vec(&approved).unwrap();
        let mut loader = broker.loader();
        let mut framed = Vec::new();
        let other = command("t", 5_000, InterventionKind::Poll, CommandStatus::Approved);
        codec::encode(&other, Format::Confluent { schema_id: 7 }, &mut framed).unwrap();
        for (key, value) in [("s", json.as_slice()), ("t", &framed)] {
            let (partition, key, value) = (partition_of(key.as_bytes(), 3), Some(key.as_bytes()), Some(value));
            let record = ProducerRecord { topic: &topic, partition, timestamp_ms: 5_000, key, value, headers: &[] };
            loader.send(&record).unwrap();
        }
        loader.flush();
        let unasked = |id| panic!("the registry is asked for schema {id}");
        assert_eq!(in_topic(&broker, "s:5000:0", unasked).unwrap(), [approved]);
        let known = |id| Ok(Some(codec::fingerprint_of(InterventionCommand::SCHEMA).unwrap()).filter(|_| id == 7));
        assert_eq!(in_topic(&broker, "t:5000:0", known).unwrap(), [other]);
        let refused = in_topic(&broker, "t:5000:0", |_| Ok(None)).unwrap_err();
        assert!(refused.exit_code() == 2 && refused.to_string().contains("registry"), "{refused}");
        let silent = in_topic(&broker, "t:5000:0", |_| Err(Failure::failed("no answer"))).unwrap_err();
        assert_eq!(silent.to_string(), "error: no answer");
        let missing = in_topic(&broker, "s:10000:0", unasked).unwrap_err();
        assert!(missing.to_string().contains("there is no command s:10000:0"), "{missing}");
    }

    #[test]
    fn a_command_is_found_in_a_backtests_file_and_in_a_recorded_log_with_all_its_statuses() {
        let folder = tempfile::tempdir().unwrap();
        let line = |status| serde_json::to_string(&command("s", 5_000, InterventionKind::Poll, status)).unwrap();
        let other =
            serde_json::to_string(&command("t", 5_000, InterventionKind::Poll, CommandStatus::Approved)).unwrap();
        let recorded =
            |line: &str| format!(r#"{{"topic":"intervention-commands","key":"s","timestamp_ms":5000,"value":{line}}}"#);
        let (proposed, cancelled) = (line(CommandStatus::Proposed), line(CommandStatus::Cancelled));
        let path = folder.path().join("commands.jsonl");
        for lines in [
            [other.clone(), proposed.clone(), cancelled.clone()].join("\n"),
            [recorded(&proposed), "no json".to_owned(), other.clone(), recorded(&cancelled)].join("\n"),
        ] {
            std::fs::write(&path, lines).unwrap();
            let found = in_file(&path, "s:5000:0").unwrap();
            let statuses: Vec<CommandStatus> = found.iter().map(|command| command.status).collect();
            assert_eq!(statuses, [CommandStatus::Proposed, CommandStatus::Cancelled]);
        }
        let missing = in_file(&path, "u:5000:0").unwrap_err();
        assert!(missing.exit_code() == 2 && missing.to_string().contains("no command u:5000:0"), "{missing}");
        let nowhere = in_file(&folder.path().join("none"), "s:5000:0").unwrap_err();
        assert!(nowhere.exit_code() == 2 && nowhere.to_string().contains("remedy: "), "{nowhere}");
    }
}
