//! What a registry has said of the ids that framed values carry. It never says anything else of an id, so each is asked for once.

use std::collections::HashMap;

use streams::broker::ConsumerRecord;
use topology::codec;

use super::RegistryError;

/// Asks a registry for the CRC-64-AVRO of a schema.
pub type Schemas = Box<dyn FnMut(u32) -> Result<Option<u64>, RegistryError> + Send>;

/// Ids that are remembered. Schemas change seldom: more can only be an attack, and then all are asked for again.
const KNOWN_MAX: usize = 1_000;

/// The schemas that are known.
pub struct KnownSchemas {
    ask: Schemas,
    known: HashMap<u32, Option<u64>>,
}

impl KnownSchemas {
    /// None yet.
    #[must_use]
    pub fn new(ask: Schemas) -> Self {
        Self { ask, known: HashMap::new() }
    }

    /// Asks for the schemas that these records are framed with, and that are not known yet. The caller waits, and must not be within an
    /// asynchronous runtime.
    ///
    /// # Errors
    /// The registry does not answer.
    pub fn learn(&mut self, records: &[ConsumerRecord]) -> Result<(), RegistryError> {
        let ids = records.iter().filter_map(|record| codec::framed_schema_id(record.value.as_deref()?));
        for id in ids {
            if self.known.contains_key(&id) {
                continue;
            }
            let fingerprint = (self.ask)(id)?;
            if self.known.len() >= KNOWN_MAX {
                self.known.clear();
            }
            self.known.insert(id, fingerprint);
        }
        Ok(())
    }

    /// The CRC-64-AVRO of the schema of this id, as [`codec::decode_framed`] wants it.
    #[must_use]
    pub fn fingerprint(&self, id: u32) -> Option<u64> {
        *self.known.get(&id)?
    }
}
