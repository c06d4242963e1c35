//! Section `kafka`: how the cluster is reached.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streams::broker::kafka::KafkaSettings;

use super::error::{OutOfRange, check};
use super::secret::Secret;
use crate::failure::Failure;

/// A property of this ending names a file that holds the value: secrets do not belong into settings.
const FILE: &str = "_file";

/// Section `kafka`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KafkaSection {
    /// Where to ask for the cluster first: `host:port`, separated by commas.
    pub bootstrap_servers: String,
    /// How long a call may take that can not be left out.
    pub request_timeout_ms: u64,
    /// How long a look at the ends of the inputs may take; an outage shows after that.
    pub lookup_timeout_ms: u64,
    /// Properties of librdkafka, handed on as they are; with the prefix `consumer.`, `producer.` or `admin.` for those clients only,
    /// with `topic.` for topics that are created. One that ends in `_file` names a file with the value.
    pub properties: BTreeMap<String, String>,
}

impl Default for KafkaSection {
    fn default() -> Self {
        let settings = KafkaSettings::new("localhost:9092");
        Self {
            bootstrap_servers: settings.bootstrap_servers,
            request_timeout_ms: settings.request_timeout_ms,
            lookup_timeout_ms: settings.lookup_timeout_ms,
            properties: BTreeMap::new(),
        }
    }
}

impl KafkaSection {
    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        check(!self.bootstrap_servers.trim().is_empty(), "kafka.bootstrap_servers", "host:port, separated by commas")?;
        check((100..=300_000).contains(&self.request_timeout_ms), "kafka.request_timeout_ms", "100 to 300000")?;
        check((100..=60_000).contains(&self.lookup_timeout_ms), "kafka.lookup_timeout_ms", "100 to 60000")
    }

    /// In the engine's own words, with the secrets read.
    ///
    /// # Errors
    /// A file that can not be read.
    pub fn to_engine(&self) -> Result<KafkaSettings, Failure> {
        let mut settings = KafkaSettings::new(self.bootstrap_servers.as_str());
        settings.request_timeout_ms = self.request_timeout_ms;
        settings.lookup_timeout_ms = self.lookup_timeout_ms;
        for (name, value) in &self.properties {
            let (name, value) = match name.strip_suffix(FILE) {
                Some(bare) => (bare, read(name, value)?),
                None => (name.as_str(), value.clone()),
            };
            settings.properties.insert(name.to_owned(), value);
        }
        Ok(settings)
    }
}

fn read(name: &str, path: &str) -> Result<String, Failure> {
    let secret = Secret::read(Path::new(path)).map_err(|error| {
        let remedy = format!("name a file that holds the value in kafka.properties.{name}");
        Failure::refused(format_args!("the file of kafka.properties.{name} can not be read: {error}"), remedy)
    })?;
    Ok(secret.expose().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_may_name_the_file_of_its_secret() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hunter2\n").unwrap();
        let mut section = KafkaSection::default();
        let path = file.path().display().to_string();
        section.properties.insert("sasl.password_file".into(), path);
        section.properties.insert("producer.linger.ms".into(), "5".into());
        let properties = section.to_engine().unwrap().properties;
        let pairs: Vec<(&str, &str)> = properties.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("producer.linger.ms", "5"), ("sasl.password", "hunter2")]);

        section.properties.insert("sasl.password_file".into(), "/nowhere/secret".into());
        let refused = section.to_engine().unwrap_err().to_string();
        assert!(refused.contains("kafka.properties.sasl.password_file"), "{refused}");
    }
}
