//! The cluster that the command line names.

use std::path::Path;

use streams::broker::kafka::{KafkaBroker, KafkaSettings};

use crate::args::Cluster;
use crate::error::Error;

/// A property of this ending names a file that holds the value: secrets do not belong on a command line.
const FILE: &str = "_file";

/// The cluster; nothing is connected yet.
///
/// # Errors
/// A property that belongs to the engine, or that the client does not take.
pub fn broker(cluster: &Cluster) -> Result<KafkaBroker, Error> {
    let mut settings = KafkaSettings::new(cluster.bootstrap_servers.as_str());
    // Nothing here has to notice an outage soon.
    settings.lookup_timeout_ms = settings.request_timeout_ms;
    for (name, value) in &cluster.properties {
        let (name, value) = match name.strip_suffix(FILE) {
            Some(property) => (property, secret(property, Path::new(value))?),
            None => (name.as_str(), value.clone()),
        };
        settings.properties.insert(name.to_owned(), value);
    }
    Ok(KafkaBroker::new(settings)?)
}

/// What the file holds, without the newline that editors put at the end.
fn secret(property: &str, path: &Path) -> Result<String, Error> {
    let read = std::fs::read_to_string(path);
    let failed = |source| Error::Secret { property: property.to_owned(), path: path.to_owned(), source };
    Ok(read.map_err(failed)?.trim_end_matches(['\r', '\n']).to_owned())
}
