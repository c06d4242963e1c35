//! What a registry has said of schemas: it never says anything else of the same id, so it is asked once.

use std::collections::HashMap;

use streams::broker::ConsumerRecord;
use topology::codec;

use super::RegistryError;

/// Asks a registry for the CRC-64-AVRO of a schema, by the id that framed values carry.
pub type Schemas = Box<dyn FnMut(u32) -> Result<Option<u64>, RegistryError> + Send>;

/// The schemas of framed values, as far as they were met.
pub struct KnownSchemas {
    ask: Schemas,
    known: HashMap<u32, Option<u64>>,
}

impl KnownSchemas {
    /// Knows nothing yet.
    #[must_use]
    pub fn new(ask: Schemas) -> Self {
        Self { ask, known: HashMap::new() }
    }

    /// Asks for the schemas of these records, each once. The caller waits, and must not be within an asynchronous runtime.
    ///
    /// # Errors
    /// The registry does not answer.
    pub fn learn(&mut self, records: &[ConsumerRecord]) -> Result<(), RegistryError> {
        let ids = records.iter().filter_map(|record| codec::framed_schema_id(record.value.as_deref()?));
        for id in ids {
            if !self.known.contains_key(&id) {
                let fingerprint = (self.ask)(id)?;
                self.known.insert(id, fingerprint);
            }
        }
        Ok(())
    }

    /// The CRC-64-AVRO of a schema that was asked for, if the registry has it.
    #[must_use]
    pub fn fingerprint(&self, id: u32) -> Option<u64> {
        *self.known.get(&id)?
    }
}
