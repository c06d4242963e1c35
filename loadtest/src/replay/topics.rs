//! The topics that are fed: they must exist, and must take and keep what they are given.

use std::sync::Arc;

use streams::broker::{Admin, Cleanup};
use topology::graph;
use topology::settings::ConductorSettings;

use super::send::{Schedule, Targets};
use super::survey::Survey;
use crate::error::Error;

/// What a topic is fed with.
struct Fed {
    topic: String,
    /// The lowest timestamp that it will hold.
    oldest_ms: i64,
}

/// How many partitions each topic has that the logs have records for.
pub(super) fn targets(admin: &impl Admin, survey: &Survey) -> Result<Targets, Error> {
    let mut targets = Targets::new();
    let mut missing = Vec::new();
    for &topic in survey.topics.keys() {
        match admin.describe_topic(topic).map_err(Error::cluster)? {
            Some(description) => {
                targets.insert(Arc::from(topic), description.spec.partitions);
            }
            None => missing.push(topic.to_owned()),
        }
    }
    if missing.is_empty() { Ok(targets) } else { Err(Error::MissingTopics { topics: missing.join(", ") }) }
}

/// Refuses records that the cluster would not take, for their timestamps lie too far ahead of its clock when they are sent.
pub(super) fn check_ahead(admin: &impl Admin, survey: &Survey, schedule: &Schedule) -> Result<(), Error> {
    for (&topic, found) in &survey.topics {
        let described = admin.describe_topic(topic).map_err(Error::cluster)?;
        let Some(ahead_max_ms) = described.and_then(|topic| topic.timestamp_after_max_ms) else { continue };
        let ahead_ms = schedule.ahead_ms(found.newest_ms);
        if ahead_ms > i64::try_from(ahead_max_ms).unwrap_or(i64::MAX) {
            let (topic, ahead_ms) = (topic.to_owned(), ahead_ms.unsigned_abs());
            return Err(Error::Ahead { topic, ahead_max_ms, ahead_ms });
        }
    }
    Ok(())
}

/// Refuses records that the cluster would delete before anybody has read them: retention goes by their timestamps.
pub(super) fn check_retention(
    admin: &impl Admin,
    survey: &Survey,
    schedule: &Schedule,
    application: Option<&str>,
) -> Result<(), Error> {
    let Schedule { start_ms, shift_ms, .. } = *schedule;
    let inputs = survey
        .topics
        .iter()
        .map(|(topic, found)| Fed { topic: (*topic).to_owned(), oldest_ms: found.oldest_ms.saturating_add(shift_ms) });
    let oldest_ms = survey.span_ms.map_or(i64::MAX, |(first, _)| first.saturating_add(shift_ms));
    let changelogs = match application {
        Some(id) => changelogs(id)?,
        None => Vec::new(),
    };
    let changelogs = changelogs.into_iter().map(|topic| Fed { topic, oldest_ms });
    for fed in inputs.chain(changelogs) {
        // A changelog that is not there yet has nothing to lose.
        let Some(description) = admin.describe_topic(&fed.topic).map_err(Error::cluster)? else { continue };
        let Some(retention_ms) = description.spec.retention_ms.filter(|_| description.spec.cleanup != Cleanup::Compact)
        else {
            continue;
        };
        let age_ms = start_ms.saturating_sub(fed.oldest_ms);
        if age_ms > i64::try_from(retention_ms).unwrap_or(i64::MAX) {
            return Err(Error::Retention { topic: fed.topic, retention_ms, age_ms: age_ms.unsigned_abs() });
        }
    }
    Ok(())
}

fn changelogs(application: &str) -> Result<Vec<String>, Error> {
    let settings = ConductorSettings { application_id: application.to_owned(), ..ConductorSettings::default() };
    let topology = graph::build(&settings).map_err(|source| Error::Application { source })?;
    let stores = topology.sub_topologies().iter().flat_map(|part| &part.stores);
    Ok(stores.map(|store| topology.changelog_topic(store).to_string()).collect())
}
