//! The cluster that the command line names.

use streams::broker::kafka::{KafkaBroker, KafkaSettings};

use crate::args::Cluster;
use crate::error::Error;

/// The cluster; nothing is connected yet.
///
/// # Errors
/// A property that belongs to the engine, or that the client does not take.
pub fn broker(cluster: &Cluster) -> Result<KafkaBroker, Error> {
    let mut settings = KafkaSettings::new(cluster.bootstrap_servers.as_str());
    // Nothing here has to notice an outage soon.
    settings.lookup_timeout_ms = settings.request_timeout_ms;
    settings.properties.extend(cluster.properties.iter().cloned());
    Ok(KafkaBroker::new(settings)?)
}
